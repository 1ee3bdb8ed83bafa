import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../../base/log.ts'
import { ownUser } from './own-user.ts'
import type { SandboxMechanism } from './sandbox/plan.ts'

export interface ProcessEngineSettings {
  /** The platform's data directory; the engine keeps to `tasks`, `task-changes`, `hosts`, `networks` and `images` in it. */
  readonly dataDir: string
  /** Runtimes' environments are made in `environments` below it. */
  readonly cacheDir: string
  /** Where runners and containers reach the platform's API, e.g. `http://127.0.0.1:8420`. */
  readonly platformUrl: string
  /** The folder of runtimes and of the `sagebrush_runtime` package. */
  readonly runtimesDir: string
  /** The command that runs a task, without its last argument, the task's directory. */
  readonly runnerCommand: readonly string[]
  /** The program `uv`; by default the one in the cache or on the PATH. Without it no environment is made. */
  readonly uvPath?: string
  /** By default the best that works on this machine, found on first use. */
  readonly mechanism?: SandboxMechanism
  /** More directories that no container may see. */
  readonly hiddenPaths?: readonly string[]
  /** Directories that containers must see though they lie below a hidden one. */
  readonly exposedPaths?: readonly string[]
  readonly log: Log
}

export interface EnginePaths {
  readonly tasksDir: string
  readonly changesDir: string
  readonly addressesDir: string
  readonly networksDir: string
  readonly imagesDir: string
  readonly environmentsDir: string
  readonly socketsDir: string
}

/** Linux takes 107 bytes for a unix socket's path; `/<12 characters>/serve.sock` comes after the directory. */
const SOCKET_DIRECTORY_BYTES_MAX = 107 - '/123456789012/serve.sock'.length

export function enginePaths(settings: ProcessEngineSettings): EnginePaths {
  const near = join(settings.dataDir, 'sockets')
  const isShort = Buffer.byteLength(near) <= SOCKET_DIRECTORY_BYTES_MAX
  return {
    tasksDir: join(settings.dataDir, 'tasks'),
    changesDir: join(settings.dataDir, 'task-changes'),
    addressesDir: join(settings.dataDir, 'hosts'),
    networksDir: join(settings.dataDir, 'networks'),
    imagesDir: join(settings.dataDir, 'images'),
    environmentsDir: join(settings.cacheDir, 'environments'),
    socketsDir: isShort
      ? near
      : join(tmpdir(), `sagebrush-${ownUser().uid}-${shortHash(settings.dataDir)}`),
  }
}

/** The directory of a task's sockets. */
export function socketDirOf(
  { socketsDir }: Pick<EnginePaths, 'socketsDir'>,
  taskId: string,
): string {
  return join(socketsDir, shortHash(taskId))
}

/** Twelve characters that stand for a longer name in paths that must be short. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
