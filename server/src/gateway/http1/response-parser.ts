import { connectionOptions, declaredFraming, keepsAlive, readFields } from './head-fields.ts'
import { type BodyFraming, MalformedMessage, type ResponseHead } from './message-head.ts'

const NONE: BodyFraming = { kind: 'none' }
const UNTIL_CLOSE: BodyFraming = { kind: 'until-close' }
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: ([\t\x20-\x7e\x80-\xff]*))?$/

/**
 * Reads one response head.
 *
 * @param text the head in Latin-1, without the empty line that ends it
 * @param requestMethod of the request that it answers: HEAD has no body whatever the headers say
 * @throws MalformedMessage
 */
export function parseResponseHead(text: string, requestMethod: string): ResponseHead {
  const lineEnd = text.indexOf('\r\n')
  const match = STATUS_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd))
  if (!match) throw new MalformedMessage(400, 'the status line is not "HTTP/1.x code reason"')
  const minorVersion = match[1] === '1' ? 1 : 0
  const status = Number(match[2])
  if (status < 100) throw new MalformedMessage(400, 'the status is not from 100 to 999')
  const fields = readFields(text, lineEnd < 0 ? text.length : lineEnd + 2)
  const bodiless = status < 200 || status === 204 || status === 304 || requestMethod === 'HEAD'
  const framing = bodiless ? NONE : (declaredFraming(fields, minorVersion) ?? UNTIL_CLOSE)
  return {
    text,
    names: fields.names,
    values: fields.values,
    lineStarts: fields.lineStarts,
    minorVersion,
    framing,
    keepAlive: framing.kind !== 'until-close' && keepsAlive(fields, minorVersion),
    connectionOptions: connectionOptions(fields.connection),
    status,
    reason: match[3] ?? '',
  }
}
