import { RecordFailure } from './record-failure.ts'

const NEWLINE = 10
/** Above what any payload may have: an object without lines must not fill the memory. */
const LINE_BYTES_MAX = 128 * 2 ** 20

/**
 * Runs of whole lines, cut at the last newline of what has come; only the last run may lack a final one.
 * A line that is longer than a run is a run of its own.
 */
export async function* lineRuns(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of source) {
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end === 0) {
      begun.push(chunk)
      begunBytes += chunk.length
      if (begunBytes > LINE_BYTES_MAX) {
        throw new RecordFailure(`A line is longer than ${LINE_BYTES_MAX} bytes`)
      }
      continue
    }
    const head = chunk.subarray(0, end)
    yield begun.length > 0 ? Buffer.concat([...begun, head]) : head
    begun = end < chunk.length ? [chunk.subarray(end)] : []
    begunBytes = chunk.length - end
  }
  if (begun.length > 0) yield Buffer.concat(begun)
}

/** The lines of a run, without their ends. Empty ones are no records. */
export function linesOf(run: Buffer): string[] {
  const lines = run.toString('utf8').split('\n')
  return lines.map(withoutReturn).filter((line) => line !== '')
}

/** The records of a run as bytes. */
export function lineRecords(run: Buffer): Buffer[] {
  const records: Buffer[] = []
  for (let at = 0; at < run.length; ) {
    const found = run.indexOf(NEWLINE, at)
    const end = found < 0 ? run.length : found
    const line = run.subarray(at, end > at && run[end - 1] === 13 ? end - 1 : end)
    if (line.length > 0) records.push(line)
    at = end + 1
  }
  return records
}

/** Where to cut a run so that no piece is longer than `bytesMax`; 0 when its first line is. */
export function cutBefore(run: Buffer, from: number, bytesMax: number): number {
  if (run.length - from <= bytesMax) return run.length
  // the newline itself is not sent at a payload's end
  const end = run.lastIndexOf(NEWLINE, from + bytesMax)
  return end < from ? 0 : end + 1
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
