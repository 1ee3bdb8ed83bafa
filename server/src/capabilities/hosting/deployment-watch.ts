import type { Place, Platform } from '../../platform/scope.ts'
import { type AlarmReading, alarmArn, readAlarms, settleAlarms } from '../alarms/index.ts'
import { readMetricPeriods } from '../metrics/index.ts'
import type { ObservedDeployment } from './bake.states.ts'
import { readDeployment } from './deployment.store.ts'
import type { Deployment } from './deployment.ts'
import { recordDecision } from './deployment-record.ts'
import { changeDeployment } from './deployment-state.ts'
import type { Endpoint } from './endpoint.store.ts'
import type { FleetKey } from './endpoint.workflow.ts'
import { type EndpointState, watchEndpoint } from './endpoint-state.ts'

const INVOCATIONS_PERIOD_SECONDS = 60

/** A deployment at one moment, with the endpoint as it was then. */
export interface WatchedDeployment extends ObservedDeployment {
  readonly state: EndpointState
  /** Alarms that the deployment names and that somebody deleted since. */
  readonly deletedAlarms: readonly string[]
}

export interface DeploymentWatch<Found> {
  readonly look: (watched: WatchedDeployment) => Found | undefined | Promise<Found | undefined>
  readonly until: Date
  readonly sweepMs?: number
}

/**
 * Looks at a deployment after each change of its endpoint or of an alarm that it names, until `look` answers
 * something; every look evaluates the alarms anew.
 *
 * @returns undefined when nothing was found by `until`; `Gone` when the endpoint is not there any more
 */
export async function watchDeployment<Found>(
  platform: Platform,
  key: FleetKey,
  { look, ...watch }: DeploymentWatch<Found>,
): Promise<Found | 'Gone' | undefined> {
  const { endpointId } = key
  const deployment = await readDeployment(platform.database, key)
  if (!deployment) return 'Gone'
  const told = new Set<string>()
  let subscriptions: readonly Disposable[] | undefined
  try {
    return await watchEndpoint<Found | 'Gone', 'Gone'>(platform, endpointId, {
      ...watch,
      gone: 'Gone',
      look: async (state) => {
        subscriptions ??= followAlarms(platform, state.endpoint, deployment)
        const watched = await observeDeployment(platform, key, state)
        if (!watched) return 'Gone'
        await recordDeletedAlarms(platform, key, { watched, told })
        return look(watched)
      },
    })
  } finally {
    for (const subscription of subscriptions ?? []) subscription[Symbol.dispose]()
  }
}

/** @returns undefined when it is not there */
export async function observeDeployment(
  platform: Platform,
  key: FleetKey,
  state: EndpointState,
): Promise<WatchedDeployment | undefined> {
  const deployment = await readDeployment(platform.database, key)
  if (!deployment) return undefined
  const alarms = await observeAlarms(platform, state.endpoint.place, deployment.plan.alarmNames)
  const next = state.fleets.find(({ generation }) => generation === key.generation)
  const fleetFailure = Object.values(next?.failures ?? {})[0]
  return {
    deployment,
    state,
    alarms,
    deletedAlarms: deployment.plan.alarmNames.filter(
      (name) => !alarms.some(({ alarmName }) => alarmName === name),
    ),
    now: platform.clock.now(),
    ...(fleetFailure !== undefined && { fleetFailure }),
  }
}

/**
 * As they stand, and unless one is in ALARM as they come out of an evaluation now: one that SetAlarmState put
 * into ALARM counts, though an evaluation would take it out again.
 */
async function observeAlarms(
  platform: Platform,
  place: Place,
  names: readonly string[],
): Promise<readonly AlarmReading[]> {
  if (names.length === 0) return []
  const standing = await readAlarms(platform.database, place, names)
  if (standing.some(({ stateValue }) => stateValue === 'ALARM')) return standing
  return settleAlarms(platform, place, names)
}

/** How many requests the new fleet has got since an instant, by the metric of them. */
export async function countRequests(
  platform: Platform,
  { state, deployment }: WatchedDeployment,
  since: Date,
): Promise<number> {
  const { endpoint } = state
  let requests = 0
  for (const { variantName } of deployment.plan.phases[0]?.variants ?? []) {
    const periods = await readMetricPeriods(platform.database, endpoint.place, {
      metric: {
        namespace: 'AWS/SageMaker',
        metricName: 'Invocations',
        dimensions: {
          EndpointName: endpoint.endpointName,
          VariantName: variantName,
          EndpointConfigName: deployment.toConfigName,
        },
      },
      periodSeconds: INVOCATIONS_PERIOD_SECONDS,
      startTime: since,
      endTime: new Date(platform.clock.now().getTime() + INVOCATIONS_PERIOD_SECONDS * 1_000),
    })
    requests += periods.reduce((sum, period) => sum + period.sum, 0)
  }
  return requests
}

/**
 * A deployment goes on without an alarm that is deleted, as AWS says nothing else of it; its record tells
 * when that was.
 *
 * @param seen.told those that were recorded before; the record has each once
 */
async function recordDeletedAlarms(
  platform: Platform,
  key: FleetKey,
  { watched, told }: { readonly watched: WatchedDeployment; readonly told: Set<string> },
): Promise<void> {
  const untold = watched.deletedAlarms.filter((name) => !told.has(name))
  if (untold.length === 0) return
  for (const name of untold) told.add(name)
  await changeDeployment(platform, key, async ({ transaction, now }) => {
    for (const name of untold) {
      await recordDecision(transaction, key, {
        decision: 'AlarmDeleted',
        cause: `there is no alarm "${name}" any more: the deployment goes on without it`,
        at: now,
        occasion: name,
      })
    }
  })
}

/** An alarm that changes is a reason to look at the endpoint. */
function followAlarms(
  { changes }: Platform,
  { place, endpointArn }: Endpoint,
  { plan }: Deployment,
): readonly Disposable[] {
  return plan.alarmNames.map((name) => {
    const arn = alarmArn(place, name)
    return changes.subscribe(arn, (topic) => {
      if (topic === undefined || topic === arn) changes.hint(endpointArn)
    })
  })
}
