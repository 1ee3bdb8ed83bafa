import { refuseControls } from './control-octets.ts'
import { isTokenCode, readFields } from './head-fields.ts'
import { MalformedMessage } from './message-head.ts'

const CR = 13
const LF = 10
const SEMICOLON = 59
const EQUALS = 61
/** 2^48: far beyond what anyone sends, and exact in a double. */
const SIZE_DIGITS_MAX = 12
const EXTENSION_BYTES_MAX = 1024
const TRAILER_BYTES_MAX = 8 * 1024

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done'

/** Undoes the chunked transfer coding, RFC 9112 section 7.1, bytes in any pieces. */
export class ChunkedDecoder {
  private state: State = 'size'
  private size = 0
  private digits = 0
  private extensionBytes = 0
  private extensionLast = SEMICOLON
  private trailerBytes: number[] = []
  private trailerText = ''

  get done(): boolean {
    return this.state === 'done'
  }

  /** Trailer lines as they came, each with its line end. */
  get trailers(): string {
    return this.trailerText
  }

  /** @returns how many of `bytes` belonged to the body @throws MalformedMessage */
  push(bytes: Buffer, data: (piece: Buffer) => void): number {
    let at = 0
    while (at < bytes.length && this.state !== 'done') {
      if (this.state === 'data') at = this.takeData(bytes, at, data)
      else this.takeByte(bytes[at++] as number)
    }
    return at
  }

  private takeData(bytes: Buffer, at: number, data: (piece: Buffer) => void): number {
    const end = Math.min(at + this.size, bytes.length)
    this.size -= end - at
    if (this.size === 0) this.state = 'data-cr'
    data(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))
    return end
  }

  private takeByte(byte: number): void {
    switch (this.state) {
      case 'size':
        this.takeSize(byte)
        return
      case 'extension':
        this.takeExtension(byte)
        return
      case 'size-lf':
        expectByte(byte, LF)
        this.state = this.size === 0 ? 'trailer' : 'data'
        return
      case 'data-cr':
        expectByte(byte, CR)
        this.state = 'data-lf'
        return
      case 'data-lf':
        expectByte(byte, LF)
        this.state = 'size'
        this.digits = 0
        this.extensionBytes = 0
        this.extensionLast = SEMICOLON
        return
      default:
        this.takeTrailer(byte)
    }
  }

  private takeSize(byte: number): void {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      if (++this.digits > SIZE_DIGITS_MAX) throw new MalformedMessage(400, 'a chunk is too large')
      this.size = this.size * 16 + digit
      return
    }
    if (this.digits === 0) throw new MalformedMessage(400, 'a chunk does not begin with its size')
    if (byte === CR) this.state = 'size-lf'
    else if (byte === SEMICOLON) this.state = 'extension'
    else throw new MalformedMessage(400, 'a chunk size is not a hexadecimal number')
  }

  private takeExtension(byte: number): void {
    if (byte === CR && isTokenCode(this.extensionLast)) {
      this.state = 'size-lf'
      return
    }
    // nobody here reads extensions: what is unusual in one is somebody's trick
    if (!isTokenCode(byte) && byte !== SEMICOLON && byte !== EQUALS) {
      throw new MalformedMessage(400, 'a chunk extension is broken')
    }
    this.extensionLast = byte
    if (++this.extensionBytes > EXTENSION_BYTES_MAX) {
      throw new MalformedMessage(400, 'a chunk extension is too long')
    }
  }

  private takeTrailer(byte: number): void {
    const seen = this.trailerBytes
    if (byte === LF && seen.at(-1) !== CR) {
      throw new MalformedMessage(400, 'a trailer line ends in a bare line feed')
    }
    seen.push(byte)
    if (seen.length > TRAILER_BYTES_MAX)
      throw new MalformedMessage(431, 'the trailers are too large')
    if (byte !== LF) return
    const { length } = seen
    const isEnd = length === 2 || (seen[length - 4] === CR && seen[length - 3] === LF)
    if (!isEnd) return
    const bytes = Buffer.from(seen)
    this.trailerText = bytes.toString('latin1', 0, length - 2)
    if (length > 2) {
      refuseControls(bytes, { start: 0, end: length })
      readFields(this.trailerText.slice(0, -2), 0)
    }
    this.state = 'done'
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  if (byte >= 97 && byte <= 102) return byte - 87
  if (byte >= 65 && byte <= 70) return byte - 55
  return -1
}

function expectByte(byte: number, wanted: number): void {
  if (byte !== wanted) throw new MalformedMessage(400, 'a chunk does not end where it must')
}
