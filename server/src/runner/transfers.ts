import type { Clock } from '../base/clock.ts'
import type { TaskEnd } from '../platform/engines/engine.ts'
import type { TaskDirectory, TaskOrder } from '../platform/engines/process/task-directory.ts'
import type { PlatformClient } from './platform-client.ts'
import { TaskFailure } from './task-failure.ts'

/** Moves the task's data between S3 and its folders. The code that does is loaded when there is any. */
export interface Transfers {
  /** @throws TaskFailure `InputFailed`, `OutOfDisk`; the signal's reason */
  stageInputs(signal: AbortSignal): Promise<void>
  /** Loads what storing needs while the container works, so that its end does not wait for that. */
  prepareToStore(): void
  /** Copies outputs marked `continuous` until the signal aborts. */
  copyContinuously(signal: AbortSignal): Promise<void>
  /** Stores all outputs and completes `end` with where they went, or with why they could not be stored. */
  storeOutputs(end: TaskEnd): Promise<TaskEnd>
}

export interface TransferOptions {
  readonly order: TaskOrder
  readonly directory: TaskDirectory
  readonly clock: Clock
  readonly client: () => Promise<PlatformClient>
}

export function createTransfers(options: TransferOptions): Transfers {
  const { inputs, outputs } = options.order.task
  const isContinuous = outputs.some(({ upload }) => upload === 'continuous')
  let storing: Promise<import('./store-outputs.ts').OutputStore> | undefined
  const store = () => {
    storing ??= import('./store-outputs.ts').then(async ({ createOutputStore }) =>
      createOutputStore({ ...options, client: await options.client() }),
    )
    return storing
  }
  return {
    stageInputs: async (signal) => {
      if (inputs.length === 0) return
      const { stageInputs } = await import('./stage-inputs.ts')
      await stageInputs({ ...options, client: await options.client(), signal })
    },
    prepareToStore: () => {
      // what goes wrong is told when the outputs are stored
      if (outputs.length > 0) store().catch(() => undefined)
    },
    copyContinuously: async (signal) => {
      if (isContinuous) await (await store()).copyContinuously(signal)
    },
    storeOutputs: async (end) => {
      if (outputs.length === 0) return end
      try {
        return { ...end, uploaded: await (await store()).storeAll() }
      } catch (error) {
        const failure =
          error instanceof TaskFailure ? error : new TaskFailure('OutputFailed', String(error))
        // What went wrong first is what the user must hear of.
        if (end.cause !== 'Exited' || end.exitCode !== 0) return end
        return { ...end, cause: failure.endCause, message: failure.message }
      }
    },
  }
}
