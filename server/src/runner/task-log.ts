import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { TaskDirectory, TaskOrder } from '../platform/engines/process/task-directory.ts'
import { createLineTail } from './line-tail.ts'
import type { LogSender } from './log-sender.ts'
import type { MetricScanner } from './metric-scanner.ts'
import type { PlatformClient } from './platform-client.ts'
import type { StateFile } from './state-file.ts'
import type { DirectoryWatch } from './stop-request.ts'

/** The task's log: a file that the container and we append to, and that is sent on line by line. */
export interface TaskLog {
  /** Adds a line of the platform's own. */
  note(line: string): void
  /** Resolves when every line has been taken by the platform; the log must not grow any more. */
  finish(): Promise<void>
}

/** Lines that come close together travel together. */
const GATHER_MS = 25
/** Looks by itself too, should the watcher have missed something. */
const IDLE_MS = 500
const METRICS_MS = 200

export interface TaskLogOptions {
  readonly order: TaskOrder
  readonly directory: TaskDirectory
  readonly state: StateFile
  readonly clock: Clock
  readonly watch: DirectoryWatch
  readonly diary: Log
  readonly client: () => Promise<PlatformClient>
}

export function createTaskLog(options: TaskLogOptions): TaskLog {
  const { order, directory, watch, clock } = options
  const tail = createLineTail(directory.log)
  const wake = createWake()
  watch.onLog(wake.up)
  let isFinal = false
  const metrics = createMetrics(options)
  // Loaded with the first line, since a task may well print none and be over in milliseconds.
  let sender: LogSender | undefined
  const ship = async () => {
    for (;;) {
      const last = isFinal
      const batch = tail.read({ at: clock.now().getTime(), isFinal: last })
      if (batch) {
        sender ??= await loadSender(options)
        await metrics.scan(batch.lines.map(({ message }) => message))
        await sender.send(batch)
      } else if (last) {
        break
      } else {
        await Promise.race([wake.next(), delay(IDLE_MS, undefined, { ref: false })])
        if (!isFinal) await delay(GATHER_MS)
      }
    }
    metrics.flush()
    tail.close()
  }
  // Refused for good: the container's own end counts for more than its log, which stays on disk.
  const shipped = ship().catch((error: unknown) =>
    options.diary.error('the log is not sent any more', { error }),
  )
  return {
    note: (line) => {
      appendFileSync(directory.log, `${line}\n`, { mode: 0o600 })
      wake.up()
    },
    finish: async () => {
      isFinal = true
      wake.up()
      await shipped
    },
  }
  async function loadSender({ client }: TaskLogOptions): Promise<LogSender> {
    const { createLogSender } = await import('./log-sender.ts')
    return createLogSender(await client(), order.task.log)
  }
}

/** Metrics are read from the lines on their way, and told at most five times a second. */
function createMetrics({ order, state, clock, directory }: TaskLogOptions) {
  const definitions = order.task.metricDefinitions
  let scanner: MetricScanner | undefined
  let toldMs = 0
  let isUntold = false
  const flush = () => {
    if (!scanner || !isUntold) return
    isUntold = false
    toldMs = clock.now().getTime()
    state.update({ metrics: scanner.metrics() })
  }
  return {
    flush,
    scan: async (lines: readonly string[]) => {
      if (definitions.length === 0) return
      if (!scanner) {
        const { createMetricScanner } = await import('./metric-scanner.ts')
        scanner = createMetricScanner(definitions, (fault) => {
          appendFileSync(directory.log, `${fault}\n`)
        })
      }
      if (scanner.scan(lines, state.now())) isUntold = true
      if (clock.now().getTime() - toldMs >= METRICS_MS) flush()
    },
  }
}

interface Wake {
  up(): void
  next(): Promise<void>
}

function createWake(): Wake {
  let isUp = false
  let waiting = () => {}
  return {
    up: () => {
      isUp = true
      waiting()
    },
    next: () =>
      new Promise((resolve) => {
        const go = () => {
          isUp = false
          resolve()
        }
        if (isUp) go()
        else waiting = go
      }),
  }
}
