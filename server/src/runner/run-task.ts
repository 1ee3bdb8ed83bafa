import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '../base/clock.ts'
import { createLog, type Log } from '../base/log.ts'
import type { TaskEnd } from '../platform/engines/engine.ts'
import { type FoundImage, findImage } from '../platform/engines/find-image.ts'
import { claimTask } from '../platform/engines/process/claim.ts'
import {
  readJsonSync,
  type TaskDirectory,
  type TaskOrder,
  taskDirectory,
} from '../platform/engines/process/task-directory.ts'
import { endWhenForgotten } from './forgotten.ts'
import { createOutputPipe, type OutputPipe } from './output-pipe.ts'
import type { PlatformClient } from './platform-client.ts'
import { prepareFiles } from './prepare.ts'
import { type ImageInUse, runContainer } from './run-container.ts'
import { createStateFile, type StateFile } from './state-file.ts'
import { type DirectoryWatch, watchDirectory } from './stop-request.ts'
import { TaskFailure } from './task-failure.ts'
import { createTaskLog, type TaskLog } from './task-log.ts'
import { createTransfers, type Transfers } from './transfers.ts'

/** Everything the parts of one run share. */
export interface TaskRun {
  readonly order: TaskOrder
  readonly directory: TaskDirectory
  readonly state: StateFile
  readonly log: TaskLog
  readonly output: OutputPipe
  readonly watch: DirectoryWatch
  readonly transfers: Transfers
  /** Made when first asked for. */
  readonly client: () => Promise<PlatformClient>
  readonly clock: Clock
  /** What only whoever runs the platform should read; kept in `runner.log`. */
  readonly diary: Log
}

/**
 * Runs the task whose order lies in `taskDir`, from its inputs to its end, and resolves when the end is
 * on disk. A task that another runner has begun is left alone.
 */
export async function runTask(taskDir: string): Promise<void> {
  const directory = taskDirectory(taskDir)
  const order = readJsonSync<TaskOrder>(directory.order)
  if (!order || !claimTask(directory)) return
  // Some timers do not keep a process alive, and between two attempts there may be nothing else.
  const alive = setInterval(() => {}, 2 ** 30)
  const run = beginRun(order, directory)
  endWhenForgotten(run)
  const end = await outcomeOf(run)
  await run.log.finish()
  run.state.end(end)
  run.watch.close()
  clearInterval(alive)
  // Connections kept for the next request would hold the process for seconds.
  process.exit(0)
}

function beginRun(order: TaskOrder, directory: TaskDirectory): TaskRun {
  const { task, settings } = order
  const clock = systemClock
  const diary = createLog({ role: 'runner', taskId: task.taskId })
  const state = createStateFile(directory, {
    clock,
    changesDir: settings.changesDir,
    taskId: task.taskId,
  })
  state.enter('Starting')
  const watch = watchDirectory(directory)
  const output = createOutputPipe(directory)
  const client = lazily(async () => {
    const { createPlatformClient } = await import('./platform-client.ts')
    return createPlatformClient({
      platformUrl: settings.platformUrl,
      taskToken: task.taskToken,
      region: task.region,
      clock,
    })
  })
  const log = createTaskLog({ order, directory, state, clock, watch, client, diary })
  const transfers = createTransfers({ order, directory, clock, client })
  return { order, directory, state, log, output, watch, transfers, client, clock, diary }
}

function lazily(make: () => Promise<PlatformClient>): () => Promise<PlatformClient> {
  let made: Promise<PlatformClient> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function outcomeOf(run: TaskRun): Promise<TaskEnd> {
  const { order, directory, state, output, watch, transfers } = run
  try {
    prepareFiles(order, directory)
    for (const note of order.task.notes) run.log.note(note)
    const use = await makeReady(run)
    state.enter('Downloading')
    await transfers.stageInputs(watch.signal)
    watch.signal.throwIfAborted()
    const end = await runContainer(run, use)
    state.enter('Uploading')
    return await transfers.storeOutputs(end)
  } catch (error) {
    output.discard()
    if (watch.signal.aborted) return { cause: 'Stopped', uploaded: {} }
    if (error instanceof TaskFailure) {
      return { cause: error.endCause, message: error.message, uploaded: {} }
    }
    // Our own fault, and still the task must come to an end that somebody hears of.
    run.diary.error('the runner failed', { error })
    const message = `The runner failed: ${error instanceof Error ? error.message : String(error)}`
    return { cause: 'StartFailed', message, uploaded: {} }
  }
}

/** Finds what stands for the image and makes its environment. */
async function makeReady(run: TaskRun): Promise<ImageInUse> {
  const { task, settings } = run.order
  const image: FoundImage = await findImage(task.containerImage, settings)
  if (image.kind === 'missing') throw new TaskFailure('ImageFailed', image.reason)
  if (image.kind === 'runtime' && image.note !== undefined) run.log.note(image.note)
  const folder = image.kind === 'runtime' ? image.runtime.directory : image.image.directory
  // Loaded only for those who ask for packages: a program without any should start at once.
  const environment = existsSync(join(folder, 'requirements.txt'))
    ? await (await import('./environment.ts')).environmentFor(image, run)
    : undefined
  return {
    image,
    environmentDir: environment?.directory,
    exposedPaths: environment?.exposedPaths ?? [],
  }
}
