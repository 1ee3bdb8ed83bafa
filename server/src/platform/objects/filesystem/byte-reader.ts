import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Segment } from '../object-bytes.ts'

const READ_BYTES = 256 * 1024

export interface ByteReader {
  read(segments: readonly Segment[]): Promise<Readable>
  /** Whether a stream that is open still needs `id`. */
  isReading(id: string): boolean
}

/** Streams segments of files, and remembers which files open streams have yet to come to. */
export function createByteReader(openFile: (id: string) => Promise<FileHandle>): ByteReader {
  const readers = new Map<string, number>()
  const count = (id: string, change: 1 | -1): void => {
    const now = (readers.get(id) ?? 0) + change
    if (now === 0) readers.delete(id)
    else readers.set(id, now)
  }

  const streamOf = async ({ id, start, end }: Segment): Promise<Readable> => {
    const file = await openFile(id)
    return file.createReadStream({ start, end, highWaterMark: READ_BYTES })
  }
  const chain = async function* (first: Readable, rest: readonly Segment[]) {
    yield* first
    for (const segment of rest) yield* await streamOf(segment)
  }

  return {
    isReading: (id) => readers.has(id),
    read: async (segments) => {
      const [first, ...rest] = segments
      if (!first) return Readable.from([], { objectMode: false })
      for (const { id } of segments) count(id, 1)
      const release = () => {
        for (const { id } of segments) count(id, -1)
      }
      try {
        const head = await streamOf(first)
        const whole =
          rest.length === 0 ? head : Readable.from(chain(head, rest), { objectMode: false })
        return whole.once('close', () => {
          head.destroy()
          release()
        })
      } catch (error) {
        release()
        throw error
      }
    },
  }
}
