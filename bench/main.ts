import { globSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { monotonicMs } from '../server/src/base/clock.ts'
import { CannotRun, requirePrograms } from './programs.ts'
import type { Bench, Measurement, Row } from './row.ts'
import { isMissed, table } from './table.ts'

/** Order of the table; a row that is not named here comes last. */
const ORDER = [
  ...['gateway', 'capture', 'shadow', 'model-server', 'control-plane', 'training-job'],
  ...[
    'transform',
    'async-inference',
    'multi-model',
    'pipeline',
    'serverless',
    'autoscale-decision',
  ],
  ...['start', 'objects', 'logs', 'metrics'],
]

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '3' },
} as const

async function loadRows(): Promise<Row[]> {
  const paths = globSync('rows/*.ts', { cwd: import.meta.dirname })
  const modules = await Promise.all(
    paths.map((path) => import(`./${path}`) as Promise<{ row: Row }>),
  )
  const place = ({ name }: Row): number => (ORDER.includes(name) ? ORDER.indexOf(name) : Infinity)
  return modules.map(({ row }) => row).sort((a, b) => place(a) - place(b))
}

function help(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  return `npm run bench -- [ROW…] [--rounds N] [--seconds N]

Measures Sagebrush beside a peer in the same run, by turns, and prints one table: medians, spread (from the
least to the greatest value, as a share of the median), the median of the rounds' ratios, and the goal.
Nothing here is a test: numbers depend on the machine, ratios less so.

Rows:
${rows.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

Options:
  --rounds N    times that each side is measured (default ${OPTIONS.rounds.default})
  --seconds N   length of a timed run (default ${OPTIONS.seconds.default})

Peers: nginx and wrk from the distribution (apt-get install nginx wrk); moto, gunicorn and Flask from PyPI,
fetched on first use. A row whose programs are missing says so; the others run.

On a machine that others use: nice -n -15 npm run bench, as root. It also helps to measure one row at a time.
BENCH_PROFILE=DIR npm run bench gateway has the gateway write a CPU profile to DIR.`
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const all = await loadRows()
  if (values.help) {
    process.stdout.write(`${help(all)}\n`)
    return 0
  }
  const unknown = positionals.find((name) => !all.some((row) => row.name === name))
  if (unknown !== undefined) {
    process.stderr.write(
      `there is no row '${unknown}': ${all.map(({ name }) => name).join(', ')}\n`,
    )
    return 2
  }
  const rows = positionals.length > 0 ? all.filter(({ name }) => positionals.includes(name)) : all
  const bench = {
    rounds: wholeNumber(values.rounds, '--rounds'),
    runSeconds: wholeNumber(values.seconds, '--seconds'),
  }
  const measured: Measurement[] = []
  const left: string[] = []
  for (const row of rows) {
    const outcome = await runRow(row, bench)
    if (typeof outcome === 'string') left.push(`${row.name}: ${outcome}`)
    else measured.push(...outcome)
  }
  if (measured.length > 0) process.stdout.write(`\n${table(measured)}\n`)
  if (left.length > 0) process.stdout.write(`\nnot measured:\n  ${left.join('\n  ')}\n`)
  return measured.some(isMissed) || left.length > 0 ? 1 : 0
}

/** @returns why it did not run, in place of measurements */
async function runRow(
  row: Row,
  settings: Omit<Bench, 'say'>,
): Promise<readonly Measurement[] | string> {
  const startMs = monotonicMs()
  const say = (line: string): void => {
    const seconds = ((monotonicMs() - startMs) / 1_000).toFixed(0).padStart(4)
    process.stderr.write(`${seconds} s  ${row.name}: ${line}\n`)
  }
  try {
    requirePrograms(row.programs)
    say('starts')
    return await row.run({ ...settings, say })
  } catch (error) {
    const reason = error instanceof CannotRun ? error.message : String((error as Error).stack)
    say(reason)
    return reason
  }
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`${name} is '${text}': give a whole number from 1`)
}

process.exitCode = await main(process.argv.slice(2))
