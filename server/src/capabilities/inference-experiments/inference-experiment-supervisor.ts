import { inRealTime, keepLooking } from '../../base/lookout.ts'
import type { Platform } from '../../platform/scope.ts'
import { attendExperiment } from './inference-experiment.activities.ts'
import { UNFINISHED } from './inference-experiment.states.ts'
import { listExperiments } from './inference-experiment.store.ts'

/** Looked at this often though nothing is announced: hints may be missed. Real time. */
const SWEEP_MS = 5_000
/** More steps at once mean that something goes in a circle; the sweep goes on with it. */
const STEPS_MAX = 8

/**
 * Brings every inference experiment on, by its schedule and by what becomes of its endpoint. Level-triggered:
 * what is announced says only that it is worth looking.
 */
export function superviseInferenceExperiments(platform: Platform): AsyncDisposable {
  const { changes, clock, database, log } = platform

  /** @returns when something is due */
  const lookAtAll = async (): Promise<Date | undefined> => {
    const due: number[] = []
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      due.length = 0
      let isSettled = true
      for (const experiment of await listExperiments(database, UNFINISHED)) {
        const next = await attendExperiment(platform, experiment).catch((error: unknown) => {
          const { experimentName } = experiment
          log.warn('an inference experiment could not be looked at', { experimentName, error })
        })
        if (next === 'now') isSettled = false
        else if (next) due.push(next.getTime())
      }
      if (isSettled) break
    }
    return due.length > 0 ? new Date(Math.min(...due)) : undefined
  }
  const lookout = keepLooking(async () => {
    const due = await lookAtAll().catch((error: unknown) => {
      log.warn('inference experiments could not be looked at', { error })
      return undefined
    })
    return due ? [inRealTime(SWEEP_MS), { clock, at: due }] : [inRealTime(SWEEP_MS)]
  })
  const subscription = changes.subscribe('arn:', (topic) => {
    if (topic === undefined || /:(inference-experiment|endpoint)\//.test(topic)) lookout.hint()
  })
  return {
    [Symbol.asyncDispose]: async () => {
      subscription[Symbol.dispose]()
      await lookout[Symbol.asyncDispose]()
    },
  }
}
