import { setTimeout as delay } from 'node:timers/promises'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import { isSuccess, type WalkEnd } from './container-walk.ts'
import type { HttpAnswer } from './http-answer.ts'
import { NoAnswer, type Payload } from './model-client.ts'
import type { Permits } from './permits.ts'
import { RecordFailure } from './record-failure.ts'

/** Sends mini-batches to the model, as many at once as it may have. */
export interface Invoker {
  /** @throws RecordFailure when the model does not answer with success, also when asked again */
  invoke(payload: Payload): Promise<HttpAnswer>
}

const ANSWER_CHARACTERS_MAX = 2000
/** Before a mini-batch is sent again, in real time as all of a container's times. */
const PAUSE_MS_MIN = 200
const PAUSE_MS_MAX = 1000

export function createInvoker(
  walk: (payload: Payload) => Promise<WalkEnd>,
  options: {
    readonly transform: TaskTransform
    readonly permits: Permits
    readonly signal: AbortSignal
  },
): Invoker {
  const { transform, permits, signal } = options
  const invoke = async (payload: Payload): Promise<HttpAnswer> => {
    let pauseMs = PAUSE_MS_MIN
    for (let retriesLeft = transform.invocationRetriesMax; ; retriesLeft--) {
      const end = await walk(payload)
      const { outcome } = end
      const isAnswer = !(outcome instanceof NoAnswer)
      if (isAnswer && isSuccess(outcome)) return outcome
      // a client's fault is the record's, which stays what it is
      const isFinal = isAnswer && outcome.status < 500 && outcome.status !== 429
      // a container that has died is soon known to have, which ends all of this
      if (!isFinal) await delay(pauseMs, undefined, { signal })
      if (isFinal || retriesLeft <= 0) throw failureOf(end)
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
    }
  }
  return {
    invoke: async (payload) => {
      await permits.take()
      try {
        return await invoke(payload)
      } finally {
        permits.give()
      }
    },
  }
}

/** source: data logs of failed transform jobs in public reports */
function failureOf({ outcome, containerName }: WalkEnd): RecordFailure {
  const at = containerName === undefined ? '' : ` (container '${containerName}')`
  if (outcome instanceof NoAnswer) {
    return new RecordFailure(
      `Model server did not respond to /invocations request: ${outcome.message}${at}`,
    )
  }
  return new RecordFailure(
    `Bad HTTP status received from algorithm: ${outcome.status}${at}`,
    outcome.body.toString('utf8').slice(0, ANSWER_CHARACTERS_MAX),
  )
}
