/** An UTF-16 code unit becomes at most so many bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3
const FIRST_CHUNK_BYTES = 16 * 1024
const CHUNK_BYTES = 256 * 1024

/** Text, or bytes that are. */
export type TextPart = string | Buffer

/** At most so many bytes of UTF-8. */
export function bytesMaxOf(parts: readonly TextPart[]): number {
  let bytes = 0
  for (const part of parts) {
    bytes += typeof part === 'string' ? part.length * BYTES_PER_UNIT_MAX : part.length
  }
  return bytes
}

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

  /** @returns how many bytes they came to */
  add(parts: readonly TextPart[]): number {
    const before = this.bytes
    const needed = bytesMaxOf(parts)
    if (needed > this.chunk.length - this.used) {
      this.turn()
      this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed))
    }
    for (const part of parts) {
      if (typeof part === 'string') this.used += this.chunk.write(part, this.used)
      else this.used += part.copy(this.chunk, this.used)
    }
    return this.bytes - before
  }

  /** All of it, in order. Nothing may be added afterwards. */
  take(): readonly Buffer[] {
    this.turn()
    return this.full
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
