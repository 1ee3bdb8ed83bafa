import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker'
import type { InvokeEndpointAsyncInput } from '@aws-sdk/client-sagemaker-runtime'
import type { Place } from '../../platform/scope.ts'

/** One accepted InvokeEndpointAsync request. */
export interface AsyncInvocation {
  /** What its output's name is made of; unique, unlike the caller's InferenceId. */
  readonly invocationId: string
  readonly place: Place
  readonly endpointName: string
  readonly endpointArn: string
  /** As the caller sent it, but for the body. */
  readonly request: Omit<InvokeEndpointAsyncInput, 'Body'>
  /** The payload, where the request brought it along instead of naming an object. */
  readonly body: Buffer | undefined
  /** Absent where the endpoint's configuration names no place. */
  readonly outputLocation: string | undefined
  readonly failureLocation: string | undefined
  readonly receivedAt: Date
  /** The endpoint's when it accepted this; a later one is that of the endpoint's route. */
  readonly config?: AsyncInferenceConfig
  /** When it fails if no replica took it before. */
  readonly expiresAt: Date
  /** How often it was given to a replica, this time included. */
  readonly attempts: number
}

/** An invocation that this process waits for. */
export interface LeasedInvocation extends AsyncInvocation {
  readonly replicaId: string
  readonly variantName: string
}

/** Topics under which a new invocation is announced: this, and the endpoint's key. */
export const ASYNC_TOPIC_PREFIX = 'async-inference/'

/** A queue's name among all: the endpoint's account, region and name. */
export function queueKey({
  account,
  region,
  endpointName,
}: {
  readonly account: string
  readonly region: string
  readonly endpointName: string
}): string {
  return `${account}/${region}/${endpointName}`
}
