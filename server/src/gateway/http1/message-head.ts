/** Everything of a message before its body, as it came: header names in lower case, values trimmed. */
export interface MessageHead {
  /** The head's text in Latin-1, without the empty line that ends it. */
  readonly text: string
  readonly names: readonly string[]
  readonly values: readonly string[]
  /** Where each header's line begins in `text`; it ends two before the next. */
  readonly lineStarts: readonly number[]
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly minorVersion: 0 | 1
  readonly framing: BodyFraming
  /** True when the sender is willing to go on with this connection. */
  readonly keepAlive: boolean
  /** Names, in lower case, that `Connection` nominates as hop-by-hop; mostly empty. */
  readonly connectionOptions: readonly string[]
}

/** How a body's end is found; RFC 9112 section 6.3. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

export interface RequestHead extends MessageHead {
  readonly method: string
  /** The request target as sent: origin form, absolute form, authority form or `*`. */
  readonly target: string
  readonly expectsContinue: boolean
}

export interface ResponseHead extends MessageHead {
  readonly status: number
  readonly reason: string
}

/** A message that is not HTTP/1 as RFC 9112 has it, or larger than is accepted. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
  /** The status that a server answers it with: 400, 413, 414, 431, 501 or 505. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The value of a header, given in lower case; several lines of one name joined by commas. */
export function headerOf(head: MessageHead, name: string): string | undefined {
  const { names } = head
  let found: string | undefined
  for (let index = 0; index < names.length; index++) {
    if (names[index] !== name) continue
    const value = head.values[index] as string
    found = found === undefined ? value : `${found},${value}`
  }
  return found
}

/** The line of header `index` as the sender wrote it, with its line end. */
export function headerLine(head: MessageHead, index: number): string {
  const next = head.lineStarts[index + 1] ?? head.text.length + 2
  return `${head.text.slice(head.lineStarts[index], next - 2)}\r\n`
}
