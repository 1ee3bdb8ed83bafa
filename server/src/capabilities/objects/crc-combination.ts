import type { ChecksumName } from './checksum.ts'

/** A cyclic redundancy check: its width and its polynomial with the bits reversed, without the top one. */
interface Crc {
  readonly bits: bigint
  readonly polynomial: bigint
}

const CRCS: Readonly<Partial<Record<ChecksumName, Crc>>> = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
}

/**
 * The CRC of the whole from the CRCs of its parts, without reading a byte again:
 *
 *   crc(A ‖ B) = crc(A) · x^(8·|B|) mod P  ⊕  crc(B)
 *
 * where the CRCs begin with ones and end inverted, which cancels out.
 *
 * @param parts base64 big-endian values and sizes in bytes, in order, at least one
 * @throws RangeError for an algorithm that is no CRC, or without parts
 */
export function combineCrcs(
  algorithm: ChecksumName,
  parts: readonly { readonly value: string; readonly sizeBytes: number }[],
): string {
  const crc = CRCS[algorithm]
  const [first, ...rest] = parts
  if (!crc || !first) throw new RangeError(`combine ${parts.length} checksums of ${algorithm}`)
  // parts are of one size but for the last
  const shifts = new Map<number, bigint>()
  let combined = decode(first.value)
  for (const { value, sizeBytes } of rest) {
    const shift = shifts.get(sizeBytes) ?? powerOfX(BigInt(sizeBytes) * 8n, crc)
    shifts.set(sizeBytes, shift)
    combined = multiply(combined, shift, crc) ^ decode(value)
  }
  const hex = combined.toString(16).padStart(Number(crc.bits / 4n), '0')
  return Buffer.from(hex, 'hex').toString('base64')
}

/** x^exponent mod P; in reversed bits 1 is the top bit and x the one below. */
function powerOfX(exponent: bigint, crc: Crc): bigint {
  let power = 1n << (crc.bits - 1n)
  let square = 1n << (crc.bits - 2n)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = multiply(power, square, crc)
    square = multiply(square, square, crc)
  }
  return power
}

/** a · b mod P over GF(2), bits reversed. */
function multiply(a: bigint, b: bigint, { bits, polynomial }: Crc): bigint {
  let product = 0n
  let shifted = b
  for (let bit = bits - 1n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) product ^= shifted
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n
  }
  return product
}

function decode(value: string): bigint {
  return BigInt(`0x${Buffer.from(value, 'base64').toString('hex')}`)
}
