import type { Place, Platform } from '../../platform/scope.ts'
import { type AlarmReading, readAlarms, settleAlarms } from '../alarms/index.ts'
import { readMetricPeriods } from '../metrics/index.ts'
import type { ObservedDeployment } from './bake.states.ts'
import { readDeployment } from './deployment.store.ts'
import type { Deployment } from './deployment.ts'
import type { Endpoint } from './endpoint.store.ts'
import type { FleetKey } from './endpoint.workflow.ts'
import { type EndpointState, watchEndpoint } from './endpoint-state.ts'

const INVOCATIONS_PERIOD_SECONDS = 60

/** A deployment at one moment, with the endpoint as it was then. */
export interface WatchedDeployment extends ObservedDeployment {
  readonly state: EndpointState
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
  let subscriptions: readonly Disposable[] | undefined
  try {
    return await watchEndpoint<Found | 'Gone', 'Gone'>(platform, endpointId, {
      ...watch,
      gone: 'Gone',
      look: async (state) => {
        subscriptions ??= await followAlarms(platform, state.endpoint, deployment)
        const watched = await observeDeployment(platform, key, state)
        return watched ? look(watched) : 'Gone'
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

/** An alarm that changes is a reason to look at the endpoint. */
async function followAlarms(
  { database, changes }: Platform,
  { place, endpointArn }: Endpoint,
  { plan }: Deployment,
): Promise<readonly Disposable[]> {
  if (plan.alarmNames.length === 0) return []
  const alarms = await readAlarms(database, place, plan.alarmNames)
  return alarms.map(({ alarmArn }) =>
    changes.subscribe(alarmArn, (topic) => {
      if (topic === undefined || topic === alarmArn) changes.hint(endpointArn)
    }),
  )
}
