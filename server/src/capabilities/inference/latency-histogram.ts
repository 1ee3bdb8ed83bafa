/** Each doubling is divided into so many cells: a cell is at most 1/32 as wide as its lower bound. */
const CELLS_PER_OCTAVE = 32
const CELL_BITS = 5
/** Beyond every time-out: 2³¹ µs are 35 minutes. */
const LATENCY_US_MAX = 2 ** 31 - 1
const CELLS = cellOf(LATENCY_US_MAX) + 1

/** What was measured in a time, small enough to be kept and sent. */
export interface LatencySummary {
  readonly count: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /** Middles of the cells that hold something, ascending, within 1/64 of each value in them. */
  readonly values: readonly number[]
  /** How many each cell holds. */
  readonly counts: readonly number[]
}

/**
 * Latencies in microseconds, counted in cells whose width grows with the value (log-linear): percentiles
 * come out within 1.6 %, and counting one allocates nothing.
 */
export class LatencyHistogram {
  private readonly cells = new Uint32Array(CELLS)
  private count = 0
  private sum = 0
  private minimum = Number.POSITIVE_INFINITY
  private maximum = 0

  add(latencyUs: number): void {
    const value = Math.min(Math.max(Math.round(latencyUs), 0), LATENCY_US_MAX)
    this.count++
    this.sum += value
    if (value < this.minimum) this.minimum = value
    if (value > this.maximum) this.maximum = value
    const cell = cellOf(value)
    this.cells[cell] = (this.cells[cell] ?? 0) + 1
  }

  /** Takes out all that was added. @returns undefined when nothing was */
  take(): LatencySummary | undefined {
    const { count, sum, minimum, maximum } = this
    if (count === 0) return undefined
    const values: number[] = []
    const counts: number[] = []
    for (let cell = cellOf(minimum); cell <= cellOf(maximum); cell++) {
      const held = this.cells[cell] ?? 0
      if (held === 0) continue
      values.push(Math.min(Math.max(middleOf(cell), minimum), maximum))
      counts.push(held)
      this.cells[cell] = 0
    }
    this.count = 0
    this.sum = 0
    this.minimum = Number.POSITIVE_INFINITY
    this.maximum = 0
    return { count, sum, minimum, maximum, values, counts }
  }
}

/** Two times' measurements as one. */
export function mergeLatencies(
  one: LatencySummary | undefined,
  other: LatencySummary | undefined,
): LatencySummary | undefined {
  if (!one || !other) return one ?? other
  const counts = new Map<number, number>()
  for (const { values, counts: held } of [one, other]) {
    values.forEach((value, index) => {
      counts.set(value, (counts.get(value) ?? 0) + (held[index] ?? 0))
    })
  }
  const cells = [...counts].sort(([a], [b]) => a - b)
  return {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    minimum: Math.min(one.minimum, other.minimum),
    maximum: Math.max(one.maximum, other.maximum),
    values: cells.map(([value]) => value),
    counts: cells.map(([, count]) => count),
  }
}

/** Values below 64 have a cell each; then cells double in width with each doubling of the value. */
function cellOf(value: number): number {
  if (value < 2 * CELLS_PER_OCTAVE) return value
  const shift = 31 - Math.clz32(value) - CELL_BITS
  return shift * CELLS_PER_OCTAVE + (value >>> shift)
}

function middleOf(cell: number): number {
  if (cell < 2 * CELLS_PER_OCTAVE) return cell
  const shift = Math.floor(cell / CELLS_PER_OCTAVE) - 1
  const lower = (cell - shift * CELLS_PER_OCTAVE) * 2 ** shift
  return lower + (2 ** shift - 1) / 2
}
