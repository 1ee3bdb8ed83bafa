/** An UTF-16 code unit becomes at most so many bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3
const FIRST_CHUNK_BYTES = 16 * 1024
const CHUNK_BYTES = 256 * 1024

/**
 * Text that grows, as bytes. Each piece is encoded at once: as strings, thousands of pieces would be carried
 * through collection after collection, which costs more than all else that is done with them.
 */
export class GatheredText {
  private readonly full: Buffer[] = []
  private chunk = Buffer.allocUnsafeSlow(FIRST_CHUNK_BYTES)
  private used = 0
  private fullBytes = 0

  get bytes(): number {
    return this.fullBytes + this.used
  }

  /** @returns how many bytes it came to */
  add(text: string): number {
    const needed = text.length * BYTES_PER_UNIT_MAX
    if (needed > this.chunk.length - this.used) {
      if (needed > CHUNK_BYTES) return this.addLarge(text)
      this.turn()
      this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    }
    const written = this.chunk.write(text, this.used)
    this.used += written
    return written
  }

  /** All of it, in order. Nothing may be added afterwards. */
  take(): readonly Buffer[] {
    this.turn()
    return this.full
  }

  private addLarge(text: string): number {
    this.turn()
    const bytes = Buffer.from(text)
    this.full.push(bytes)
    this.fullBytes += bytes.length
    return bytes.length
  }

  /** What was written of the chunk is full; the rest of it goes on. */
  private turn(): void {
    if (this.used === 0) return
    this.full.push(this.chunk.subarray(0, this.used))
    this.fullBytes += this.used
    this.chunk = this.chunk.subarray(this.used)
    this.used = 0
  }
}
