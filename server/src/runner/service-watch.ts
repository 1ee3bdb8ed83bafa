import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../base/clock.ts'
import { Agent, request } from '../base/http.ts'
import type { TaskService } from '../platform/engines/engine.ts'
import { socketDirOf } from '../platform/engines/process/settings.ts'
import type { Verdict } from './run-container.ts'
import type { TaskRun } from './run-task.ts'

/** What AWS gives each ping. */
const PING_MS_MAX = 2000
/** Between pings until the first good one: soon at first, since a small model is up in no time. */
const STARTING_MS_MIN = 20
const STARTING_MS_MAX = 250
const READY_MS = 5000
const FAILING_MS = 1000
const FAILURES_UNTIL_NOT_READY = 3
const FAILURES_UNTIL_END = 30

/** The socket on which the gateway reaches a replica, in the task's socket directory. */
export const SERVICE_SOCKET = 'serve.sock'

interface ServiceOptions {
  readonly signal: AbortSignal
  readonly endWith: (verdict: Verdict) => void
}

/** Pings a service from its start to its end, tells whether it is ready, and ends one that is not. */
export async function watchService(run: TaskRun, options: ServiceOptions): Promise<void> {
  const { service } = run.order.task
  if (!service) return
  const { signal, endWith } = options
  const socketPath = join(run.order.settings.socketDir, SERVICE_SOCKET)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ping = pinger({ socketPath, path: service.pingPath, agent })
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined)
  if (!(await becomesReady(service, { ...options, ping }))) return
  const unixSocket = await entrance(run, { containerSocket: socketPath, signal })
  run.state.update({ ready: true, address: { unixSocket } })
  if (service.pingedUntilReady) return agent.destroy()
  let failures = 0
  while (!signal.aborted) {
    await pause(failures === 0 ? READY_MS : FAILING_MS)
    if (signal.aborted) break
    const isGood = await ping()
    if (signal.aborted) break
    if (isGood && failures >= FAILURES_UNTIL_NOT_READY) run.state.update({ ready: true })
    failures = isGood ? 0 : failures + 1
    if (failures === FAILURES_UNTIL_NOT_READY) run.state.update({ ready: false })
    if (failures === FAILURES_UNTIL_END) {
      const message = `The container stopped answering GET ${service.pingPath} with 200`
      return endWith({ cause: 'Unhealthy', message })
    }
  }
  agent.destroy()
}

/** What stands before the container, where something has to. @returns the socket on which gateways reach it */
async function entrance(
  run: TaskRun,
  before: { readonly containerSocket: string; readonly signal: AbortSignal },
): Promise<string> {
  const { models, takesOne } = run.order.task.service ?? {}
  if (models) {
    const { startModelAgent } = await import('./multi-model/model-agent.ts')
    return startModelAgent(run, { ...before, ...models })
  }
  if (!takesOne) return before.containerSocket
  const { openDoor } = await import('./door.ts')
  return openDoor(run.order.settings.socketDir, before)
}

/**
 * Waits for the first good ping of the task's own service.
 * @returns the socket on which it listens; undefined when it never came up
 */
export async function awaitService(
  run: TaskRun,
  options: ServiceOptions,
): Promise<string | undefined> {
  const { task, settings } = run.order
  if (!task.service) return undefined
  const socketPath = join(settings.socketDir, SERVICE_SOCKET)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ping = pinger({ socketPath, path: task.service.pingPath, agent })
  const isReady = await becomesReady(task.service, { ...options, ping })
  agent.destroy()
  return isReady ? socketPath : undefined
}

/**
 * Waits for the first good ping of a task beside this one, for as long as that takes: its own runner ends one
 * that never gives it.
 * @returns the socket on which it listens; undefined when the signal aborted
 */
export async function awaitServiceBeside(
  { order }: TaskRun,
  { taskId, signal }: { readonly taskId: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { task, settings } = order
  const socketDir = socketDirOf({ socketsDir: dirname(settings.socketDir) }, taskId)
  const socketPath = join(socketDir, SERVICE_SOCKET)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ping = pinger({ socketPath, path: task.service?.pingPath ?? '/ping', agent })
  const isReady = await firstGoodPing({ ping, signal, deadlineMs: Number.POSITIVE_INFINITY })
  agent.destroy()
  return isReady ? socketPath : undefined
}

async function becomesReady(
  service: TaskService,
  options: ServiceOptions & { readonly ping: () => Promise<boolean> },
): Promise<boolean> {
  const { signal, endWith } = options
  const deadlineMs = monotonicMs() + service.startupTimeoutSeconds * 1000
  if (await firstGoodPing({ ...options, deadlineMs })) return true
  if (signal.aborted) return false
  const message = `The container did not answer GET ${service.pingPath} with 200 within ${service.startupTimeoutSeconds} seconds`
  endWith({ cause: 'Unhealthy', message })
  return false
}

/** @returns false when the time is over, or the signal has aborted */
async function firstGoodPing(options: {
  readonly ping: () => Promise<boolean>
  readonly signal: AbortSignal
  readonly deadlineMs: number
}): Promise<boolean> {
  const { ping, signal, deadlineMs } = options
  let waitMs = STARTING_MS_MIN
  while (!(await ping())) {
    if (signal.aborted || monotonicMs() > deadlineMs) return false
    await delay(waitMs, undefined, { signal }).catch(() => undefined)
    waitMs = Math.min(waitMs * 1.3, STARTING_MS_MAX)
  }
  return !signal.aborted
}

function pinger(options: Parameters<typeof pingOnce>[0]): () => Promise<boolean> {
  return () => pingOnce(options)
}

function pingOnce(options: { socketPath: string; path: string; agent: Agent }): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ ...options, headers: { host: 'localhost' } }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
      response.once('close', () => resolve(false))
    })
    const timer = setTimeout(() => ping.destroy(), PING_MS_MAX)
    ping.once('error', () => resolve(false))
    ping.once('close', () => clearTimeout(timer))
    ping.end()
  })
}
