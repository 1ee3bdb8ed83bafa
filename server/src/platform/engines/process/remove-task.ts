import { chmod, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newShortId } from '../../../base/ids.ts'
import type { Task } from '../engine.ts'
import { releaseAddresses } from './host-addresses.ts'
import { isAlive, type ProcessIdentity, signal } from './process-identity.ts'
import { membersOf, removeControlGroup } from './sandbox/control-group.ts'
import { type EnginePaths, shortHash, socketDirOf } from './settings.ts'
import {
  hasCode,
  isMissing,
  readJson,
  type TaskDirectory,
  type TaskOrder,
  type TaskState,
  taskDirectory,
} from './task-directory.ts'

const LOOK_MS = 5
/** Processes that a signal has reached may still take a while, e.g. to write out a large memory. */
const LOOKS_MAX = 2000

/** Ends the runner and all its task's processes, then forgets the task. Idempotent. */
export async function removeTask(
  paths: EnginePaths,
  taskId: string,
  directory: TaskDirectory,
): Promise<void> {
  const claim = await readJson<ProcessIdentity>(directory.claim)
  // The runner first, and until it is gone: it may be about to start something.
  await killed(claim, () => {})
  const state = await readJson<TaskState>(directory.state)
  if (state) {
    killLeftovers(state)
    await killed(state.sandbox, () => killLeftovers(state))
    killLeftovers(state)
  }
  const order = await readJson<TaskOrder>(directory.order)
  const removed = join(paths.tasksDir, `.removed-${newShortId(12)}`)
  try {
    // Renamed first, so that a crash leaves no half of a task and a late runner finds nothing to claim.
    await rename(directory.root, removed)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  await removeTree(removed)
  await rm(socketDirOf(paths, taskId), { recursive: true, force: true })
  await rm(join(paths.changesDir, taskId), { force: true })
  if (order?.task.hosts && order.task.hosts.length > 1) await releaseWhenLast(paths, order.task)
}

async function killed(process: ProcessIdentity | undefined, again: () => void): Promise<void> {
  for (let look = 0; process && isAlive(process) && look < LOOKS_MAX; look++) {
    signal(process, 'SIGKILL')
    again()
    await delay(LOOK_MS)
  }
}

/** Kills what a runner left behind. Its death takes the sandbox with it; this is for the moments between. */
export function killLeftovers(state: TaskState): void {
  if (state.sandbox) signal(state.sandbox, 'SIGKILL')
  const cgroups = state.cgroups ?? []
  for (const pid of membersOf(cgroups)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error
    }
  }
  removeControlGroup(cgroups)
}

async function releaseWhenLast(paths: EnginePaths, task: Task): Promise<void> {
  for (const name of await taskNames(paths)) {
    const order = await readJson<TaskOrder>(taskDirectory(join(paths.tasksDir, name)).order)
    if (order && jobKey(order.task) === jobKey(task)) return
  }
  await releaseAddresses(paths.addressesDir, jobKey(task))
  await rm(networkDirOf(paths, task), { recursive: true, force: true })
}

/** Finishes removals that a crash cut short. */
export async function finishRemovals({ tasksDir }: EnginePaths): Promise<void> {
  const names = await readdir(tasksDir).catch(() => [])
  for (const name of names.filter((entry) => entry.startsWith('.removed-'))) {
    await removeTree(join(tasksDir, name)).catch(() => undefined)
  }
}

/** A container may lock its folders, which binds us too where we are not root. */
async function removeTree(root: string): Promise<void> {
  const remove = () => rm(root, { recursive: true, force: true, maxRetries: 3 })
  try {
    await remove()
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error
    await unlock(root)
    await remove()
  }
}

/** What the first attempt removes meanwhile is passed over. */
async function unlock(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o700)
    const entries = await readdir(folder, { withFileTypes: true })
    for (const entry of entries) if (entry.isDirectory()) await unlock(join(folder, entry.name))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Every task, whatever became of it. */
export async function taskNames({ tasksDir }: EnginePaths): Promise<string[]> {
  const names = await readdir(tasksDir)
  return names.filter((name) => !name.startsWith('.')).sort()
}

/** Where the hosts of an isolated job find each other's network. */
export function networkDirOf({ networksDir }: EnginePaths, task: Task): string {
  return join(networksDir, shortHash(jobKey(task)))
}

/** What the hosts of one job have in common. */
export function jobKey(task: Task): string {
  return [task.realm, task.account, task.region, task.kind, task.name].join('/')
}
