/** Takes the frames off a body that comes in chunks, each byte once. */
export interface ChunkedBody {
  /** @returns the body, once its last chunk and trailer are there. @throws Error when a size is no number */
  push(bytes: Buffer): Buffer | undefined
}

const CRLF = '\r\n'

export function createChunkedBody(): ChunkedBody {
  const parts: Buffer[] = []
  /** A frame that has begun: a line without its end. */
  let line: Buffer = Buffer.alloc(0)
  let state: 'size' | 'data' | 'after data' | 'trailer' = 'size'
  let missing = 0
  const takeLine = (bytes: Buffer, at: number): { text: string; at: number } | undefined => {
    const all = line.length > 0 ? Buffer.concat([line, bytes.subarray(at)]) : bytes.subarray(at)
    const end = all.indexOf(CRLF)
    if (end < 0) {
      line = Buffer.from(all)
      return undefined
    }
    const taken = end + CRLF.length - line.length
    line = Buffer.alloc(0)
    return { text: all.toString('latin1', 0, end), at: at + taken }
  }
  return {
    push: (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        if (state === 'data') {
          const piece = bytes.subarray(at, at + missing)
          parts.push(piece)
          missing -= piece.length
          at += piece.length
          if (missing === 0) state = 'after data'
          continue
        }
        const found = takeLine(bytes, at)
        if (!found) return undefined
        at = found.at
        if (state === 'trailer' && found.text === '') return Buffer.concat(parts)
        if (state === 'after data') state = 'size'
        else if (state === 'size') {
          missing = Number.parseInt(found.text, 16)
          if (Number.isNaN(missing)) throw new Error('the answer has a chunk without a size')
          state = missing === 0 ? 'trailer' : 'data'
        }
      }
      return undefined
    },
  }
}
