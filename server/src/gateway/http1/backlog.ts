const EMPTY = Buffer.alloc(0)

/**
 * Bytes of a connection that came before somebody wanted them. They may be lent: of a buffer that is read into
 * again once the present turn is over, and what is left of them then is copied.
 */
export class Backlog {
  private bytes: Buffer = EMPTY
  private isLent = false

  get length(): number {
    return this.bytes.length
  }

  add(bytes: Buffer, { lent }: { readonly lent: boolean }): void {
    const isFirst = this.bytes.length === 0
    this.bytes = isFirst ? bytes : Buffer.concat([this.bytes, bytes])
    this.isLent = isFirst && lent
  }

  /** Hands out all that is there, as it is. */
  take(): Buffer {
    const { bytes } = this
    this.bytes = EMPTY
    return bytes
  }

  /** What was not wanted of the bytes that were handed out last. */
  putBack(rest: Buffer): void {
    this.bytes = this.bytes.length === 0 ? rest : Buffer.concat([rest, this.bytes])
  }

  /** The turn is over. */
  own(): void {
    if (this.isLent && this.bytes.length > 0) this.bytes = Buffer.from(this.bytes)
    this.isLent = false
  }
}
