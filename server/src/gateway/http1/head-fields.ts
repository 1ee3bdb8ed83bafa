import { type BodyFraming, MalformedMessage } from './message-head.ts'

/** Most header lines of one message. */
export const HEADERS_MAX = 128

const TAB = 9
const SPACE = 32
const COLON = 58
/** 0 for what a token may not hold: RFC 9110 section 5.6.2; of letters, a capital's differs. */
const TOKEN = new Uint8Array(256)
const CAPITAL = 2
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1
}
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') TOKEN[char.charCodeAt(0)] = CAPITAL
/** The longest length that is exact in a double and plausible: 999 TB. */
const LENGTH_DIGITS_MAX = 15

/** The header lines of a head, and what those that govern the connection say. */
export interface HeadFields {
  readonly names: string[]
  readonly values: string[]
  readonly lineStarts: number[]
  hosts: number
  contentLength: number | undefined
  transferEncoding: string | undefined
  connection: string | undefined
  expect: string | undefined
}

/** Whether a character, given by its code, may stand in a token; RFC 9110 section 5.6.2. */
export function isTokenCode(code: number): boolean {
  return TOKEN[code] !== 0
}

export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (!isTokenCode(text.charCodeAt(index))) return false
  }
  return text.length > 0
}

/**
 * Reads the header lines of `text` from `start`. Folded lines, a bare CR or LF and space before a colon are
 * refused: peers that read them differently are how requests are smuggled.
 *
 * @param text without other control characters than tabs, CR and LF: see `refuseControls`
 * @throws MalformedMessage
 */
export function readFields(text: string, start: number): HeadFields {
  const fields: HeadFields = {
    names: [],
    values: [],
    lineStarts: [],
    hosts: 0,
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    expect: undefined,
  }
  let at = start
  while (at < text.length) at = readField(text, at, fields)
  return fields
}

function readField(text: string, start: number, fields: HeadFields): number {
  // the last line has no line end of its own
  const found = text.indexOf('\r', start)
  const feed = text.indexOf('\n', start)
  if (feed !== (found < 0 ? -1 : found + 1)) {
    throw new MalformedMessage(400, 'a header line has a control character')
  }
  const end = found < 0 ? text.length : found
  let at = start
  let capitals = 0
  for (let kind = TOKEN[text.charCodeAt(at)]; kind; kind = TOKEN[text.charCodeAt(++at)]) {
    capitals |= kind
  }
  if (at === start || text.charCodeAt(at) !== COLON) {
    throw new MalformedMessage(400, 'a header line is not of the form "name: value"')
  }
  if (fields.names.length === HEADERS_MAX) {
    throw new MalformedMessage(431, `more than ${HEADERS_MAX} header lines`)
  }
  const written = text.slice(start, at)
  const name = (capitals & CAPITAL) === 0 ? written : written.toLowerCase()
  let valueStart = at + 1
  while (isBlank(text.charCodeAt(valueStart))) valueStart++
  let valueEnd = end
  while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--
  const value = text.slice(valueStart, valueEnd)
  fields.names.push(name)
  fields.values.push(value)
  fields.lineStarts.push(start)
  note(fields, name, value)
  return end + 2
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/** Names are told apart by their length first: most lines concern nobody here. */
function note(fields: HeadFields, name: string, value: string): void {
  switch (name.length) {
    case 4:
      if (name === 'host') fields.hosts++
      break
    case 6:
      if (name === 'expect') fields.expect = joined(fields.expect, value)
      break
    case 10:
      if (name === 'connection') fields.connection = joined(fields.connection, value)
      break
    case 14:
      if (name === 'content-length') noteLength(fields, value)
      break
    case 17:
      if (name === 'transfer-encoding') {
        fields.transferEncoding = joined(fields.transferEncoding, value)
      }
      break
  }
}

function noteLength(fields: HeadFields, value: string): void {
  if (fields.contentLength !== undefined) {
    throw new MalformedMessage(400, 'Content-Length is given more than once')
  }
  fields.contentLength = parseLength(value)
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

function parseLength(value: string): number {
  if (value.length === 0 || value.length > LENGTH_DIGITS_MAX) {
    throw new MalformedMessage(400, 'Content-Length is not a plausible number')
  }
  let length = 0
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - 48
    if (!(digit >= 0 && digit <= 9)) {
      throw new MalformedMessage(400, 'Content-Length is not a number')
    }
    length = length * 10 + digit
  }
  return length
}

const NO_OPTIONS: readonly string[] = []

/** The members of a `Connection` header in lower case. */
export function connectionOptions(connection: string | undefined): readonly string[] {
  if (connection === undefined) return NO_OPTIONS
  if (connection === 'keep-alive' || connection === 'Keep-Alive') return NO_OPTIONS
  return connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '' && option !== 'keep-alive')
}

/** Whether the connection lives on, from the version and `Connection`; RFC 9112 section 9.3. */
export function keepsAlive(fields: HeadFields, minorVersion: 0 | 1): boolean {
  const { connection } = fields
  if (connection === undefined) return minorVersion === 1
  const text = connection.toLowerCase()
  if (/(^|[\s,])close($|[\s,])/.test(text)) return false
  return minorVersion === 1 || /(^|[\s,])keep-alive($|[\s,])/.test(text)
}

const NONE: BodyFraming = { kind: 'none' }
const CHUNKED: BodyFraming = { kind: 'chunked' }

/**
 * How the body of a message with these headers is framed; undefined when the headers do not say.
 *
 * @throws MalformedMessage for what a request could be smuggled with: two framings at once, a
 *   transfer coding in HTTP/1.0, a coding that is not exactly `chunked`
 */
export function declaredFraming(fields: HeadFields, minorVersion: 0 | 1): BodyFraming | undefined {
  const { transferEncoding, contentLength } = fields
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) {
      throw new MalformedMessage(400, 'Content-Length and Transfer-Encoding exclude each other')
    }
    if (minorVersion === 0) throw new MalformedMessage(400, 'Transfer-Encoding in HTTP/1.0')
    if (transferEncoding.toLowerCase() !== 'chunked') {
      const known = /^[\w\s,-]*,\s*chunked$/i.test(transferEncoding)
      throw new MalformedMessage(known ? 501 : 400, 'the only transfer coding here is chunked')
    }
    return CHUNKED
  }
  if (contentLength === undefined) return undefined
  return contentLength === 0 ? NONE : { kind: 'length', bytes: contentLength }
}
