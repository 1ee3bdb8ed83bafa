import { Readable } from 'node:stream'
import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker'
import { AwsError } from '../../aws/errors.ts'
import { monotonicMs } from '../../base/clock.ts'
import type { Platform } from '../../platform/scope.ts'
import { type OpenedObject, openObject, storeObject } from '../objects/index.ts'
import { type Ending, NOTIFIED_BYTES_MAX } from './async-invocation.container.ts'
import type { LeasedInvocation } from './async-invocation.ts'
import { ContainerUnreachable } from './container-call.ts'
import {
  isSuccess,
  type WalkedAnswer,
  type WalkedContainer,
  walkContainers,
} from './container-walk.ts'

/** @source Amazon SageMaker Runtime API Reference, InvokeEndpointAsync */
const TIMEOUT_SECONDS_DEFAULT = 900
/** A request that three replicas died of is not given to a fourth. */
export const ATTEMPTS_MAX = 3
/** Of a failed container's answer this much is kept. */
const FAILURE_BYTES_MAX = 64 * 1024

/** How long the parts of one invocation took, in microseconds; absent parts did not happen. */
export interface Durations {
  readonly requestDownloadUs?: number
  readonly modelUs?: number
  readonly responseUploadUs?: number
}

export interface Outcome {
  readonly ending: Ending
  /** The container's; absent when it was not reached. */
  readonly status?: number
  readonly durations: Durations
}

export interface Attempt {
  readonly invocation: LeasedInvocation
  readonly config: AsyncInferenceConfig
  /** The replica's, in order. */
  readonly containers: readonly WalkedContainer[]
  /** Aborts when the process ends. */
  readonly signal: AbortSignal
}

/**
 * Brings one invocation from its input to its output. Doing it twice comes to the same: the output has one
 * place, and is there whole or not at all.
 *
 * @throws ContainerUnreachable while another attempt is allowed, or the signal's reason
 */
export async function attemptInvocation(platform: Platform, attempt: Attempt): Promise<Outcome> {
  const { invocation } = attempt
  const startedMs = monotonicMs()
  let payload: OpenedObject
  try {
    payload = await openPayload(platform, invocation)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const failureReason = `Failed to download the request from ${invocation.request.InputLocation}: ${error.message}`
    return {
      ending: { ...failed(failureReason), metric: 'RequestDownloadFailures' },
      durations: {},
    }
  }
  const durations = { requestDownloadUs: sinceUs(startedMs) }
  const seconds = invocation.request.InvocationTimeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT
  const timeout = AbortSignal.timeout(seconds * 1_000)
  try {
    return await askContainer(platform, attempt, { payload, timeout, durations })
  } catch (error) {
    if (attempt.signal.aborted) throw error
    if (timeout.aborted) {
      return { ending: failed(`Model invocation timed out after ${seconds} seconds.`), durations }
    }
    if (!(error instanceof ContainerUnreachable) || invocation.attempts < ATTEMPTS_MAX) throw error
    const failureReason = `The container went away before it answered, ${ATTEMPTS_MAX} times: ${error.message}.`
    return { ending: failed(failureReason), durations }
  } finally {
    payload.body.destroy()
  }
}

async function openPayload(
  platform: Platform,
  { request, body, place }: LeasedInvocation,
): Promise<OpenedObject> {
  if (request.InputLocation !== undefined) {
    return openObject(platform, place, request.InputLocation)
  }
  const bytes = body ?? Buffer.alloc(0)
  const stream = Readable.from([bytes], { objectMode: false })
  return { body: stream, sizeBytes: bytes.length, contentType: undefined }
}

async function askContainer(
  platform: Platform,
  { invocation, config, containers, signal }: Attempt,
  call: {
    readonly payload: OpenedObject
    readonly timeout: AbortSignal
    readonly durations: Durations
  },
): Promise<Outcome> {
  const { payload } = call
  const startedMs = monotonicMs()
  const answer = await walkContainers({
    containers,
    request: invocation.request,
    payload,
    signal: AbortSignal.any([signal, call.timeout]),
  })
  const { status, contentType } = answer
  const durations = { ...call.durations, modelUs: sinceUs(startedMs) }
  if (!isSuccess(answer)) {
    const head = await firstBytes(answer.body, FAILURE_BYTES_MAX)
    return {
      ending: { ...failed(modelError(invocation, { ...answer, head })), answer: head },
      status,
      durations,
    }
  }
  const uploadMs = monotonicMs()
  const kept = keepHead(answer.body, NOTIFIED_BYTES_MAX)
  const { outputLocation: s3Uri } = invocation
  const kmsKeyId = config.OutputConfig?.KmsKeyId
  try {
    if (s3Uri === undefined) for await (const _ of kept.stream);
    else {
      await storeObject(platform, invocation.place, {
        s3Uri,
        body: kept.stream,
        ...(contentType !== undefined && { contentType }),
        ...(kmsKeyId !== undefined && { kmsKeyId }),
      })
    }
  } catch (error) {
    if (!(error instanceof AwsError))
      throw new ContainerUnreachable((error as Error).message, { reached: true, cause: error })
    const failureReason = `Failed to upload the response to ${s3Uri}: ${error.message}`
    const ending = { ...failed(failureReason), metric: 'ResponseUploadFailures' as const }
    return { ending, status, durations }
  }
  return {
    ending: { status: 'Completed', contentType, answer: kept.head() },
    status,
    durations: { ...durations, responseUploadUs: sinceUs(uploadMs) },
  }
}

/** In InvokeEndpoint's words for it. */
function modelError(
  { variantName, replicaId, endpointName }: LeasedInvocation,
  {
    status,
    containerName,
    head,
  }: Pick<WalkedAnswer, 'status' | 'containerName'> & { head: Buffer },
): string {
  const kind = status >= 500 ? 'server' : 'client'
  const stream = [variantName, replicaId, ...(containerName === undefined ? [] : [containerName])]
  return (
    `Received ${kind} error (${status}) from ${containerName ?? 'model'} with message ` +
    `"${head.toString('utf8')}". See the log stream ${stream.join('/')} of ` +
    `/aws/sagemaker/Endpoints/${endpointName}.`
  )
}

function failed(failureReason: string): Extract<Ending, { status: 'Failed' }> {
  return { status: 'Failed', failureReason, metric: undefined }
}

function sinceUs(startedMs: number): number {
  return Math.round((monotonicMs() - startedMs) * 1_000)
}

/** Reads the beginning of a body and lets the rest go. */
async function firstBytes(body: Readable, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of body) {
    pieces.push(piece as Buffer)
    length += (piece as Buffer).length
    if (length >= bytesMax) break
  }
  return Buffer.concat(pieces).subarray(0, bytesMax)
}

/** Passes a body on and remembers it, as long as it is small. */
function keepHead(body: Readable, bytesMax: number) {
  let pieces: Buffer[] | undefined = []
  let length = 0
  async function* passing() {
    for await (const piece of body) {
      length += (piece as Buffer).length
      if (length > bytesMax) pieces = undefined
      else pieces?.push(piece as Buffer)
      yield piece as Buffer
    }
  }
  return {
    stream: Readable.from(passing(), { objectMode: false }),
    head: (): Buffer | undefined => pieces && Buffer.concat(pieces),
  }
}
