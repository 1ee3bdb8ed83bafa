/** Takes bytes off a stream by line and by count, whatever pieces they arrive in. */
export interface ByteReader {
  /** Up to the next line end, without it. @returns undefined at the end of the stream */
  line(bytesMax: number): Promise<string | undefined>
  /** At least one and at most `bytesMax` bytes. @returns undefined at the end of the stream */
  some(bytesMax: number): Promise<Buffer | undefined>
}

export function createByteReader(source: AsyncIterable<Buffer>): ByteReader {
  const iterator = source[Symbol.asyncIterator]()
  let buffer: Buffer = Buffer.alloc(0)

  const fill = async (): Promise<boolean> => {
    const next = await iterator.next()
    if (next.done) return false
    buffer = buffer.length === 0 ? next.value : Buffer.concat([buffer, next.value])
    return true
  }
  return {
    line: async (bytesMax) => {
      for (;;) {
        const end = buffer.indexOf('\n')
        if (end >= 0) {
          const line = buffer.subarray(0, end).toString('latin1')
          buffer = buffer.subarray(end + 1)
          return line.endsWith('\r') ? line.slice(0, -1) : line
        }
        if (buffer.length > bytesMax || !(await fill())) return undefined
      }
    },
    some: async (bytesMax) => {
      while (buffer.length === 0) if (!(await fill())) return undefined
      const taken = buffer.subarray(0, bytesMax)
      buffer = buffer.subarray(taken.length)
      return taken
    },
  }
}
