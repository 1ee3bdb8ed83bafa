import { crc32 } from 'node:zlib'

/** A header value that is text; the only kind that is sent here. */
const STRING = 7
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4

/** The headers of a frame, encoded once and used for many. */
export function frameHeaders(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => {
      const lengths = Buffer.alloc(3)
      lengths.writeUInt8(STRING, 0)
      lengths.writeUInt16BE(Buffer.byteLength(value), 1)
      return [Buffer.from([name.length]), Buffer.from(name), lengths, Buffer.from(value)]
    }),
  )
}

/**
 * One message of AWS's event stream encoding: lengths, their CRC-32, headers, payload, CRC-32 of all.
 *
 * @source https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function eventFrame(headers: Buffer, payload: Buffer): Buffer {
  const length = PRELUDE_BYTES + headers.length + payload.length + CHECKSUM_BYTES
  const frame = Buffer.allocUnsafe(length)
  frame.writeUInt32BE(length, 0)
  frame.writeUInt32BE(headers.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  headers.copy(frame, PRELUDE_BYTES)
  payload.copy(frame, PRELUDE_BYTES + headers.length)
  const end = length - CHECKSUM_BYTES
  frame.writeUInt32BE(crc32(frame.subarray(0, end)), end)
  return frame
}
