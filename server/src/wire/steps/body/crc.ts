/**
 * Cyclic redundancy checks that Node lacks, reflected, table-driven, eight bytes at a time.
 * Reference values: https://reveng.sourceforge.io/crc-catalogue/ (CRC-32/ISCSI, CRC-64/NVME).
 */

/** CRC-32C (Castagnoli) of `bytes`, on from `value`; 0 at the start. */
export function crc32c(bytes: Uint8Array, value: number): number {
  CRC32C ??= makeTables32(0x82f63b78)
  return update32(CRC32C, { bytes, value })
}

/** A 64-bit value in two unsigned halves: bigints would cost ten times as much. */
export interface Halves {
  readonly high: number
  readonly low: number
}

/** CRC-64/NVME of `bytes`, on from `value`; both halves 0 at the start. */
export function crc64nvme(bytes: Uint8Array, value: Halves): Halves {
  CRC64 ??= makeTables64({ high: 0x9a6c9329, low: 0xac4bc9b5 })
  return update64(CRC64, { bytes, value })
}

let CRC32C: readonly Uint32Array[] | undefined
let CRC64:
  | { readonly high: readonly Uint32Array[]; readonly low: readonly Uint32Array[] }
  | undefined

function makeTables32(polynomial: number): readonly Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256))
  const [first] = tables
  if (!first) return tables
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    }
    first[byte] = value
  }
  for (let slice = 1; slice < 8; slice += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const value = at(tables[slice - 1], byte)
      set(tables[slice], { byte, value: (value >>> 8) ^ at(first, value & 255) })
    }
  }
  return tables
}

function update32(
  tables: readonly Uint32Array[],
  { bytes, value }: { bytes: Uint8Array; value: number },
): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as readonly [
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ]
  let crc = ~value >>> 0
  let index = 0
  const octets = bytes.length - (bytes.length % 8)
  for (; index < octets; index += 8) {
    const first = crc ^ word(bytes, index)
    const second = word(bytes, index + 4)
    crc =
      at(t7, first & 255) ^
      at(t6, (first >>> 8) & 255) ^
      at(t5, (first >>> 16) & 255) ^
      at(t4, first >>> 24) ^
      at(t3, second & 255) ^
      at(t2, (second >>> 8) & 255) ^
      at(t1, (second >>> 16) & 255) ^
      at(t0, second >>> 24)
  }
  for (; index < bytes.length; index += 1) {
    crc = (crc >>> 8) ^ at(t0, (crc ^ at(bytes, index)) & 255)
  }
  return ~crc >>> 0
}

function makeTables64(polynomial: Halves) {
  const high = Array.from({ length: 8 }, () => new Uint32Array(256))
  const low = Array.from({ length: 8 }, () => new Uint32Array(256))
  for (let byte = 0; byte < 256; byte += 1) {
    let value: Halves = { high: 0, low: byte }
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = value.low & 1
      const shifted = { high: value.high >>> 1, low: (value.low >>> 1) | (value.high << 31) }
      value = odd
        ? { high: shifted.high ^ polynomial.high, low: shifted.low ^ polynomial.low }
        : shifted
    }
    set(high[0], { byte, value: value.high })
    set(low[0], { byte, value: value.low })
  }
  for (let slice = 1; slice < 8; slice += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const [h, l] = [at(high[slice - 1], byte), at(low[slice - 1], byte)]
      set(high[slice], { byte, value: (h >>> 8) ^ at(high[0], l & 255) })
      set(low[slice], { byte, value: ((l >>> 8) | (h << 24)) ^ at(low[0], l & 255) })
    }
  }
  return { high, low }
}

function update64(
  { high, low }: { high: readonly Uint32Array[]; low: readonly Uint32Array[] },
  { bytes, value }: { bytes: Uint8Array; value: Halves },
): Halves {
  let h = ~value.high >>> 0
  let l = ~value.low >>> 0
  let index = 0
  const octets = bytes.length - (bytes.length % 8)
  for (; index < octets; index += 8) {
    l ^= word(bytes, index)
    h ^= word(bytes, index + 4)
    let [nextHigh, nextLow] = [0, 0]
    for (let byte = 0; byte < 4; byte += 1) {
      const [lowByte, highByte] = [(l >>> (8 * byte)) & 255, (h >>> (8 * byte)) & 255]
      nextHigh ^= at(high[7 - byte], lowByte) ^ at(high[3 - byte], highByte)
      nextLow ^= at(low[7 - byte], lowByte) ^ at(low[3 - byte], highByte)
    }
    h = nextHigh
    l = nextLow
  }
  for (; index < bytes.length; index += 1) {
    const slot = (l ^ at(bytes, index)) & 255
    l = ((l >>> 8) | (h << 24)) ^ at(low[0], slot)
    h = (h >>> 8) ^ at(high[0], slot)
  }
  return { high: ~h >>> 0, low: ~l >>> 0 }
}

function word(bytes: Uint8Array, index: number): number {
  return (
    at(bytes, index) |
    (at(bytes, index + 1) << 8) |
    (at(bytes, index + 2) << 16) |
    (at(bytes, index + 3) << 24)
  )
}

/** Typed arrays answer undefined only outside their bounds, where nothing here looks. */
function at(array: Uint32Array | Uint8Array | undefined, index: number): number {
  return array?.[index] ?? 0
}

function set(table: Uint32Array | undefined, { byte, value }: { byte: number; value: number }) {
  if (table) table[byte] = value
}
