import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../base/clock.ts'
import type { ControlGroup } from '../platform/engines/process/sandbox/control-group.ts'
import {
  isMissing,
  type UsageSample,
  writeWhole,
} from '../platform/engines/process/task-directory.ts'
import type { Container } from './container.ts'
import { diskBytesOf, processorMsOf, residentBytesOf } from './resource-usage.ts'
import type { Verdict } from './run-container.ts'
import type { TaskRun } from './run-task.ts'

const DISK_LOOK_MS = 1000
/** Often: without a control group nothing else sees what a whole tree of processes takes. */
const MEMORY_LOOK_MS = 100
/** Looking may take this share of a core at most: a folder of a million files is looked over less often. */
const SHARE_MAX = 0.05
/** Between two samples of what the container takes; the first comes sooner, for short jobs. */
const SAMPLE_MS = 15_000
const FIRST_SAMPLE_MS = 1000

export interface ResourceWatchOptions {
  readonly container: Container
  readonly controlGroup: ControlGroup | undefined
  readonly signal: AbortSignal
  readonly endWith: (verdict: Verdict) => void
}

/**
 * Ends the container when it takes more disk, or without control groups more memory, than it has, and writes
 * down every now and then what it takes.
 */
export function watchResources(run: TaskRun, options: ResourceWatchOptions): void {
  const { diskBytes, memoryBytes } = run.order.task.resources
  const { container, controlGroup, signal, endWith } = options
  let diskBytesUsed: number | undefined
  void repeat({ signal, everyMs: DISK_LOOK_MS }, async () => {
    diskBytesUsed = await diskBytesOf(run.directory.root)
    if (diskBytesUsed <= diskBytes) return
    const message = `The container filled the volume's ${diskBytes} bytes; ask for a larger one`
    endWith({ cause: 'OutOfDisk', message })
  })
  void takeSamples(run, options, () => diskBytesUsed)
  if (controlGroup) return
  void repeat({ signal, everyMs: MEMORY_LOOK_MS }, async () => {
    const sandbox = await container.sandbox
    if (!sandbox || residentBytesOf(sandbox.pid) <= memoryBytes) return
    const message = `The container needed more than the instance's ${memoryBytes} bytes of memory`
    endWith({ cause: 'OutOfMemory', message })
  })
}

/** The latest sample is a file of its own: it is no change of the task that anybody would wake up for. */
async function takeSamples(
  run: TaskRun,
  { container, controlGroup, signal }: ResourceWatchOptions,
  diskBytesUsed: () => number | undefined,
): Promise<void> {
  const { diskBytes, memoryBytes } = run.order.task.resources
  const main = await container.main
  const sandbox = await container.sandbox
  if (!main || !sandbox || signal.aborted) return
  let before = { ms: monotonicMs(), processorMs: processorMsOf(sandbox.pid) }
  signal.addEventListener('abort', () => rmSync(run.directory.usage, { force: true }))
  await repeat({ signal, everyMs: SAMPLE_MS, firstMs: FIRST_SAMPLE_MS }, async () => {
    const diskBytesNow = diskBytesUsed() ?? (await diskBytesOf(run.directory.root))
    if (signal.aborted) return
    const now = { ms: monotonicMs(), processorMs: processorMsOf(sandbox.pid) }
    // what an ended child took may be in nobody's account for a moment
    const processorMs = Math.max(0, now.processorMs - before.processorMs)
    const memoryBytesUsed = controlGroup?.memoryBytes() ?? residentBytesOf(sandbox.pid)
    const sample: UsageSample = {
      cpuPercent: percent(processorMs, now.ms - before.ms),
      memoryPercent: percent(memoryBytesUsed, memoryBytes),
      diskPercent: percent(diskBytesNow, diskBytes),
      sampledAt: run.state.now(),
    }
    before = now
    try {
      writeWhole(run.directory.usage, JSON.stringify(sample))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  })
}

async function repeat(
  {
    signal,
    everyMs,
    firstMs = everyMs,
  }: { signal: AbortSignal; everyMs: number; firstMs?: number },
  look: () => Promise<void>,
): Promise<void> {
  for (let waitMs = firstMs; ; ) {
    await delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    const beganMs = monotonicMs()
    await look()
    waitMs = Math.max(everyMs, (monotonicMs() - beganMs) / SHARE_MAX)
  }
}

/** To a hundredth. */
function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100
}
