import {
  headerLine,
  headerOf,
  type MessageHead,
  type RequestHead,
  type ResponseHead,
} from '../http1/message-head.ts'

/** What concerns one connection only and is not handed on; RFC 9110 section 7.6.1. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export interface ForwardedRequest {
  readonly head: RequestHead
  /** Origin form. */
  readonly target: string
  /** The authority, when the request line named one: it goes before the Host header. */
  readonly host: string | undefined
  /** How the body goes on: the client's framing, or the length of what was collected. */
  readonly framing: 'same' | 'collected'
  readonly collectedBytes: number
}

/** The head that the server behind gets: the client's own lines, less those of its connection. */
export function forwardedRequestHead(request: ForwardedRequest): string {
  const { head, target, host, framing } = request
  const collected = framing === 'collected'
  let text = `${head.method} ${target} HTTP/1.1\r\n`
  if (host !== undefined) text += `Host: ${host}\r\n`
  for (let index = 0; index < head.names.length; index++) {
    const name = head.names[index] as string
    if (isOfConnection(head, name)) continue
    if (name === 'host' && host !== undefined) continue
    if (collected && (name === 'expect' || name === 'content-length')) continue
    text += headerLine(head, index)
  }
  if (head.minorVersion === 0 && headerOf(head, 'host') === undefined && host === undefined) {
    text += 'Host: localhost\r\n'
  }
  return text + framingLine(request)
}

function framingLine({ head, framing, collectedBytes }: ForwardedRequest): string {
  if (framing === 'same') {
    return head.framing.kind === 'chunked'
      ? `Transfer-Encoding: chunked\r\n${trailerLine(head)}\r\n`
      : '\r\n'
  }
  const declared = head.framing.kind !== 'none' || headerOf(head, 'content-length') !== undefined
  return declared ? `Content-Length: ${collectedBytes}\r\n\r\n` : '\r\n'
}

function trailerLine(head: MessageHead): string {
  const trailer = headerOf(head, 'trailer')
  return trailer === undefined ? '' : `Trailer: ${trailer}\r\n`
}

/** The response's own lines with the framing that the client understands; `framing` without the last line. */
export function forwardedResponseHead(
  head: ResponseHead,
  framing: { readonly line: string; readonly keepsLength: boolean },
): string {
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`
  for (let index = 0; index < head.names.length; index++) {
    const name = head.names[index] as string
    if (isOfConnection(head, name)) continue
    if (name === 'content-length' && !framing.keepsLength) continue
    text += headerLine(head, index)
  }
  return `${text}${framing.line}\r\n`
}

/** An interim response goes on as it is. */
export function forwardedInterim(head: ResponseHead): string {
  return forwardedResponseHead(head, { line: '', keepsLength: true })
}

function isOfConnection(head: MessageHead, name: string): boolean {
  return HOP_BY_HOP.has(name) || head.connectionOptions.includes(name)
}
