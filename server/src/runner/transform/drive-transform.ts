import { newUuid } from '../../base/ids.ts'
import type { TaskTransform, TransformOutcome } from '../../platform/engines/task-transform.ts'
import type { Verdict } from '../run-container.ts'
import type { TaskRun } from '../run-task.ts'
import { S3Fault } from '../s3.ts'
import { awaitService, awaitServiceBeside } from '../service-watch.ts'
import { TaskFailure } from '../task-failure.ts'
import { abortAbandonedUploads } from './abandoned-uploads.ts'
import { createContainerWalk, type WalkedContainer } from './container-walk.ts'
import { createDataLog, type DataLog } from './data-log.ts'
import { executionParameters, strategyName } from './execution-parameters.ts'
import { createInvoker } from './invoker.ts'
import { createModelClient, type ModelClient } from './model-client.ts'
import { type OwnObject, ownObjects } from './own-objects.ts'
import { createPermits } from './permits.ts'
import { RecordFailure } from './record-failure.ts'
import { createProcessing, type RecordProcessing } from './record-processing.ts'
import { storeCapture } from './store-capture.ts'
import { type ObjectTransform, transformObject } from './transform-object.ts'

export interface DriveOptions {
  /** Aborts when the container has ended. */
  readonly signal: AbortSignal
  readonly endWith: (verdict: Verdict) => void
}

const PARAMETERS_TIMEOUT_SECONDS = 10
/** What is told of each task; the rest is in its data log. */
const FAILURES_TOLD_MAX = 10
/** Each holds up to two pieces of what it reads in memory. */
const OBJECTS_AT_ONCE_MAX = 16

/**
 * Sends all of the task's objects to its own container. An object that fails leaves no output, and the
 * others go on.
 *
 * @returns undefined when it could not be brought to its end: the container died, or the task was stopped
 */
export async function driveTransform(
  run: TaskRun,
  options: DriveOptions,
): Promise<TransformOutcome | undefined> {
  const { transform } = run.order.task
  if (!transform) return undefined
  const signal = AbortSignal.any([options.signal, run.watch.signal])
  const containers = await reachContainers(run, { ...options, transform, signal })
  if (!containers || signal.aborted) return undefined
  try {
    return await transformAll(run, { transform, containers, signal })
  } catch (error) {
    if (signal.aborted) return undefined
    const failure =
      error instanceof TaskFailure
        ? { cause: error.endCause, message: error.message }
        : { cause: 'InputFailed' as const, message: reasonOf(error) }
    options.endWith(failure)
    return undefined
  } finally {
    for (const { client } of containers) client.close()
  }
}

/** Waits until every container answers pings: the task's own, and those beside it. */
async function reachContainers(
  run: TaskRun,
  options: DriveOptions & { readonly transform: TaskTransform },
): Promise<readonly WalkedContainer[] | undefined> {
  const { transform, signal } = options
  const { containers = [] } = transform
  const sockets = await Promise.all([
    awaitService(run, options),
    ...containers.slice(1).map(({ taskId }) => awaitServiceBeside(run, { taskId, signal })),
  ])
  const found = sockets.flatMap((socketPath) => socketPath ?? [])
  if (found.length < sockets.length) return undefined
  return found.map((socketPath, index) => {
    const name = containers[index]?.name
    const client = createModelClient({ socketPath }, signal)
    return { ...(name !== undefined && { name }), client }
  })
}

interface Drive {
  readonly transform: TaskTransform
  /** In order. */
  readonly containers: readonly WalkedContainer[]
  readonly signal: AbortSignal
}

async function transformAll(run: TaskRun, drive: Drive): Promise<TransformOutcome> {
  const { transform, containers, signal } = drive
  const client = await run.client()
  const log = createDataLog(client, { log: transform.dataLog, clock: run.clock })
  const parameters = executionParameters(transform, await askParameters(containers[0]?.client))
  log.say(
    `MaxConcurrentTransforms=${parameters.maxConcurrentTransforms}, ` +
      `MaxPayloadInMB=${parameters.maxPayloadMb}, BatchStrategy=${strategyName(parameters.strategy)}`,
  )
  const objects = await ownObjects(run, { client, transform, signal })
  if (transform.isRepeated) await abortAbandonedUploads(client, objects)
  const concurrent = parameters.maxConcurrentTransforms
  const permits = createPermits(concurrent)
  const work: Omit<ObjectTransform, 'processing'> = {
    client,
    transform,
    parameters,
    invoker: createInvoker(createContainerWalk(containers, transform), {
      transform,
      permits,
      signal,
    }),
    slots: createPermits(2 * concurrent),
    signal,
  }
  const failures: { s3Uri: string; reason: string }[] = []
  const done: OwnObject[] = []
  let failureCount = 0
  const transformOne = async (object: OwnObject): Promise<void> => {
    try {
      await transformObject({ ...work, processing: processingOf(transform) }, object)
      done.push(object)
    } catch (error) {
      signal.throwIfAborted()
      failureCount++
      const reason = reasonOf(error)
      if (failures.length < FAILURES_TOLD_MAX) failures.push({ s3Uri: uriOf(object), reason })
      tell(log, object, error)
    }
  }
  await concurrently(objects, {
    atOnce: Math.min(concurrent, OBJECTS_AT_ONCE_MAX),
    work: transformOne,
  })
  const { capture } = transform
  if (capture) {
    await storeCapture(client, { capture, objects: done })
  }
  await log.flush()
  return { objectCount: objects.length, failureCount, failures }
}

/** Of several containers the first says how it is to be driven: it gets the mini-batches. */
async function askParameters(first: ModelClient | undefined): Promise<string | undefined> {
  const answer = await first
    ?.send({
      method: 'GET',
      path: '/execution-parameters',
      timeoutSeconds: PARAMETERS_TIMEOUT_SECONDS,
    })
    // a container need not know of it
    .catch(() => undefined)
  return answer?.status === 200 ? answer.body.toString('utf8') : undefined
}

/** Made for each object, since a type without fields fails objects and not the job's other ones. */
function processingOf(transform: TaskTransform): RecordProcessing | undefined {
  const { processing, capture, input, output } = transform
  if (!processing && !capture?.generatesInferenceId) return undefined
  return createProcessing({
    processing: processing ?? { inputFilter: '$', outputFilter: '$', joinsInput: false },
    contentType: input.contentType,
    accept: output.accept,
    splitsLines: input.splitType === 'Line',
    ...(capture?.generatesInferenceId && {
      inference: { newId: newUuid, time: `${capture.startedAt.slice(0, 19)}Z` },
    }),
  })
}

function tell(log: DataLog, object: OwnObject, error: unknown): void {
  const name = `${object.bucket}/${object.key}`
  log.say(`${name}: ${reasonOf(error)}`)
  if (!(error instanceof RecordFailure) || error.answer === undefined) return
  log.say(`${name}: `)
  log.say(`${name}: Message:`)
  for (const line of error.answer.split('\n')) log.say(`${name}: ${line}`)
}

function uriOf({ bucket, key }: OwnObject): string {
  return `s3://${bucket}/${key}`
}

function reasonOf(error: unknown): string {
  if (error instanceof S3Fault) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

/** Waits for all of the work, also when some of it fails: what is stored must be finished or given up. */
async function concurrently<T>(
  items: readonly T[],
  options: { readonly atOnce: number; readonly work: (item: T) => Promise<void> },
): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await options.work(item)
  }
  const workers = Array.from({ length: Math.min(options.atOnce, items.length) }, worker)
  await Promise.allSettled(workers)
  await Promise.all(workers)
}
