import type { FileHandle } from 'node:fs/promises'

/** Chunks come in pieces of a socket's size; one system call writes many of them. */
const BATCH_BYTES = 1 << 20

/**
 * Writes a source to a file; while one batch is being written the next is read, so memory stays at two
 * batches whatever the length. @returns bytes written
 */
export async function pour(source: AsyncIterable<Uint8Array>, file: FileHandle): Promise<number> {
  let sizeBytes = 0
  let batch: Uint8Array[] = []
  let batchBytes = 0
  let writing: Promise<unknown> = Promise.resolve()
  try {
    for await (const chunk of source) {
      if (chunk.byteLength === 0) continue
      sizeBytes += chunk.byteLength
      batchBytes += chunk.byteLength
      batch.push(chunk)
      if (batchBytes < BATCH_BYTES) continue
      await writing
      writing = writeBatch(file, batch)
      // a failure is seen by the next await; until then it must not count as unhandled
      writing.catch(() => undefined)
      batch = []
      batchBytes = 0
    }
  } finally {
    await writing
  }
  if (batchBytes > 0) await writeBatch(file, batch)
  return sizeBytes
}

/** `writev` may write less than it was given. */
async function writeBatch(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let rest = batch
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest)
    rest = after(rest, bytesWritten)
  }
}

function after(batch: readonly Uint8Array[], bytesWritten: number): readonly Uint8Array[] {
  let skip = bytesWritten
  for (const [index, chunk] of batch.entries()) {
    if (skip < chunk.byteLength) return [chunk.subarray(skip), ...batch.slice(index + 1)]
    skip -= chunk.byteLength
  }
  return []
}
