import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { monotonicMs } from '../server/src/base/clock.ts'
import { readConfig } from '../server/src/config.ts'
import { startTestPostgres } from '../tests/support/postgres.ts'
import { ensureEnvironments } from './setup/environments.ts'

/**
 * `npm test` runs everything that must pass; `npm run ok` leaves the journeys of real clients out, and
 * `npm run journeys` runs only those. Every part runs even when an earlier one failed; the exit code tells.
 */
const ROOT = new URL('../', import.meta.url).pathname
const HELP = `npm test               everything
npm run ok             tidy, types, lint, format, unit, contract and API tests
npm run journeys       real clients against a started platform
npm run journeys:long  those that need gigabytes or many minutes
npm test -- PATTERN    test files whose path contains PATTERN`

/** Files that neither act nor wait (STYLE.md): one process runs them all sooner than it starts for each. */
const DECIDES =
  /\.(states|validation|workflow|container)\.test\.ts$|^server\/src\/(statistics|aws)\//
/** Tests wait for processes a third of their time. */
const FILES_PER_CORE = 1.5
/** Each starts a platform of its own, kills parts of it and waits for the rest. */
const TWO_BY_TWO = ['--test-concurrency=2']
const ONE_BY_ONE = ['--test-concurrency=1']
/** Not a bound on how long a test should take, but on how long a run hangs with one. */
const TEST_TIMEOUT_MS = 600_000

type Mode = 'all' | 'ok' | 'journeys' | 'long'

const [mode, pattern] = parse(process.argv.slice(2))
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name)
const outcomes: { name: string; ok: boolean; seconds: number }[] = []

function parse(args: readonly string[]): [Mode, string | undefined] {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`)
    process.exit(0)
  }
  const rest = args.filter((arg) => !arg.startsWith('--'))
  if (args.includes('--ok')) return ['ok', rest[0]]
  if (args.includes('--journeys')) return ['journeys', rest[0]]
  if (args.includes('--long')) return ['long', rest[0]]
  return ['all', rest[0]]
}

async function part(
  name: string,
  command: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<void> {
  const startMs = monotonicMs()
  process.stdout.write(`\n── ${name}\n`)
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  outcomes.push({ name, ok: code === 0, seconds: (monotonicMs() - startMs) / 1_000 })
}

function testFiles(globs: readonly string[]): string[] {
  return globSync(globs, { cwd: ROOT })
    .filter((path) => pattern === undefined || path.includes(pattern))
    .sort()
}

async function nodeTests(
  name: string,
  options: { files: readonly string[]; flags: readonly string[]; environment: NodeJS.ProcessEnv },
): Promise<void> {
  const { files, flags, environment } = options
  if (files.length === 0) return
  const always = ['--test', `--test-timeout=${TEST_TIMEOUT_MS}`, '--test-reporter=spec']
  await part(name, [process.execPath, ...always, ...flags, ...files], environment)
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const config = readConfig(process.env)
const python = await ensureEnvironments(config, say)
const postgres = await startTestPostgres()
const environment = {
  ...postgres.environment,
  // each file is a process of its own, which would strip and compile all that it imports
  NODE_COMPILE_CACHE: join(config.cacheDir, 'compiled'),
}
try {
  if (mode === 'all' || mode === 'ok') {
    if (pattern === undefined) {
      await part('types', [bin('tsc'), '--noEmit'])
      await part('lint and format', [bin('biome'), 'check', '--error-on-warnings', '.'])
    }
    const files = testFiles(['{tools,server,cli,bench,tests/support}/**/*.test.ts'])
    await nodeTests('what decides', {
      files: files.filter((path) => DECIDES.test(path)),
      flags: ['--test-isolation=none'],
      environment,
    })
    await nodeTests('tidy, unit, contract, API', {
      files: files.filter((path) => !DECIDES.test(path)),
      flags: [`--test-concurrency=${Math.ceil(availableParallelism() * FILES_PER_CORE)}`],
      environment,
    })
  }
  if (mode === 'all' && pattern === undefined) {
    await part('runtimes', [
      ...[join(await python.runtimeTestsBin(), 'python'), '-m', 'unittest', 'discover'],
      ...['-s', 'runtimes/tests', '-t', 'runtimes'],
    ])
  }
  if (mode === 'all' || mode === 'journeys') {
    const files = testFiles(['tests/{simulation,journeys}/*.test.ts'])
    await nodeTests('simulation and journeys', { files, flags: TWO_BY_TWO, environment })
  }
  if (mode === 'long') {
    const files = testFiles(['tests/journeys/long/*.test.ts'])
    await nodeTests('long journeys', { files, flags: ONE_BY_ONE, environment })
  }
} finally {
  await postgres.stop()
}

process.stdout.write('\n')
for (const { name, ok, seconds } of outcomes) {
  process.stdout.write(
    `${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(32)} ${seconds.toFixed(0).padStart(4)} s\n`,
  )
}
const failed = outcomes.filter(({ ok }) => !ok).length
process.stdout.write(`\n${outcomes.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && outcomes.length > 0 ? 0 : 1
