import { headerOf, type RequestHead } from '../http1/message-head.ts'

const READING_OPERATION = /^(Describe|List|Get|Head|Search|BatchGet|Filter|Query|Lookup)/

/**
 * Whether a request may be sent a second time though the first may have been carried out: it only reads.
 *
 * @param body the whole body; the query protocol names its operation in it
 */
export function isSafeToReplay(head: RequestHead, body: Buffer): boolean {
  if (head.method === 'GET' || head.method === 'HEAD') return true
  if (head.method !== 'POST') return false
  const target = headerOf(head, 'x-amz-target')
  if (target !== undefined) return READING_OPERATION.test(target.slice(target.lastIndexOf('.') + 1))
  const action = /(?:^|&)Action=([A-Za-z]+)/.exec(body.toString('latin1', 0, 4_096))
  return READING_OPERATION.test(action?.[1] ?? '')
}
