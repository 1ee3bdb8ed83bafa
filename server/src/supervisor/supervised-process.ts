import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { after, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

/** One process of the platform that is started again whenever it ends by itself. */
export interface SupervisedProcess {
  readonly role: string
  readonly pid: number | undefined
  readonly startedAt: Date | undefined
  readonly restarts: number
  /** Sends one message to the process; false when it does not run. */
  send(message: object): boolean
  /** Ends it with SIGTERM, and with SIGKILL after `graceSeconds`; it stays down. */
  stop(options: { graceSeconds: number }): Promise<void>
}

export interface SupervisedProcessOptions {
  readonly role: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Standard output and error go here. */
  readonly logFile: string
  readonly clock: Clock
  readonly log: Log
  readonly startupTimeoutMs: number
}

const FIRST_DELAY_MS = 50
const DELAY_MS_MAX = 5_000
/** A process that ran this long was well: its next end is not part of a crash loop. */
const WELL_AFTER_MS = 10_000

/** Starts the process and resolves when it says `{ ready: true }` over its channel. @throws when it ends first */
export async function supervise(options: SupervisedProcessOptions): Promise<SupervisedProcess> {
  const { clock, log, role } = options
  let child: ChildProcess | undefined
  let startedAt: Date | undefined
  let restarts = 0
  let delayMs = FIRST_DELAY_MS
  let stopping = false

  const start = async (): Promise<void> => {
    const next = launch(options)
    child = next
    startedAt = clock.now()
    next.once('exit', (code, signal) => {
      child = undefined
      if (stopping) return
      log.warn(`${role} ended and is started again`, { code, signal, delayMs })
      restarts += 1
      const ranMs = clock.now().getTime() - (startedAt?.getTime() ?? 0)
      delayMs = ranMs > WELL_AFTER_MS ? FIRST_DELAY_MS : Math.min(delayMs * 2, DELAY_MS_MAX)
      after(clock, delayMs).then(
        () => (stopping ? undefined : startAgain()),
        () => undefined,
      )
    })
    await ready(next, options)
  }

  const startAgain = (): Promise<void> =>
    start().catch((error) => {
      if (stopping) return
      log.error(`${role} does not come up`, { error })
      // one that hangs is ended, and so started once more
      child?.kill('SIGKILL')
    })

  try {
    await start()
  } catch (error) {
    stopping = true
    child?.kill('SIGKILL')
    throw error
  }
  return {
    role,
    get pid() {
      return child?.pid
    },
    get startedAt() {
      return child && startedAt
    },
    get restarts() {
      return restarts
    },
    send: (message) => (child?.connected ? child.send(message) : false),
    stop: async ({ graceSeconds }) => {
      stopping = true
      if (child) await end(child, { graceSeconds, clock })
    },
  }
}

function launch(options: SupervisedProcessOptions): ChildProcess {
  const output = openSync(options.logFile, 'a', 0o600)
  return spawn(process.execPath, [...process.execArgv, ...options.arguments], {
    env: options.environment,
    stdio: ['ignore', output, output, 'ipc'],
  })
}

async function ready(child: ChildProcess, options: SupervisedProcessOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timeout = setTimeout(
    () => reject(new Error(`${options.role} was not ready in time: see ${options.logFile}`)),
    options.startupTimeoutMs,
  )
  child.on('message', (message) => {
    if (typeof message === 'object' && 'ready' in message) resolve()
  })
  child.once('exit', () =>
    reject(new Error(`${options.role} ended at its start: see ${options.logFile}`)),
  )
  try {
    await promise
  } finally {
    clearTimeout(timeout)
  }
}

/** Ends a child process for good. */
export async function end(
  child: ChildProcess,
  options: { graceSeconds: number; clock: Clock },
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const patience = new AbortController()
  await Promise.race([
    ended,
    after(options.clock, options.graceSeconds * 1_000, patience.signal).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    ),
  ])
  await ended
  patience.abort()
}
