import { RecordFailure, tooLarge } from './record-failure.ts'

/** How many bytes the record that begins at `at` has, with its frame; undefined when its head is not there yet. */
export type FrameLength = (bytes: Buffer, at: number) => number | undefined

const RECORDIO_MAGIC = 0xced7230a
const RECORDIO_HEAD_BYTES = 8
const LENGTH_MASK = 0x1fffffff
/** Parts of a record that holds the magic number itself: whole, first, middle, last. */
const PART_WHOLE = 0
const PART_LAST = 3

/**
 * One RecordIO record, which may have several parts, each with a magic number, its length and padding to
 * four bytes.
 * @source dmlc-core, recordio.h
 */
export function recordIoLength(bytes: Buffer, at: number): number | undefined {
  for (let end = at; ; ) {
    if (bytes.length < end + RECORDIO_HEAD_BYTES) return undefined
    if (bytes.readUInt32LE(end) !== RECORDIO_MAGIC) {
      throw new RecordFailure('The object is not in RecordIO format: a record has no magic number')
    }
    const word = bytes.readUInt32LE(end + 4)
    const part = word >>> 29
    end += RECORDIO_HEAD_BYTES + Math.ceil((word & LENGTH_MASK) / 4) * 4
    if (part === PART_WHOLE || part === PART_LAST) return end - at
  }
}

/** No frame's head is longer. */
const HEAD_BYTES = 16
const TFRECORD_HEAD_BYTES = 12
const TFRECORD_TAIL_BYTES = 4

/**
 * One TFRecord: its length and that one's checksum, the bytes, and theirs.
 * @source "TFRecord and tf.train.Example", TensorFlow Core
 */
export function tfRecordLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + TFRECORD_HEAD_BYTES) return undefined
  const isSound = maskedCrc(bytes.subarray(at, at + 8)) === bytes.readUInt32LE(at + 8)
  if (!isSound) {
    throw new RecordFailure(
      'The object is not in TFRecord format: the checksum of a length is wrong',
    )
  }
  return TFRECORD_HEAD_BYTES + Number(bytes.readBigUInt64LE(at)) + TFRECORD_TAIL_BYTES
}

/** The records of a stream, frames and all, as many at a time as have come. @throws RecordFailure */
export async function* framedRecords(
  source: AsyncIterable<Buffer>,
  { frameLength, bytesMax }: { readonly frameLength: FrameLength; readonly bytesMax: number },
): AsyncGenerator<readonly Buffer[]> {
  let chunks: Buffer[] = []
  let bytes = 0
  /** What the record that has begun needs before it is worth looking again. */
  let needed = 1
  for await (const chunk of source) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes < needed) continue
    const pending = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    const { records, end, missing } = cutFrames(pending, frameLength)
    const rest = pending.subarray(end)
    chunks = rest.length > 0 ? [rest] : []
    bytes = rest.length
    needed = missing
    if (needed > bytesMax + HEAD_BYTES) throw tooLarge(bytesMax)
    if (records.length > 0) yield records
  }
  if (bytes > 0) throw new RecordFailure('The object ends in the middle of a record')
}

function cutFrames(pending: Buffer, frameLength: FrameLength) {
  const records: Buffer[] = []
  let end = 0
  for (;;) {
    const length = frameLength(pending, end)
    if (length === undefined || end + length > pending.length) {
      return { records, end, missing: length ?? pending.length - end + 1 }
    }
    records.push(pending.subarray(end, end + length))
    end += length
  }
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** TFRecord's checksum: CRC-32C, rotated and shifted. */
export function maskedCrc(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC32C[(crc ^ byte) & 0xff] ?? 0)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
