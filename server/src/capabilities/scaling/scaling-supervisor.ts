import { createPasses } from '../../base/passes.ts'
import type { Platform } from '../../platform/scope.ts'
import type { AlarmActionRunner } from '../alarms/index.ts'
import { type MeteredVariant, readHeldVariants } from '../inference/index.ts'
import { METRICS_TOPIC } from '../metrics/index.ts'
import {
  findTarget,
  listTargetsOfEndpoint,
  listTargetsOfEndpointArn,
  listTargetsOfResourceArn,
  type ScalableTarget,
} from '../scalable-targets/index.ts'
import { componentTarget } from './scalable-dimension.ts'
import { listTargetsAtWork, readAgenda } from './scaling-agenda.store.ts'
import { policyIdOf } from './scaling-arn.ts'
import { scaleTarget } from './scaling-pass.activities.ts'
import { readPolicy } from './scaling-policy.store.ts'
import { stepProposal } from './scaling-proposals.ts'
import { SCALING_TOPIC_PREFIX } from './scaling-topic.ts'

/** Everything is looked at this often though nothing is announced (real time): hints may be missed. */
const SWEEP_MS = 5_000
/** The same for requests that wait for a variant's first instance. */
const HELD_SWEEP_MS = 1_000
const PASSES_MAX = 4

/**
 * Scales registered targets, from the moment that it is called: when something is announced of them or of
 * their endpoints, when a moment comes that one waits for, when a request waits, and now and then.
 */
export function superviseScaling(platform: Platform): AsyncDisposable {
  const { changes, clock, database, log } = platform
  const stopping = new AbortController()
  let alarm = new AbortController()
  let hasZeroMinimum = false

  const report = (error: unknown): void => {
    if (!stopping.signal.aborted) log.warn('scalable targets could not be looked at', { error })
  }
  const setAlarm = async (): Promise<void> => {
    alarm.abort()
    alarm = new AbortController()
    const own = AbortSignal.any([alarm.signal, stopping.signal])
    const agenda = await readAgenda(database)
    hasZeroMinimum = agenda.hasZeroMinimum
    if (!agenda.nextAt || own.aborted) return
    // an abort is how the wait is given up
    clock.until(agenda.nextAt, own).then(sweep, () => undefined)
  }
  const passes = createPasses({
    pass: async (targetId) => {
      await scaleTarget(platform, targetId)
      await setAlarm()
    },
    runningMax: PASSES_MAX,
    report: (error, targetId) =>
      log.warn('a scalable target could not be looked at', { targetId, error }),
  })
  const request = (targetIds: readonly string[]): void => targetIds.forEach(passes.request)
  const sweep = (): void => {
    listTargetsAtWork(database, clock.now()).then(request).catch(report)
    setAlarm().catch(report)
  }
  const wakeHeld = (): void => {
    if (hasZeroMinimum) startHeldVariants(platform).catch(report)
  }

  const subscriptions = [
    changes.subscribe(SCALING_TOPIC_PREFIX, (topic) => {
      if (topic === undefined) sweep()
      else passes.request(topic.slice(SCALING_TOPIC_PREFIX.length))
    }),
    changes.subscribe('arn:', (topic) => {
      if (topic?.includes(':inference-component/')) {
        listTargetsOfResourceArn(database, topic).then(request).catch(report)
      }
      if (!topic?.includes(':endpoint/')) return
      listTargetsOfEndpointArn(database, topic).then(request).catch(report)
    }),
    changes.subscribe(METRICS_TOPIC, wakeHeld),
  ]
  const timers = [setInterval(sweep, SWEEP_MS), setInterval(wakeHeld, HELD_SWEEP_MS)]
  sweep()
  return {
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearInterval(timer)
      stopping.abort()
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await passes.end()
    },
  }
}

/** Gives variants and components that have requests waiting, and nothing that answers, their first. */
async function startHeldVariants(platform: Platform): Promise<void> {
  for (const held of await readHeldVariants(platform.database)) {
    const target = await targetOf(platform, held)
    if (target) await scaleTarget(platform, target.targetId, { isHeld: true })
  }
}

async function targetOf(
  { database }: Platform,
  held: MeteredVariant,
): Promise<ScalableTarget | undefined> {
  const { endpointName, variantName, inferenceComponentName } = held
  if (inferenceComponentName !== undefined) {
    return findTarget(database, held, componentTarget(inferenceComponentName))
  }
  const targets = await listTargetsOfEndpoint(database, held, endpointName)
  return targets.find(({ variant }) => variant?.variantName === variantName)
}

/** Takes the actions of alarms that name scaling policies. */
export const scalingAlarmActions: AlarmActionRunner = {
  accepts: (actionArn) => policyIdOf(actionArn) !== undefined,
  run: async ({ platform, actionArn, actionId, alarm, place }) => {
    const policy = await readPolicy(platform.database, policyIdOf(actionArn) ?? '')
    if (!policy || policy.realm !== place.realm) {
      return { failed: `The scaling policy ${actionArn} does not exist.` }
    }
    // an action of another state, such as OKActions, asks for nothing
    if (alarm.stateValue !== 'ALARM') return undefined
    const steps = policy.policyType === 'StepScaling' ? [stepProposal(policy, alarm)] : []
    await scaleTarget(platform, policy.targetId, { steps, triggerId: `alarm-action/${actionId}` })
    return undefined
  },
}
