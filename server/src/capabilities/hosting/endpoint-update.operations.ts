import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requireVariantsKept } from '../scalable-targets/index.ts'
import { changeRestingEndpoint, endpointNotFound, resolveVariants } from './endpoint.operations.ts'
import { type Endpoint, findEndpoint, setEndpointStatus } from './endpoint.store.ts'
import { validateTargets, validateUpdateEndpoint } from './endpoint.validation.ts'
import { fleetSettings, requireEndpointConfig } from './endpoint-config.operations.ts'
import { deploymentStory } from './endpoint-story.ts'
import { insertFleet, readFleets } from './fleet.store.ts'
import type { Fleet, FleetVariant } from './fleet.ts'
import { retainProperties, type VariantTarget } from './fleet-variant.ts'
import { beginCapacityChange } from './variant-capacity.ts'

/**
 * Brings up a fleet of another configuration beside the one that serves, moves all requests to it once
 * all its replicas answer, and ends the old one; when it does not come up nothing changes for requests.
 *
 * @throws ValidationException when endpoint, configuration or a model is not there, or the endpoint does not rest
 */
export async function updateEndpoint(
  input: SageMaker.UpdateEndpointCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateEndpointCommandOutput, '$metadata'>> {
  validateUpdateEndpoint(input)
  const endpointName = input.EndpointName ?? ''
  await requireEndpoint(scope, endpointName)
  const config = await requireEndpointConfig(scope, input.EndpointConfigName ?? '')
  const resolved = await resolveVariants(config, scope)
  const excluded = (input.ExcludeRetainedVariantProperties ?? []).map(
    (property) => property.VariantPropertyType,
  )
  let endpointArn = ''
  const story = await changeRestingEndpoint(scope, endpointName, async (transaction, endpoint) => {
    endpointArn = endpoint.endpointArn
    const { endpointId } = endpoint
    const fleets = await readFleets(transaction, endpointId)
    const serving = requireServing(endpoint, fleets)
    await requireVariantsKept(transaction, scope, {
      endpointName,
      present: serving.variants.map(shapeOf),
      next: resolved.map(shapeOf),
    })
    const variants = input.RetainAllVariantProperties
      ? retainProperties(resolved, serving.variants, excluded)
      : resolved
    const launchedAt = scope.clock.now()
    const generation = Math.max(...fleets.map((fleet) => fleet.generation)) + 1
    const { endpointConfigName } = config
    const settings = fleetSettings(config)
    const fleet = { generation, endpointConfigName, variants, settings, launchedAt }
    await insertFleet(transaction, endpointId, fleet)
    const story = deploymentStory({ endpointId, revision: endpoint.revision + 1 }, generation)
    await setEndpointStatus(transaction, endpointId, {
      to: 'Updating',
      at: launchedAt,
      story,
      failureReason: null,
      ...(input.DeploymentConfig && { deploymentConfig: input.DeploymentConfig }),
    })
    return story
  })
  await scope.workflows.start(story)
  return { EndpointArn: endpointArn }
}

/** @throws ValidationException when the endpoint is not there or does not rest, or has no such variant */
export async function updateEndpointWeightsAndCapacities(
  input: SageMaker.UpdateEndpointWeightsAndCapacitiesCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateEndpointWeightsAndCapacitiesCommandOutput, '$metadata'>> {
  const targets = input.DesiredWeightsAndCapacities ?? []
  let endpointArn = ''
  const story = await changeRestingEndpoint(
    scope,
    input.EndpointName ?? '',
    async (transaction, endpoint) => {
      endpointArn = endpoint.endpointArn
      const { endpointId } = endpoint
      const serving = requireServing(endpoint, await readFleets(transaction, endpointId))
      validateTargets(targets, serving)
      const at = scope.clock.now()
      return beginCapacityChange(transaction, {
        endpoint,
        serving,
        targets: targets.map(toTarget),
        at,
      })
    },
  )
  await scope.workflows.start(story)
  return { EndpointArn: endpointArn }
}

async function requireEndpoint(scope: RequestScope, endpointName: string): Promise<Endpoint> {
  const endpoint = await findEndpoint(scope.database, scope, endpointName)
  if (!endpoint) throw endpointNotFound(scope, endpointName)
  return endpoint
}

/** AWS's guide says of a failed endpoint that DeleteEndpoint is all that can be done with it. */
function requireServing(endpoint: Endpoint, fleets: readonly Fleet[]): Fleet {
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  if (serving) return serving
  throw validationException(
    `Cannot update endpoint "${endpoint.endpointArn}" in status ${endpoint.status}: DeleteEndpoint is ` +
      'the only operation that can be performed on a failed endpoint.',
  )
}

function toTarget(target: SageMaker.DesiredWeightAndCapacity): VariantTarget {
  const { VariantName: variantName = '', DesiredWeight: weight } = target
  const instanceCount = target.DesiredInstanceCount
  return {
    variantName,
    ...(weight !== undefined && { weight }),
    ...(instanceCount !== undefined && { instanceCount }),
  }
}

function shapeOf({ variantName, production }: FleetVariant) {
  return { variantName, instanceType: production.InstanceType }
}
