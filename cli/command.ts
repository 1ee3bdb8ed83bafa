import { tableLines } from './table.ts'

/** One subcommand: its help, and what it does. */
export interface Command {
  /** After the name, e.g. `NAME DIR`. */
  readonly usage: string
  readonly summary: string
  /** What a person reads after `--help`: options, behaviour, examples. */
  readonly help: string
  /** @returns the exit code; a thrown `UsageError` or `Problem` is printed without a stack */
  run(args: readonly string[]): Promise<number>
}

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Something a person can mend; the message says what happened and what to do next. */
export class Problem extends Error {
  override readonly name = 'Problem'
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2))
}

/** Columns aligned for reading, within the terminal's width; the first row is the head. */
export function printTable(rows: readonly (readonly string[])[]): void {
  for (const line of tableLines(rows, process.stdout.columns)) print(line)
}
