import type { Readable } from 'node:stream'
import type { TaskAddress } from '../../platform/engines/engine.ts'
import { containerHeaders } from './async-invocation.container.ts'
import type { AsyncInvocation } from './async-invocation.ts'
import { type ContainerAnswer, callContainer } from './container-call.ts'

/** One of a replica's containers. */
export interface WalkedContainer {
  /** Absent where the model has one container. */
  readonly name?: string
  readonly address: TaskAddress
}

export interface WalkedAnswer extends ContainerAnswer {
  /** Which container answered: the last one, or the first that did not answer with success. */
  readonly containerName: string | undefined
}

/**
 * Sends a queued request through all of a replica's containers in order, streaming: each gets the answer of the one
 * before it, as gateways do it (`gateway/invoke/container-walk.ts`).
 *
 * @throws ContainerUnreachable, or the signal's reason
 */
export async function walkContainers(walk: {
  /** At least one. */
  readonly containers: readonly WalkedContainer[]
  readonly request: AsyncInvocation['request']
  readonly payload: {
    readonly body: Readable
    readonly contentType: string | undefined
    readonly sizeBytes: number
  }
  /** Aborts when the time that all containers share is over. */
  readonly signal: AbortSignal
}): Promise<WalkedAnswer> {
  const { containers, request, payload, signal } = walk
  let answer: WalkedAnswer | undefined
  for (const [index, { name, address }] of containers.entries()) {
    const headers = containerHeaders(request, {
      ...(answer ? saidOf(answer) : payload),
      isAnswer: answer !== undefined,
      accepts: index === containers.length - 1,
    })
    const body = answer?.body ?? payload.body
    answer = { ...(await callContainer({ address, headers, body, signal })), containerName: name }
    if (!isSuccess(answer)) return answer
  }
  if (!answer) throw new RangeError('a replica has at least one container')
  return answer
}

export function isSuccess({ status }: Pick<ContainerAnswer, 'status'>): boolean {
  return status >= 200 && status < 300
}

function saidOf({ contentType, body }: ContainerAnswer) {
  const { 'content-length': length, 'x-amzn-sagemaker-custom-attributes': attributes } =
    body.headers
  return {
    contentType,
    ...(typeof attributes === 'string' && { customAttributes: attributes }),
    // without it the answer goes on in chunks, as it comes
    ...(length !== undefined && { sizeBytes: Number(length) }),
  }
}
