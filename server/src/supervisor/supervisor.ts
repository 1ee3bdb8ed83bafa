import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Clock, monotonicMs } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type Config, configEnvironment } from '../config.ts'
import { openInstallation } from '../installation.ts'
import { openAdminSocket } from '../platform/admin-socket.ts'
import { runDirectory } from '../platform/run-directory.ts'
import { portHolder } from './port.ts'
import { type ProcessStatus, processStatus } from './process-status.ts'
import { type SupervisedPostgres, supervisePostgres } from './supervised-postgres.ts'
import { type SupervisedProcess, supervise } from './supervised-process.ts'

/** What `up` runs: starts the processes of the platform, restarts what dies, ends them in order. */
export interface Supervisor {
  readonly url: string
  /** Resolves when all has stopped. */
  readonly stopped: Promise<void>
  stop(): Promise<void>
}

export interface SupervisorOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  /** Tells a person what happens as it happens. */
  readonly say: (line: string) => void
}

export interface SupervisorStatus {
  readonly url: string
  readonly processes: readonly ProcessStatus[]
}

/** The data directory is in use by another supervisor. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning'
}

export const SUPERVISOR_SOCKET = 'supervisor.sock'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const STARTUP_TIMEOUT_MS = 60_000
/** Requests in flight may last 60 s; a person who stops the platform does not wait that long. */
const GRACE_SECONDS = 10

export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { clock, log, say } = options
  const config = { ...options.config, gateways: options.config.gateways || availableParallelism() }
  const { dataDir } = config
  const run = runDirectory(dataDir)
  const url = `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${config.port}`
  const fleet: SupervisedProcess[] = []
  let postgres: SupervisedPostgres | undefined
  const { promise: stopped, resolve: hasStopped } = Promise.withResolvers<void>()
  let stopping: Promise<void> | undefined
  const ofRole = (role: string): SupervisedProcess[] => fleet.filter((one) => one.role === role)

  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      const [control, gateways] = [ofRole('control'), ofRole('gateway')]
      for (const one of control) one.send({ down: true })
      await Promise.all(gateways.map((one) => one.stop({ graceSeconds: GRACE_SECONDS })))
      await Promise.all(control.map((one) => one.stop({ graceSeconds: GRACE_SECONDS })))
      await postgres?.stop()
      admin?.close()
      hasStopped()
    })()
    return stopping
  }
  const admin = await openAdminSocket(join(run, SUPERVISOR_SOCKET), {
    'GET /status': async (): Promise<SupervisorStatus> => ({
      url,
      processes: await processStatus([
        ownStatus,
        ...(postgres ? [postgresStatus(postgres)] : []),
        ...fleet,
      ]),
    }),
    'POST /stop': async () => {
      void stop()
    },
  })
  if (!admin) throw new AlreadyRunning(`Sagebrush already runs on ${dataDir}`)
  const startedAt = clock.now()
  const ownStatus = { role: 'supervisor', pid: process.pid, startedAt, restarts: 0 }

  try {
    const holder = await portHolder(config)
    if (holder) throw new Error(holder)
    await openInstallation(dataDir, process.env)
    const logs = join(dataDir, 'logs')
    await mkdir(logs, { recursive: true, mode: 0o700 })
    if (config.databaseUrl === undefined) {
      postgres = await timed(say, 'postgres', () =>
        supervisePostgres({ dataDir, socketDir: run, clock, log }),
      )
    }
    const environment = {
      ...process.env,
      ...configEnvironment({ ...config, databaseUrl: config.databaseUrl ?? postgres?.url }),
    }
    const start = async (role: string, name: string): Promise<void> => {
      const process = await supervise({
        role,
        arguments: [MAIN, role],
        environment,
        logFile: join(logs, `${name}.log`),
        clock,
        log,
        startupTimeoutMs: STARTUP_TIMEOUT_MS,
      })
      fleet.push(process)
    }
    const names = Array.from({ length: config.gateways }, (_, index) => `gateway-${index}`)
    const started = await Promise.allSettled([
      timed(say, 'control', () => start('control', 'control')),
      timed(say, `gateway × ${config.gateways}`, () =>
        Promise.all(names.map((name) => start('gateway', name))),
      ),
    ])
    for (const one of started) if (one.status === 'rejected') throw one.reason
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stopped, stop }
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
