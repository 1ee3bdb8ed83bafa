import { readFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../base/clock.ts'
import { treeOf } from '../platform/engines/process/process-identity.ts'
import type { ControlGroup } from '../platform/engines/process/sandbox/control-group.ts'
import type { Container } from './container.ts'
import type { Verdict } from './run-container.ts'
import type { TaskRun } from './run-task.ts'

const DISK_LOOK_MS = 1000
/** Often: without a control group nothing else sees what a whole tree of processes takes. */
const MEMORY_LOOK_MS = 100
/** Looking may take this share of a core at most: a folder of a million files is looked over less often. */
const SHARE_MAX = 0.05

/** Ends the container when it takes more disk, or without control groups more memory, than it has. */
export function watchResources(
  run: TaskRun,
  options: {
    container: Container
    controlGroup: ControlGroup | undefined
    signal: AbortSignal
    endWith: (verdict: Verdict) => void
  },
): void {
  const { diskBytes, memoryBytes } = run.order.task.resources
  const { container, controlGroup, signal, endWith } = options
  const repeat = async (lookMs: number, look: () => Promise<void>) => {
    let waitMs = lookMs
    for (;;) {
      await delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      const beganMs = monotonicMs()
      await look()
      waitMs = Math.max(lookMs, (monotonicMs() - beganMs) / SHARE_MAX)
    }
  }
  void repeat(DISK_LOOK_MS, async () => {
    if ((await sizeOf(run.directory.root)) <= diskBytes) return
    const message = `The container filled the volume's ${diskBytes} bytes; ask for a larger one`
    endWith({ cause: 'OutOfDisk', message })
  })
  if (controlGroup) return
  void repeat(MEMORY_LOOK_MS, async () => {
    const sandbox = await container.sandbox
    if (!sandbox || residentBytes(sandbox.pid) <= memoryBytes) return
    const message = `The container needed more than the instance's ${memoryBytes} bytes of memory`
    endWith({ cause: 'OutOfMemory', message })
  })
}

/** Bytes on disk below a folder; what vanishes while it is counted counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  let bytes = 0
  for (const name of names) {
    const found = await lstat(join(folder, name)).catch(() => undefined)
    if (!found) continue
    bytes += found.isDirectory() ? await sizeOf(join(folder, name)) : found.blocks * 512
  }
  return bytes
}

/** Memory that is a process's own, summed over a tree: files mapped into many processes count nothing. */
function residentBytes(pid: number): number {
  let bytes = 0
  for (const member of treeOf(pid)) {
    try {
      const status = readFileSync(`/proc/${member}/status`, 'utf8')
      for (const name of ['RssAnon', 'RssShmem']) {
        bytes += 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
      }
    } catch {
      // It has ended in between.
    }
  }
  return bytes
}
