import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** What CloudWatch Logs takes at once, and what it adds to each event's bytes. */
const EVENTS_MAX = 10_000
const BATCH_BYTES_MAX = 1_048_576
const EVENT_OVERHEAD_BYTES = 26
/** The longest event: 256 KB with its overhead. */
const MESSAGE_BYTES_MAX = 262_144 - EVENT_OVERHEAD_BYTES
const READ_BYTES = 1 << 20
const NEWLINE = 10

/** Lines that travel together. */
export interface LogBatch {
  /** Where in the log file the first line begins, in bytes: names the batch for ever. */
  readonly offset: number
  readonly lines: readonly { readonly timestamp: number; readonly message: string }[]
}

/** Reads a growing file by lines, each byte once. */
export interface LineTail {
  /**
   * The next lines, as many as fit one batch; undefined when there is none. A line that has not ended yet is
   * held back, unless it is too long or `isFinal`.
   */
  read(options: { readonly at: number; readonly isFinal: boolean }): LogBatch | undefined
  close(): void
}

export function createLineTail(path: string): LineTail {
  let file: number | undefined
  let pending: Buffer = Buffer.alloc(0)
  /** Of the first pending byte. */
  let offset = 0
  const fill = () => {
    if (pending.length >= READ_BYTES) return
    file ??= openIfThere(path)
    if (file === undefined) return
    const position = offset + pending.length
    const available = fstatSync(file).size - position
    if (available <= 0) return
    const chunk = Buffer.allocUnsafe(Math.min(available, READ_BYTES))
    const count = readSync(file, chunk, 0, chunk.length, position)
    const grown = chunk.subarray(0, count)
    pending = pending.length === 0 ? grown : Buffer.concat([pending, grown])
  }
  return {
    read: ({ at, isFinal }) => {
      fill()
      const lines: { timestamp: number; message: string }[] = []
      let bytes = 0
      let taken = 0
      while (lines.length < EVENTS_MAX && taken < pending.length) {
        const cut = cutLine(pending, taken, isFinal)
        if (!cut) break
        const size = Buffer.byteLength(cut.message) + EVENT_OVERHEAD_BYTES
        if (bytes + size > BATCH_BYTES_MAX) break
        bytes += size
        lines.push({ timestamp: at, message: cut.message })
        taken = cut.next
      }
      if (lines.length === 0) return undefined
      const batch = { offset, lines }
      pending = pending.subarray(taken)
      offset += taken
      return batch
    },
    close: () => {
      if (file !== undefined) closeSync(file)
    },
  }
}

/** One event's worth from `start` on. @returns undefined when the line has not ended yet */
function cutLine(
  bytes: Buffer,
  start: number,
  isFinal: boolean,
): { message: string; next: number } | undefined {
  const newline = bytes.indexOf(NEWLINE, start)
  const end = newline < 0 ? bytes.length : newline
  if (end - start > MESSAGE_BYTES_MAX) return cutLong(bytes, start, start + MESSAGE_BYTES_MAX)
  if (newline < 0 && !isFinal) return undefined
  const textEnd = newline > start && bytes[newline - 1] === 13 ? end - 1 : end
  const message = bytes.toString('utf8', start, textEnd)
  // Bytes that are no UTF-8 become three each, which may be too many.
  if (Buffer.byteLength(message) > MESSAGE_BYTES_MAX) {
    return cutLong(bytes, start, start + Math.floor(MESSAGE_BYTES_MAX / 3))
  }
  // CloudWatch takes no empty message; AWS shows blank lines as a blank.
  return { message: message === '' ? ' ' : message, next: newline < 0 ? end : end + 1 }
}

function cutLong(bytes: Buffer, start: number, limit: number): { message: string; next: number } {
  let end = limit
  // Not within a character: its later bytes begin with the bits 10.
  while (end > limit - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  const message = bytes.toString('utf8', start, end)
  if (Buffer.byteLength(message) > MESSAGE_BYTES_MAX) {
    return cutLong(bytes, start, start + Math.floor(MESSAGE_BYTES_MAX / 3))
  }
  return { message, next: end }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
