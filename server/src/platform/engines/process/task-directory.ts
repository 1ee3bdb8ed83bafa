import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Task, TaskAddress, TaskEnd, TaskMetric, TaskPhase, TaskUsage } from '../engine.ts'
import type { ProcessIdentity } from './process-identity.ts'
import type { SandboxMechanism } from './sandbox/plan.ts'

/** What engine and runner say to one another: files in one directory per task, each written whole. */
export interface TaskDirectory {
  readonly root: string
  /** The order: the task and how to run it. Mode 0600, since it holds the task's token. */
  readonly order: string
  /** Who runs it. Made once, by whichever runner is first; a second one sees it and leaves. */
  readonly claim: string
  readonly state: string
  readonly stop: string
  /** What the container takes; there while it runs. */
  readonly usage: string
  /** Everything the container printed, with the platform's own notes, in order. */
  readonly log: string
  /** The pipe behind the container's standard output; `cat` copies it to `log`. */
  readonly outputPipe: string
  readonly setupLog: string
  readonly runnerLog: string
  /** Becomes `/opt/ml`, `/tmp` and the home directory inside. */
  readonly ml: string
  readonly tmp: string
  readonly home: string
  readonly hosts: string
  /** Where `unshare` builds the new root. */
  readonly mountPoint: string
  readonly launchScript: string
  readonly programScript: string
}

export function taskDirectory(root: string): TaskDirectory {
  return {
    root,
    order: join(root, 'task.json'),
    claim: join(root, 'claim.json'),
    state: join(root, 'state.json'),
    stop: join(root, 'stop.json'),
    usage: join(root, 'usage.json'),
    log: join(root, 'output.log'),
    outputPipe: join(root, 'output.pipe'),
    setupLog: join(root, 'setup.log'),
    runnerLog: join(root, 'runner.log'),
    ml: join(root, 'ml'),
    tmp: join(root, 'tmp'),
    home: join(root, 'home'),
    hosts: join(root, 'hosts'),
    mountPoint: join(root, 'mount'),
    launchScript: join(root, 'launch.sh'),
    programScript: join(root, 'program.sh'),
  }
}

/** The content of `task.json`. */
export interface TaskOrder {
  readonly task: Task
  readonly settings: RunnerSettings
}

/** What a runner must know of its machine. */
export interface RunnerSettings {
  /** Where the platform's API is, e.g. `http://127.0.0.1:8420`. */
  readonly platformUrl: string
  readonly mechanism: SandboxMechanism
  readonly runtimesDir: string
  readonly imagesDir: string
  readonly environmentsDir: string
  /** Short enough for unix sockets' 107 bytes; made by the engine, mode 0700. */
  readonly socketDir: string
  /** The runner renames a small file named after the task into it on every change. */
  readonly changesDir: string
  /** Directories that no container may see: the platform's data, homes, keys. */
  readonly hiddenPaths: readonly string[]
  /** Directories shown read-only again, where a hidden one lies above them. */
  readonly exposedPaths: readonly string[]
  readonly uvPath?: string
  /** Host name → loopback address, for jobs of several hosts. */
  readonly addresses: Readonly<Record<string, string>>
  /** Where the hosts of an isolated job find their common network; present for those. */
  readonly sharedNetworkDir?: string
}

/** The content of `state.json`. */
export interface TaskState {
  readonly phases: readonly { readonly phase: TaskPhase; readonly at: string }[]
  readonly ready: boolean
  readonly address?: TaskAddress
  readonly metrics: readonly TaskMetric[]
  /** The sandbox's first process and the container's main one. */
  readonly sandbox?: ProcessIdentity
  readonly container?: ProcessIdentity
  readonly cgroups?: readonly string[]
  readonly end?: TaskEnd
}

/** The content of `stop.json`. */
export interface StopRequest {
  readonly graceSeconds: number
}

/** The content of `usage.json`. */
export type UsageSample = Pick<
  TaskUsage,
  'cpuPercent' | 'memoryPercent' | 'diskPercent' | 'sampledAt'
>

/** Replaces a file so that a reader sees the old content or the new, never a part. */
export function writeWhole(path: string, content: string): void {
  const temporary = `${path}.new`
  writeFileSync(temporary, content, { mode: 0o600 })
  renameSync(temporary, path)
}

/** @returns undefined when there is no such file */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** @returns undefined when there is no such file */
export function readJsonSync<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
