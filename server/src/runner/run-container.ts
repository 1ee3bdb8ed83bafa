import { closeSync, constants, openSync, readSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TaskEnd } from '../platform/engines/engine.ts'
import type { FoundImage } from '../platform/engines/find-image.ts'
import { containerMounts, PROGRAM_DIR } from '../platform/engines/process/sandbox/container-view.ts'
import {
  type ControlGroup,
  createControlGroup,
  removeControlGroup,
} from '../platform/engines/process/sandbox/control-group.ts'
import type { SandboxPlan } from '../platform/engines/process/sandbox/plan.ts'
import type { TransformOutcome } from '../platform/engines/task-transform.ts'
import { type Container, launchContainer } from './container.ts'
import { containerCommand, environmentVariables } from './environment-variables.ts'
import { hostnameOf } from './prepare.ts'
import { watchResources } from './resource-watch.ts'
import type { TaskRun } from './run-task.ts'
import { TaskFailure } from './task-failure.ts'

export interface ImageInUse {
  readonly image: FoundImage
  /** The Python environment, when the image has one. */
  readonly environmentDir: string | undefined
  /** What of the machine the environment needs besides, e.g. its Python. */
  readonly exposedPaths: readonly string[]
}

/** Why the runner ended a container. */
export interface Verdict {
  readonly cause: TaskEnd['cause']
  readonly message?: string
}

/** Runs the task's container to its end. @throws TaskFailure when it could not be started */
export async function runContainer(run: TaskRun, use: ImageInUse): Promise<TaskEnd> {
  const { order, directory, state, watch, clock } = run
  const { task } = order
  const controlGroup = createControlGroup(task.taskId, task.resources)
  const hasOwnNetwork = ownsNetwork(run, use)
  const bridge = hasOwnNetwork
    ? await (await import('./bridge.ts')).createBridge(order, {
        hasServicePort: use.image.kind === 'folder',
        signal: watch.signal,
      })
    : undefined
  const container = await launchContainer(
    {
      plan: planSandbox(run, { use, controlGroup, network: bridge?.network ?? 'host' }),
      mechanism: bridge ? bridge.mechanism : order.settings.mechanism,
      command: containerCommand(order, use),
      environment: environmentVariables(order, {
        ...use,
        platformUrl: bridge ? bridge.platformUrl : order.settings.platformUrl,
      }),
      workingDirectory: workingDirectory(run, use),
      controlGroup,
    },
    { directory, output: run.output, isHeld: bridge?.isHeld ?? false },
  )
  const startedAt = state.now()
  state.enter('Running')
  const done = new AbortController()
  let verdict: Verdict | undefined
  const endWith = (reason: Verdict) => {
    verdict ??= reason
    container.kill()
  }
  recordProcesses(run, container, controlGroup)
  void watch.stopRequested.then(async ({ graceSeconds }) => {
    if (done.signal.aborted) return
    verdict ??= { cause: 'Stopped' }
    // Not awaited: a sandbox that never stands must not hold the grace up.
    void container.terminate()
    await delay(graceSeconds * 1000, undefined, { signal: done.signal }).catch(() => undefined)
    container.kill()
  })
  void bridge?.connect(container, endWith)
  watchResources(run, { container, controlGroup, signal: done.signal, endWith })
  run.transfers.prepareToStore()
  const copying = run.transfers.copyContinuously(done.signal)
  const transforming =
    task.transform && transformWith(run, { container, signal: done.signal, endWith })
  if (task.service && !task.transform) {
    const { watchService } = await import('./service-watch.ts')
    void watchService(run, { signal: done.signal, endWith })
  }
  const { exitCode, started } = await container.exit
  done.abort()
  const transformed = await transforming
  bridge?.close()
  const endedAt = clock.now().toISOString()
  await run.output.drained()
  await copying
  const oomKills = controlGroup?.oomKills() ?? 0
  if (controlGroup) removeControlGroup(controlGroup.paths)
  if (!started && verdict === undefined) {
    throw new TaskFailure('StartFailed', `Cannot start the container: ${container.setupMessage()}`)
  }
  const cause = verdict ?? judge(run, { exitCode, oomKills })
  return {
    ...cause,
    exitCode,
    startedAt,
    endedAt,
    ...texts(directory.ml),
    ...(transformed && { transformed }),
    uploaded: {},
  }
}

/** Sends the container what the task is to transform, and ends it when all has been answered. */
async function transformWith(
  run: TaskRun,
  options: {
    readonly container: Container
    readonly signal: AbortSignal
    readonly endWith: (verdict: Verdict) => void
  },
): Promise<TransformOutcome | undefined> {
  const { driveTransform } = await import('./transform/drive-transform.ts')
  const outcome = await driveTransform(run, options)
  if (!outcome) return undefined
  void options.container.terminate()
  await delay(TRANSFORMED_GRACE_MS, undefined, { signal: options.signal }).catch(() => undefined)
  options.endWith({ cause: 'Stopped' })
  return outcome
}

/** What the exit says when nobody ended the container. */
function judge({ order }: TaskRun, exit: { exitCode: number; oomKills: number }): Verdict {
  const { memoryBytes, diskBytes } = order.task.resources
  if (exit.oomKills > 0 && exit.exitCode !== 0) {
    return {
      cause: 'OutOfMemory',
      message: `The container needed more than the instance's ${memoryBytes} bytes of memory`,
    }
  }
  if (exit.exitCode === 128 + SIGXFSZ) {
    return { cause: 'OutOfDisk', message: `A file grew beyond the volume's ${diskBytes} bytes` }
  }
  return { cause: 'Exited' }
}

const SIGXFSZ = 25
/** For a container whose work is done: nothing waits for what it does at its end. */
const TRANSFORMED_GRACE_MS = 2000

/**
 * A last bound for one process where no control group holds the container; the watch of resident memory comes
 * first. Of what a process may write (RLIMIT_DATA): RLIMIT_AS would also count reserved address space, of
 * which allocators take terabytes. Ample, since much of what is allocated is never touched.
 */
function dataBytesMax(memoryBytes: number): number {
  return 4 * memoryBytes + 2 ** 30
}

/** A folder image listens where it will, on port 8080; isolation needs a network with nobody else in it. */
function ownsNetwork({ order }: TaskRun, { image }: ImageInUse): boolean {
  const { task } = order
  return task.networkIsolation || (image.kind === 'folder' && task.service !== undefined)
}

function planSandbox(
  { order, directory }: TaskRun,
  parts: {
    use: ImageInUse
    controlGroup: ControlGroup | undefined
    network: SandboxPlan['network']
  },
): SandboxPlan {
  const { task, settings } = order
  const { use, controlGroup, network } = parts
  const { memoryBytes, diskBytes, pidsMax } = task.resources
  return {
    ...containerMounts({
      ml: directory.ml,
      tmp: directory.tmp,
      home: directory.home,
      hostsFile: directory.hosts,
      memoryBytes,
      hiddenPaths: settings.hiddenPaths,
      exposedPaths: [
        ...settings.exposedPaths,
        ...use.exposedPaths,
        ...(use.environmentDir === undefined ? [] : [use.environmentDir]),
      ],
      ...(use.image.kind === 'folder' && { programDir: use.image.image.directory }),
      // A runtime listens on a socket, which no network hinders; a folder image on a port.
      ...(task.service && use.image.kind === 'runtime' && { serviceDir: settings.socketDir }),
    }),
    hostname: hostnameOf(task),
    network,
    limits: {
      fileBytesMax: diskBytes,
      ...(!controlGroup && { dataBytesMax: dataBytesMax(memoryBytes), processesMax: pidsMax }),
    },
  }
}

function workingDirectory({ order }: TaskRun, { image }: ImageInUse): string {
  if (image.kind === 'folder') return PROGRAM_DIR
  return 'verb' in order.task.command ? '/opt/ml' : '/'
}

function recordProcesses(
  { state }: TaskRun,
  container: Container,
  controlGroup: ControlGroup | undefined,
): void {
  if (controlGroup) state.update({ cgroups: controlGroup.paths })
  void container.sandbox.then((sandbox) => sandbox && state.update({ sandbox }))
  void container.main.then((main) => main && state.update({ container: main }))
}

const TEXT_CHARACTERS_MAX = 1024

function texts(ml: string): { failureText?: string; exitMessage?: string } {
  const failureText = readText(ml, 'failure')
  const exitMessage = readText(ml, 'message')
  return {
    ...(failureText !== undefined && { failureText }),
    ...(exitMessage !== undefined && { exitMessage }),
  }
}

/** The container made these files, so they may be links to what it cannot see and we can. */
function readText(ml: string, name: string): string | undefined {
  try {
    const folder = realpathSync(join(ml, 'output'))
    if (!folder.startsWith(`${realpathSync(dirname(ml))}/`)) return undefined
    const file = openSync(
      join(folder, name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    try {
      const bytes = Buffer.alloc(TEXT_CHARACTERS_MAX * 4)
      const count = readSync(file, bytes, 0, bytes.length, 0)
      const text = bytes.toString('utf8', 0, count)
      return text === '' ? undefined : [...text].slice(0, TEXT_CHARACTERS_MAX).join('')
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}
