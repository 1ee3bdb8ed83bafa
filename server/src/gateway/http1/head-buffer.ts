import { refuseControls } from './control-octets.ts'
import { MalformedMessage } from './message-head.ts'

const CR = 13
const LF = 10
const HEAD_END = Buffer.from('\r\n\r\n')
const EMPTY = Buffer.alloc(0)

/**
 * Cuts heads out of a stream of bytes. Bytes are copied only when a head comes in several pieces, which
 * is rare.
 */
export class HeadBuffer {
  private kept: Buffer = EMPTY
  private readonly bytesMax: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** True while a head has begun and not ended. */
  get begun(): boolean {
    return this.kept.length > 0
  }

  /**
   * Takes `chunk` in. When a head is complete, answers its text, and leaves what follows it in `rest`.
   *
   * @throws MalformedMessage when the head is too large or has a control character, or while it is incomplete
   *   a line that ends in a bare LF
   */
  take(chunk: Buffer): { readonly text: string; readonly rest: Buffer } | undefined {
    const bytes = this.kept.length === 0 ? chunk : Buffer.concat([this.kept, chunk])
    let start = 0
    // empty lines before a request are to be skipped: RFC 9112 section 2.2
    while (bytes[start] === CR && bytes[start + 1] === LF) start += 2
    const end = bytes.indexOf(HEAD_END, start)
    if (end < 0) {
      refuseBareLf(bytes, start)
      // a copy: the sender's buffer may be used again
      this.kept = Buffer.from(bytes.subarray(start))
      this.refuseTooLarge(this.kept.length)
      return undefined
    }
    this.refuseTooLarge(end - start)
    refuseControls(bytes, { start, end })
    this.kept = EMPTY
    return {
      text: bytes.toString('latin1', start, end),
      rest: end + 4 === bytes.length ? EMPTY : bytes.subarray(end + 4),
    }
  }

  private refuseTooLarge(length: number): void {
    if (length > this.bytesMax) {
      throw new MalformedMessage(431, `the head is larger than ${this.bytesMax} bytes`)
    }
  }
}

/** Else a sender that ends lines so would wait for an answer until the time-out. */
function refuseBareLf(bytes: Buffer, start: number): void {
  for (let at = bytes.indexOf(LF, start); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (at === start || bytes[at - 1] !== CR) {
      throw new MalformedMessage(400, 'a line ends in a bare line feed')
    }
  }
}
