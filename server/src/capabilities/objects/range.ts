import { invalidRange } from '../../aws/s3-errors.ts'

/** Bytes `start` to `end` inclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads a `Range` header: `bytes=0-99`, `bytes=100-`, `bytes=-50` (the last 50). A range that ends behind the
 * object is cut. What is no single byte range is ignored, as RFC 9110 asks and S3 does.
 *
 * @returns undefined for the whole object
 * @throws InvalidRange when no byte of the object is in the range
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!header || !match) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  const isSuffix = first === ''
  if (!isSuffix && last !== '' && Number(last) < Number(first)) return undefined

  const start = isSuffix ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = isSuffix || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (start > end) throw invalidRange(header, sizeBytes)
  return { start, end }
}

/** The `Content-Range` of a partial answer. */
export function formatContentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end}/${sizeBytes}`
}

/** Where part `index` of an object lies; undefined for a part without bytes. */
export function rangeOfPart(partSizes: readonly number[], index: number): ByteRange | undefined {
  const start = partSizes.slice(0, index).reduce((sum, size) => sum + size, 0)
  const size = partSizes[index] ?? 0
  return size === 0 ? undefined : { start, end: start + size - 1 }
}

/** Cuts `range` of a whole into the ranges of the pieces that it is made of. */
export function cutRange(
  pieceSizes: readonly number[],
  range: ByteRange,
): { readonly piece: number; readonly start: number; readonly end: number }[] {
  const cuts = []
  let offset = 0
  for (const [piece, size] of pieceSizes.entries()) {
    const start = Math.max(range.start - offset, 0)
    const end = Math.min(range.end - offset, size - 1)
    if (start <= end) cuts.push({ piece, start, end })
    offset += size
  }
  return cuts
}
