import { monotonicMs } from '../../base/clock.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import type { HttpAnswer } from './http-answer.ts'
import { type ModelClient, NoAnswer, type Payload } from './model-client.ts'

/** A container of the model. */
export interface WalkedContainer {
  /** Absent where the model has one container. */
  readonly name?: string
  readonly client: ModelClient
}

/** How the way of one mini-batch through the containers ended, and at which of them. */
export interface WalkEnd {
  /** The last container's, or that of the first one that did not answer with success. */
  readonly outcome: HttpAnswer | NoAnswer
  readonly containerName: string | undefined
}

/**
 * Sends mini-batches through all containers in order: each gets the answer of the one before it, under the type
 * that this one gave it. What is accepted is said to the last one only: the others answer in what they prefer. All
 * of them share the time that one has alone.
 *
 * @throws the signal's reason
 */
export function createContainerWalk(
  containers: readonly WalkedContainer[],
  { input, output, invocationTimeoutSeconds }: TaskTransform,
): (payload: Payload) => Promise<WalkEnd> {
  const { accept } = output
  return async (first) => {
    const deadlineMs = monotonicMs() + invocationTimeoutSeconds * 1_000
    let payload = first
    let { contentType } = input
    let end: WalkEnd | undefined
    for (const [index, { name, client }] of containers.entries()) {
      const isLast = index === containers.length - 1
      const headers = {
        ...(contentType !== undefined && { 'content-type': contentType }),
        ...(isLast && accept !== undefined && { accept }),
      }
      const outcome = await client
        .send({
          ...{ method: 'POST', path: '/invocations', headers, payload },
          timeoutSeconds: Math.max(0, deadlineMs - monotonicMs()) / 1_000,
          givenSeconds: invocationTimeoutSeconds,
        })
        .catch((error: unknown) => {
          if (error instanceof NoAnswer) return error
          throw error
        })
      end = { outcome, containerName: name }
      if (outcome instanceof NoAnswer || !isSuccess(outcome)) break
      payload = outcome.body
      contentType = outcome.contentType
    }
    if (!end) throw new RangeError('a model has at least one container')
    return end
  }
}

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}
