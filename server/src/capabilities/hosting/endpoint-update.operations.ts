import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requireVariantsKept, scalableTargetsOf } from '../scalable-targets/index.ts'
import { requireHosts, requireNoBatches, requireRoom } from './component-room.validation.ts'
import { beginDeployment, requireAlarms } from './deployment-start.ts'
import { changeRestingEndpoint, endpointNotFound } from './endpoint.operations.ts'
import { type Endpoint, findEndpoint } from './endpoint.store.ts'
import { validateTargets, validateUpdateEndpoint } from './endpoint.validation.ts'
import { requireEndpointConfig } from './endpoint-config.operations.ts'
import { readFleets } from './fleet.store.ts'
import type { Fleet, FleetVariant } from './fleet.ts'
import {
  aimAt,
  type Retention,
  retainProperties,
  retainSettings,
  type VariantTarget,
} from './fleet-variant.ts'
import { resolveFleet } from './resolve-fleet.ts'
import { requireConvertible } from './serverless.validation.ts'
import { beginCapacityChange } from './variant-capacity.ts'
import { readHostedWorkloads } from './workload.store.ts'

/**
 * Brings up a fleet of another configuration beside the one that serves, moves requests to it as the
 * deployment's policy says, all at once without one, and ends the old fleet; when it does not prove itself,
 * everything goes back.
 *
 * @throws ValidationException when endpoint, configuration, a model or an alarm is not there, when the policy
 *   contradicts itself or the fleets, or the endpoint does not rest
 */
export async function updateEndpoint(
  input: SageMaker.UpdateEndpointCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateEndpointCommandOutput, '$metadata'>> {
  validateUpdateEndpoint(input)
  const endpointName = input.EndpointName ?? ''
  const present = await requireEndpoint(scope, endpointName)
  await requireAlarms(scope, policyOf(input, present))
  const config = await requireEndpointConfig(scope, input.EndpointConfigName ?? '')
  const resolved = await resolveFleet(config, scope)
  let endpointArn = ''
  const story = await changeRestingEndpoint(scope, endpointName, async (transaction, endpoint) => {
    endpointArn = endpoint.endpointArn
    const fleets = await readFleets(transaction, endpoint.endpointId)
    const serving = requireServing(endpoint, fleets)
    requireConvertible(serving.variants, resolved.variants)
    requireHosts(serving.variants, resolved.variants)
    await requireVariantsKept(transaction, scope, {
      endpointName,
      present: serving.variants.map(shapeOf),
      next: resolved.variants.map(shapeOf),
    })
    const retention = await retentionOf(transaction, scope, input)
    const next = {
      endpointConfigName: config.endpointConfigName,
      variants: retainProperties(resolved.variants, serving.variants, retention),
      settings: retainSettings(resolved.settings, serving.settings, retention),
    }
    const deploymentConfig = policyOf(input, endpoint)
    const workloads = await readHostedWorkloads(transaction, endpoint.endpointId, fleets)
    requireRoom(workloads, next.variants)
    if (workloads.length > 0) requireNoBatches(deploymentConfig)
    return beginDeployment(transaction, scope, {
      endpoint,
      fleets,
      next,
      config: deploymentConfig,
    })
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
      const workloads = await readHostedWorkloads(transaction, endpointId, [serving])
      requireRoom(workloads, aimAt(serving.variants, targets.map(toTarget)))
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

/** The given one; the last one where that is asked for; none. */
function policyOf(
  input: SageMaker.UpdateEndpointCommandInput,
  { deploymentConfig }: Endpoint,
): SageMaker.DeploymentConfig | undefined {
  return input.RetainDeploymentConfig ? deploymentConfig : input.DeploymentConfig
}

async function retentionOf(
  transaction: Queryable,
  scope: RequestScope,
  input: SageMaker.UpdateEndpointCommandInput,
): Promise<Retention> {
  const scaled = await scalableTargetsOf(transaction, scope, input.EndpointName ?? '')
  return {
    all: input.RetainAllVariantProperties ?? false,
    excluded: (input.ExcludeRetainedVariantProperties ?? []).map(
      (property) => property.VariantPropertyType,
    ),
    scaledVariants: scaled.map(({ variantName }) => variantName),
  }
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
  const { MaxConcurrency: maxConcurrency, ProvisionedConcurrency: provisionedConcurrency } =
    target.ServerlessUpdateConfig ?? {}
  return {
    variantName,
    ...(weight !== undefined && { weight }),
    ...(instanceCount !== undefined && { instanceCount }),
    ...(target.ServerlessUpdateConfig && {
      concurrency: {
        ...(maxConcurrency !== undefined && { maxConcurrency }),
        ...(provisionedConcurrency !== undefined && { provisionedConcurrency }),
      },
    }),
  }
}

function shapeOf({ variantName, production }: FleetVariant) {
  return { variantName, instanceType: production.InstanceType }
}
