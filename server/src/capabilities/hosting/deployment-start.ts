import type { DeploymentConfig } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import { readAlarms } from '../alarms/index.ts'
import { tagsOf } from '../tags/index.ts'
import { planDeployment } from './deployment.states.ts'
import { insertDeployment, latestGeneration } from './deployment.store.ts'
import type { PresentFleet } from './deployment.ts'
import { validateDeployment } from './deployment.validation.ts'
import { type Endpoint, setEndpointStatus } from './endpoint.store.ts'
import { deploymentStory } from './endpoint-story.ts'
import { insertFleet } from './fleet.store.ts'
import type { Fleet } from './fleet.ts'
import { fleetShare, isRouted } from './fleet-route.states.ts'

/** The tag of an endpoint by which a bake holds until the new fleet has had so many requests. */
export const MINIMUM_BAKE_REQUESTS_TAG = 'sagebrush:minimum-bake-requests'
const REQUESTS_MAX = 1_000_000_000

/** What a fleet is that an update launches. */
export type NextFleet = Pick<Fleet, 'endpointConfigName' | 'variants' | 'settings'>

/** @throws ValidationException when a configuration names alarms that are not there */
export async function requireAlarms(
  scope: RequestScope,
  config: Pick<DeploymentConfig, 'AutoRollbackConfiguration'> | undefined,
): Promise<void> {
  const alarms = config?.AutoRollbackConfiguration?.Alarms ?? []
  const names = alarms.map(({ AlarmName: name = '' }) => name)
  if (names.length === 0) return
  const known = (await readAlarms(scope.database, scope, names)).map(({ alarmName }) => alarmName)
  const missing = names.filter((name) => !known.includes(name))
  if (missing.length === 0) return
  throw validationException(
    `Could not find the CloudWatch alarm(s) "${missing.join(', ')}" that AutoRollbackConfiguration names: ` +
      'create them with PutMetricAlarm first.',
  )
}

/**
 * Writes a deployment down: its fleet, of which nothing is launched yet, its plan and the endpoint's new status.
 *
 * @returns the story that carries it out
 * @throws ValidationException when the plan's sizes do not suit the fleets
 */
export async function beginDeployment(
  transaction: Queryable,
  scope: RequestScope,
  update: {
    readonly endpoint: Endpoint
    readonly fleets: readonly Fleet[]
    readonly next: NextFleet
    readonly config: DeploymentConfig | undefined
  },
): Promise<WorkflowStart> {
  const { endpoint, fleets, next, config } = update
  const { endpointId } = endpoint
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  validateDeployment(config, { present: serving?.variants ?? [], next: next.variants })
  const minimumBakeRequests = await readMinimumBakeRequests(transaction, endpoint)
  const plan = planDeployment({
    config,
    present: presentFleets(fleets),
    next: next.variants,
    ...(minimumBakeRequests !== undefined && { minimumBakeRequests }),
  })
  const startedAt = scope.clock.now()
  const generation = (await latestGeneration(transaction, endpointId)) + 1
  const variants = next.variants.map((variant) => ({ ...variant, instanceCount: 0 }))
  await insertFleet(transaction, endpointId, {
    ...next,
    variants,
    generation,
    launchedAt: startedAt,
  })
  await insertDeployment(transaction, {
    endpointId,
    generation,
    fromConfigName: serving?.endpointConfigName ?? '',
    toConfigName: next.endpointConfigName,
    plan,
    startedAt,
    deadline: new Date(startedAt.getTime() + plan.timeoutSeconds * 1_000),
  })
  const story = deploymentStory({ endpointId, revision: endpoint.revision + 1 }, generation)
  await setEndpointStatus(transaction, endpointId, {
    to: 'Updating',
    at: startedAt,
    story,
    failureReason: null,
    ...(config && { deploymentConfig: config }),
  })
  return story
}

/** The one that serves, then what a failed rollback left. */
function presentFleets(fleets: readonly Fleet[]): readonly PresentFleet[] {
  const routed = fleets
    .filter(isRouted)
    .sort((one, other) => Number(other.stage === 'Serving') - Number(one.stage === 'Serving'))
  const total = routed.reduce((sum, fleet) => sum + fleetShare(fleet), 0) || 1
  return routed.map((fleet) => ({
    generation: fleet.generation,
    endpointConfigName: fleet.endpointConfigName,
    share: fleetShare(fleet) / total,
    counts: Object.fromEntries(
      fleet.variants.map(({ variantName, desiredInstanceCount }) => [
        variantName,
        desiredInstanceCount,
      ]),
    ),
  }))
}

async function readMinimumBakeRequests(
  transaction: Queryable,
  { place, endpointArn }: Endpoint,
): Promise<number | undefined> {
  const tags = await tagsOf(transaction, place, endpointArn)
  const value = tags.find(({ Key: key }) => key === MINIMUM_BAKE_REQUESTS_TAG)?.Value
  if (value === undefined) return undefined
  if (/^\d{1,10}$/.test(value) && Number(value) <= REQUESTS_MAX) return Number(value)
  throw validationException(
    `The endpoint's tag ${MINIMUM_BAKE_REQUESTS_TAG} is "${value}": it must be a whole number of requests, ` +
      `at most ${REQUESTS_MAX}.`,
  )
}
