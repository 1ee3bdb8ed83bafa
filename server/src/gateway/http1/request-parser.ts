import {
  connectionOptions,
  declaredFraming,
  isToken,
  keepsAlive,
  readFields,
} from './head-fields.ts'
import { type BodyFraming, MalformedMessage, type RequestHead } from './message-head.ts'

/** Most bytes of a request head: presigned URLs with session tokens take some 4 KB of them. */
export const HEAD_BYTES_MAX = 32 * 1024
const TARGET_BYTES_MAX = 16 * 1024

const NONE: BodyFraming = { kind: 'none' }

/**
 * Reads one request head.
 *
 * @param text the head in Latin-1, without the empty line that ends it
 * @throws MalformedMessage
 */
export function parseRequestHead(text: string): RequestHead {
  const lineEnd = text.indexOf('\r\n')
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const methodEnd = line.indexOf(' ')
  const targetEnd = line.lastIndexOf(' ')
  if (methodEnd <= 0 || targetEnd === methodEnd) {
    throw new MalformedMessage(400, 'the request line is not "method target version"')
  }
  const method = line.slice(0, methodEnd)
  const target = line.slice(methodEnd + 1, targetEnd)
  const version = line.slice(targetEnd + 1)
  if (!isToken(method)) throw new MalformedMessage(400, 'the method is not a token')
  if (target.length > TARGET_BYTES_MAX) throw new MalformedMessage(414, 'the target is too long')
  if (!isVisible(target))
    throw new MalformedMessage(400, 'the target has a character that it cannot')
  const minorVersion = version === 'HTTP/1.1' ? 1 : version === 'HTTP/1.0' ? 0 : undefined
  if (minorVersion === undefined) {
    const known = /^HTTP\/\d\.\d$/.test(version)
    throw new MalformedMessage(known ? 505 : 400, 'only HTTP/1.1 and HTTP/1.0 are spoken here')
  }

  const fields = readFields(text, lineEnd < 0 ? text.length : lineEnd + 2)
  if (fields.hosts > 1 || (minorVersion === 1 && fields.hosts === 0)) {
    throw new MalformedMessage(400, 'exactly one Host header is needed')
  }
  const framing = declaredFraming(fields, minorVersion) ?? NONE
  const expectsContinue = fields.expect?.toLowerCase() === '100-continue'
  return {
    text,
    names: fields.names,
    values: fields.values,
    lineStarts: fields.lineStarts,
    minorVersion,
    framing,
    keepAlive: keepsAlive(fields, minorVersion),
    connectionOptions: connectionOptions(fields.connection),
    method,
    target,
    expectsContinue: expectsContinue && minorVersion === 1 && framing !== NONE,
  }
}

function isVisible(target: string): boolean {
  for (let index = 0; index < target.length; index++) {
    const code = target.charCodeAt(index)
    if (code <= 32 || code >= 127) return false
  }
  return target.length > 0
}
