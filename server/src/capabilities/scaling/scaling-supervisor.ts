import { createPasses } from '../../base/passes.ts'
import type { Platform } from '../../platform/scope.ts'
import type { AlarmActionRunner } from '../alarms/index.ts'
import { listTargetIds, listTargetsOfEndpointArn, nextLook } from '../scalable-targets/index.ts'
import { policyIdOf } from './scaling-arn.ts'
import { scaleTarget } from './scaling-pass.activities.ts'
import { readPolicy } from './scaling-policy.store.ts'
import { stepProposal } from './scaling-proposals.ts'
import { SCALING_TOPIC_PREFIX } from './scaling-topic.ts'
import { nextScheduled } from './scheduled-action.store.ts'

/** Everything is looked at this often though nothing is announced (real time): hints may be missed. */
const SWEEP_MS = 5_000
const PASSES_MAX = 4

/**
 * Scales registered targets, from the moment that it is called: when something is announced of them or of
 * their endpoints, when a moment comes that one waits for, and now and then.
 */
export function superviseScaling(platform: Platform): AsyncDisposable {
  const { changes, clock, database, log } = platform
  const stopping = new AbortController()
  const passes = createPasses({
    pass: (targetId) => scaleTarget(platform, targetId),
    runningMax: PASSES_MAX,
    report: (error, targetId) =>
      log.warn('a scalable target could not be looked at', { targetId, error }),
  })
  const report = (error: unknown): void =>
    log.warn('scalable targets could not be looked at', { error })
  const everything = (): void => {
    listTargetIds(database)
      .then((targetIds) => targetIds.forEach(passes.request))
      .catch(report)
  }
  const ofEndpoint = (endpointArn: string): void => {
    listTargetsOfEndpointArn(database, endpointArn)
      .then((targetIds) => targetIds.forEach(passes.request))
      .catch(report)
  }
  let alarm = new AbortController()
  const setAlarm = async (): Promise<void> => {
    alarm.abort()
    alarm = new AbortController()
    const own = AbortSignal.any([alarm.signal, stopping.signal])
    const moments = [await nextLook(database), await nextScheduled(database)]
    const next = moments
      .filter((moment) => moment !== undefined)
      .sort((one, other) => one.getTime() - other.getTime())[0]
    if (!next || own.aborted) return
    // an abort is how the wait is given up
    await clock.until(next, own).then(everything, () => undefined)
  }
  const subscriptions = [
    changes.subscribe(SCALING_TOPIC_PREFIX, (topic) => {
      if (topic === undefined) everything()
      else passes.request(topic.slice(SCALING_TOPIC_PREFIX.length))
      setAlarm().catch(report)
    }),
    changes.subscribe('arn:', (topic) => {
      if (topic?.includes(':endpoint/')) ofEndpoint(topic)
    }),
  ]
  const sweep = (): void => {
    everything()
    setAlarm().catch(report)
  }
  const timer = setInterval(sweep, SWEEP_MS)
  sweep()
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      stopping.abort()
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await passes.end()
    },
  }
}

/** Takes the actions of alarms that name scaling policies. */
export const scalingAlarmActions: AlarmActionRunner = {
  accepts: (actionArn) => policyIdOf(actionArn) !== undefined,
  run: async ({ platform, actionArn, alarm, place }) => {
    const policy = await readPolicy(platform.database, policyIdOf(actionArn) ?? '')
    if (!policy || policy.realm !== place.realm) {
      return { failed: `The scaling policy ${actionArn} does not exist.` }
    }
    const step = policy.policyType === 'StepScaling' ? stepProposal(policy, alarm) : undefined
    await scaleTarget(platform, policy.targetId, step ? [step] : [])
    return undefined
  },
}
