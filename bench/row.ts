import type { Goal } from './goal.ts'

/** One comparison: a file of `rows/`, run alone by its name. */
export interface Row {
  readonly name: string
  /** What is compared with what, for `--help`. */
  readonly summary: string
  /** Programs of the machine that the row needs, by name. */
  readonly programs: readonly string[]
  run(bench: Bench): Promise<readonly Measurement[]>
}

/** What every row is given. */
export interface Bench {
  /** How often each side is measured; the sides take turns. */
  readonly rounds: number
  /** Length of one timed run, where the row counts what happens in a time. */
  readonly runSeconds: number
  /** Tells the person who waits. */
  say(line: string): void
}

/** A line of the table. */
export interface Measurement {
  readonly what: string
  readonly unit: string
  /** One value per round. */
  readonly ours: readonly number[]
  /** One value per round, in the same order; empty where there is no peer. */
  readonly peer: readonly number[]
  /** Undefined: only stated. */
  readonly goal?: Goal
  /** What a reader must know to read the numbers. */
  readonly note?: string
}
