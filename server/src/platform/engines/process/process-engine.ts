import { spawn } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, watch } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { newShortId } from '../../../base/ids.ts'
import type { Engine, Task, TaskObservation, TaskSummary, TaskUsage } from '../engine.ts'
import { resolveImage } from '../find-image.ts'
import { announceChange } from './changes.ts'
import { claimTask, NOBODY } from './claim.ts'
import { allocateAddresses } from './host-addresses.ts'
import { isAlive, type ProcessIdentity, signal } from './process-identity.ts'
import {
  finishRemovals,
  jobKey,
  killLeftovers,
  networkDirOf,
  removeTask,
  taskNames,
} from './remove-task.ts'
import { exposureOf } from './sandbox/container-view.ts'
import type { SandboxMechanism } from './sandbox/plan.ts'
import { probeSandbox } from './sandbox/probe.ts'
import {
  type EnginePaths,
  enginePaths,
  type ProcessEngineSettings,
  socketDirOf,
} from './settings.ts'
import {
  hasCode,
  isMissing,
  readJson,
  type StopRequest,
  type TaskDirectory,
  type TaskOrder,
  type TaskState,
  taskDirectory,
  type UsageSample,
  writeWhole,
} from './task-directory.ts'
import { findUv } from './uv.ts'

/** A task that no runner has claimed for this long was never begun: control died before it could. */
const UNCLAIMED_MS_MAX = 60_000

/**
 * Runs every task as processes of this machine, each under a detached runner that outlives control.
 * The engine itself remembers nothing: all state is in the task directories, so that another control
 * process finds the same tasks.
 */
export function createEngine(settings: ProcessEngineSettings): Engine {
  const paths = enginePaths(settings)
  for (const directory of [paths.tasksDir, paths.changesDir, paths.imagesDir, paths.socketsDir]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    chmodSync(directory, 0o700)
  }
  void finishRemovals(paths)
  const machine: Machine = { settings, paths, mechanism: undefined }
  const directoryOf = (taskId: string) => taskDirectory(join(paths.tasksDir, checked(taskId)))
  return {
    networkInterface: 'lo',
    start: (task) => start(machine, task, directoryOf(task.taskId)),
    observe: (taskId) => observe(taskId, directoryOf(taskId)),
    stop: async (taskId, { graceSeconds }) => {
      const directory = directoryOf(taskId)
      try {
        writeWhole(directory.stop, JSON.stringify({ graceSeconds } satisfies StopRequest))
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    },
    kill: async (taskId) => {
      const state = await readJson<TaskState>(directoryOf(taskId).state)
      if (state?.container && !state.end) signal(state.container, 'SIGKILL')
    },
    remove: (taskId) => removeTask(paths, taskId, directoryOf(taskId)),
    list: () => list(machine),
    usage: () => usage(paths),
    watch: (changed) => {
      const watcher = watch(paths.changesDir, { persistent: false }, (_, name) => {
        if (name !== null && !name.startsWith('.')) changed(name)
      })
      return { [Symbol.dispose]: () => watcher.close() }
    },
    resolveImage: (containerImage) =>
      resolveImage(containerImage, {
        runtimesDir: settings.runtimesDir,
        imagesDir: paths.imagesDir,
      }),
  }
}

interface Machine {
  readonly settings: ProcessEngineSettings
  readonly paths: EnginePaths
  /** Found once: a machine does not change while control runs. */
  mechanism: Promise<SandboxMechanism> | undefined
}

async function start(machine: Machine, task: Task, directory: TaskDirectory): Promise<void> {
  if (!(await readJson<TaskOrder>(directory.order))) {
    const order = await makeOrder(machine, task)
    const temporary = join(machine.paths.tasksDir, `.new-${newShortId(12)}`)
    await mkdir(temporary, { mode: 0o700 })
    await writeFile(taskDirectory(temporary).order, JSON.stringify(order), { mode: 0o600 })
    try {
      await rename(temporary, directory.root)
    } catch (error) {
      if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error
      await rm(temporary, { recursive: true, force: true })
    }
  }
  // A second runner finds the first one's claim and leaves, so that spawning one too many is harmless.
  if (!(await readJson(directory.claim))) await spawnRunner(machine, task.taskId, directory)
}

async function makeOrder(machine: Machine, task: Task): Promise<TaskOrder> {
  const { settings, paths } = machine
  machine.mechanism ??= chooseMechanism(settings)
  const uvPath = settings.uvPath ?? findUv(settings.cacheDir)
  const hosts = task.hosts ?? []
  const addresses =
    hosts.length > 1
      ? await allocateAddresses(paths.addressesDir, { key: jobKey(task), hosts })
      : {}
  return {
    task,
    settings: {
      platformUrl: settings.platformUrl,
      mechanism: await machine.mechanism,
      runtimesDir: settings.runtimesDir,
      imagesDir: paths.imagesDir,
      environmentsDir: paths.environmentsDir,
      socketDir: socketDirOf(paths, task.taskId),
      changesDir: paths.changesDir,
      hiddenPaths: [
        settings.dataDir,
        settings.cacheDir,
        // A service's user may have the whole machine as its home.
        ...(homedir() === '/' ? [] : [homedir()]),
        ...(settings.hiddenPaths ?? []),
      ],
      exposedPaths: [
        settings.runtimesDir,
        ...exposureOf(process.execPath),
        ...(uvPath === undefined ? [] : exposureOf(uvPath)),
        ...(settings.exposedPaths ?? []),
      ],
      ...(uvPath !== undefined && { uvPath }),
      addresses,
      ...(hosts.length > 1 &&
        task.networkIsolation && { sharedNetworkDir: networkDirOf(paths, task) }),
    },
  }
}

/** Where nothing works the runner's attempt fails with the tools' own words, which `doctor` explains. */
async function chooseMechanism(settings: ProcessEngineSettings): Promise<SandboxMechanism> {
  return settings.mechanism ?? (await probeSandbox()).mechanism ?? 'unshare'
}

async function spawnRunner(
  { settings, paths }: Machine,
  taskId: string,
  directory: TaskDirectory,
): Promise<void> {
  const [program = '', ...args] = settings.runnerCommand
  const log = openSync(directory.runnerLog, 'a', 0o600)
  try {
    const child = spawn(program, [...args, directory.root], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      // Without it the entry's own types are stripped anew each time, which takes longer than all the rest.
      env: { ...process.env, NODE_COMPILE_CACHE: join(settings.cacheDir, 'compiled') },
    })
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve).once('error', reject)
    })
    child.once('exit', (code, name) => {
      if (code !== 0) settings.log.debug('a runner ended', { taskId, code, signal: name })
      announceChange(paths.changesDir, taskId)
    })
    child.unref()
  } finally {
    closeSync(log)
  }
}

async function observe(taskId: string, directory: TaskDirectory): Promise<TaskObservation> {
  const nothing = { taskId, phases: [], ready: false, metrics: [] }
  const claim = await readJson<ProcessIdentity>(directory.claim)
  if (!claim) {
    const made = await stat(directory.order).catch(() => undefined)
    if (!made) return { ...nothing, state: 'Unknown' }
    // The machine's time and not the platform's, which users advance by hours.
    const isOld = systemClock.now().getTime() - made.mtimeMs > UNCLAIMED_MS_MAX
    // Whoever holds the claim decides: once nobody has it no runner can begin any more.
    return { ...nothing, state: isOld && claimTask(directory, NOBODY) ? 'Lost' : 'Starting' }
  }
  const hasRunner = isAlive(claim)
  // Read after looking for the runner: it writes its last state before it goes.
  const state = await readJson<TaskState>(directory.state)
  if (!hasRunner && state?.end === undefined) {
    if (state) killLeftovers(state)
    return { ...nothing, ...visible(state), state: 'Lost', ready: false }
  }
  if (!state) return { ...nothing, state: 'Starting' }
  return { ...nothing, ...visible(state), state: state.phases.at(-1)?.phase ?? 'Starting' }
}

function visible(state: TaskState | undefined): Partial<TaskObservation> {
  if (!state) return {}
  const { phases, ready, address, metrics, end } = state
  return { phases, ready, metrics, ...(address && { address }), ...(end && { end }) }
}

async function list(machine: Machine): Promise<readonly TaskSummary[]> {
  const names = await taskNames(machine.paths)
  const summaries = await Promise.all(
    names.map(async (taskId): Promise<TaskSummary | undefined> => {
      const directory = taskDirectory(join(machine.paths.tasksDir, taskId))
      const order = await readJson<TaskOrder>(directory.order)
      if (!order) return undefined
      const { kind, name, realm } = order.task
      const claim = await readJson<ProcessIdentity>(directory.claim)
      const state = await readJson<TaskState>(directory.state)
      const observation = await observe(taskId, directory)
      return {
        taskId,
        kind,
        name,
        realm,
        state: observation.state,
        isStopping: observation.end === undefined && existsSync(directory.stop),
        ...(claim && isAlive(claim) && { runnerPid: claim.pid }),
        ...(state?.container && isAlive(state.container) && { pid: state.container.pid }),
      }
    }),
  )
  return summaries.filter((summary) => summary !== undefined)
}

async function usage(paths: EnginePaths): Promise<readonly TaskUsage[]> {
  const names = await taskNames(paths)
  const usages = await Promise.all(
    names.map(async (name): Promise<TaskUsage | undefined> => {
      const directory = taskDirectory(join(paths.tasksDir, name))
      // there while the container runs, or when its runner was killed
      const sample = await readJson<UsageSample>(directory.usage)
      const claim = sample && (await readJson<ProcessIdentity>(directory.claim))
      const order = claim && isAlive(claim) ? await readJson<TaskOrder>(directory.order) : undefined
      if (!sample || !order) return undefined
      const { taskId, kind, name: taskName, realm, account, region, host, log } = order.task
      const { vCpus } = order.task.resources
      const task = { taskId, kind, name: taskName, realm, account, region, log, vCpus }
      return { ...task, ...(host !== undefined && { host }), ...sample }
    }),
  )
  return usages.filter((found) => found !== undefined)
}

function checked(taskId: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(taskId)) return taskId
  throw new RangeError(`Task id '${taskId}' must match [a-z0-9-]{1,63}`)
}
