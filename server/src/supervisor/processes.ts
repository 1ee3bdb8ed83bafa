import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Clock, monotonicMs } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type Config, configEnvironment } from '../config.ts'
import { runDirectory } from '../platform/run-directory.ts'
import { type ProcessStatus, processStatus } from './process-status.ts'
import { type SupervisedPostgres, supervisePostgres } from './supervised-postgres.ts'
import { type SupervisedProcess, supervise } from './supervised-process.ts'

/** Everything that a supervisor starts, but for itself. */
export interface Processes {
  /** Starts them all. @throws Error that names the one that does not come up, and its log */
  start(): Promise<void>
  /** Ends those that run, in the order in which they need each other. */
  stop(): Promise<void>
  status(): Promise<ProcessStatus[]>
}

export interface ProcessesOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  /** Tells a person what happens as it happens. */
  readonly say: (line: string) => void
  /** Whether the data directory was deleted, or another one stands in its place. */
  readonly isGone: () => Promise<boolean>
}

const MAIN = new URL('../main.ts', import.meta.url).pathname
const STARTUP_TIMEOUT_MS = 60_000
/** Requests in flight may last 60 s; a person who stops the platform does not wait that long. */
const GRACE_SECONDS = 10

export function createProcesses(options: ProcessesOptions): Processes {
  const { clock, log, say, isGone } = options
  const config = { ...options.config, gateways: options.config.gateways || availableParallelism() }
  const { dataDir } = config
  const logs = join(dataDir, 'logs')
  const fleet: SupervisedProcess[] = []
  let postgres: SupervisedPostgres | undefined

  const startOne = async (role: string, name: string): Promise<void> => {
    const databaseUrl = config.databaseUrl ?? postgres?.url
    const started = await supervise({
      role,
      arguments: [MAIN, role],
      environment: { ...process.env, ...configEnvironment({ ...config, databaseUrl }) },
      logFile: join(logs, `${name}.log`),
      clock,
      log,
      startupTimeoutMs: STARTUP_TIMEOUT_MS,
    })
    fleet.push(started)
  }
  const stopRole = async (role: string): Promise<void> => {
    const ofRole = fleet.filter((one) => one.role === role)
    await Promise.all(ofRole.map((one) => one.stop({ graceSeconds: GRACE_SECONDS })))
  }
  return {
    start: async () => {
      await mkdir(logs, { recursive: true, mode: 0o700 })
      if (config.databaseUrl === undefined) {
        postgres = await timed(say, 'postgres', () =>
          supervisePostgres({ dataDir, socketDir: runDirectory(dataDir), clock, log, isGone }),
        )
      }
      const names = Array.from({ length: config.gateways }, (_, index) => `gateway-${index}`)
      const started = await Promise.allSettled([
        timed(say, 'control', () => startOne('control', 'control')),
        timed(say, `gateway × ${config.gateways}`, () =>
          Promise.all(names.map((name) => startOne('gateway', name))),
        ),
      ])
      for (const one of started) if (one.status === 'rejected') throw one.reason
    },
    stop: async () => {
      for (const one of fleet) if (one.role === 'control') one.send({ down: true })
      await stopRole('gateway')
      await stopRole('control')
      await postgres?.stop()
    },
    status: () => processStatus([...(postgres ? [postgresStatus(postgres)] : []), ...fleet]),
  }
}

function postgresStatus(postgres: SupervisedPostgres) {
  const { pid, startedAt, restarts } = postgres
  return { role: 'postgres', pid, startedAt, restarts }
}

async function timed<T>(
  say: (line: string) => void,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const startMs = monotonicMs()
  const result = await work()
  say(`  ${what.padEnd(14)} ready after ${((monotonicMs() - startMs) / 1_000).toFixed(1)} s`)
  return result
}
