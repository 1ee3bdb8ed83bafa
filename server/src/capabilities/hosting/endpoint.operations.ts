import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { type AwsError, validationException } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import { deregisterTargetsOf } from '../scalable-targets/index.ts'
import { insertTags, readTags } from '../tags/index.ts'
import { validateDeploymentConfig } from './deployment.validation.ts'
import { isInProgress } from './endpoint.states.ts'
import {
  type Endpoint,
  findEndpoint,
  insertEndpoint,
  lockEndpoint,
  setEndpointStatus,
} from './endpoint.store.ts'
import { requireEndpointConfig } from './endpoint-config.operations.ts'
import { creationStory, deletionStory } from './endpoint-story.ts'
import { insertFleet, setFleetStage } from './fleet.store.ts'
import { resolveFleet } from './resolve-fleet.ts'
import { readWorkloads } from './workload.store.ts'

/** @throws ValidationException when the name is taken, or the configuration or one of its models is gone */
export async function createEndpoint(
  input: SageMaker.CreateEndpointCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateEndpointCommandOutput, '$metadata'>> {
  validateDeploymentConfig(input.DeploymentConfig)
  readTags(input.Tags)
  const endpointName = input.EndpointName ?? ''
  const endpointArn = sagemakerArn(scope, 'endpoint', endpointName)
  const config = await requireEndpointConfig(scope, input.EndpointConfigName ?? '')
  const resolved = await resolveFleet(config, scope)
  const now = scope.clock.now()
  const { endpointConfigName } = config
  const endpoint: Endpoint = {
    endpointId: newUuid(),
    place: { realm: scope.realm, account: scope.account, region: scope.region },
    endpointName,
    endpointArn,
    status: 'Creating',
    endpointConfigName,
    ...(input.DeploymentConfig && { deploymentConfig: input.DeploymentConfig }),
    revision: 1,
    createdAt: now,
    modifiedAt: now,
  }
  const { endpointId } = endpoint
  const fleet = { generation: 1, endpointConfigName, ...resolved }
  const story = creationStory(endpoint, fleet.generation)
  await scope.database.transaction(async (transaction) => {
    if (!(await insertEndpoint(transaction, endpoint, story))) {
      throw validationException(`Cannot create already existing endpoint "${endpointArn}".`)
    }
    await insertFleet(transaction, endpointId, { ...fleet, launchedAt: now })
    await insertTags(transaction, scope, { resourceArn: endpointArn, tags: input.Tags })
    await scope.changes.announce(transaction, endpointArn)
  })
  await scope.workflows.start(story)
  return { EndpointArn: endpointArn }
}

/** @throws ValidationException when there is none, or while it is being created or updated */
export async function deleteEndpoint(
  input: SageMaker.DeleteEndpointCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DeleteEndpointCommandOutput, '$metadata'>> {
  const story = await changeRestingEndpoint(
    scope,
    input.EndpointName ?? '',
    async (transaction, { endpointId, endpointName, endpointArn, place, revision }) => {
      await requireNoComponents(transaction, { endpointId, endpointArn })
      await deregisterTargetsOf(transaction, place, { endpointName, platform: scope })
      const story = deletionStory({ endpointId, revision: revision + 1 })
      const at = scope.clock.now()
      await setEndpointStatus(transaction, endpointId, { to: 'Deleting', at, story })
      const from = ['Launching', 'Serving'] as const
      await setFleetStage(transaction, endpointId, { from, to: 'Retiring' })
      return story
    },
  )
  await scope.workflows.start(story)
  return {}
}

/** Public reports of AWS's agree that components are to be deleted first; the words are ours. */
async function requireNoComponents(
  transaction: Queryable,
  { endpointId, endpointArn }: Pick<Endpoint, 'endpointId' | 'endpointArn'>,
): Promise<void> {
  const workloads = await readWorkloads(transaction, endpointId)
  if (workloads.length === 0) return
  const names = new Set(workloads.map(({ inferenceComponentName }) => inferenceComponentName))
  throw validationException(
    `Cannot delete endpoint "${endpointArn}": it hosts the inference component(s) ${[...names].join(', ')}. ` +
      'Delete them with DeleteInferenceComponent first.',
  )
}

/**
 * Begins a change of an endpoint that rests, in one transaction with the look at its status, so that of
 * two changes at the same time one is refused.
 *
 * @throws ValidationException `Could not find endpoint "arn…".` or `Cannot update in-progress endpoint "arn…".`
 */
export async function changeRestingEndpoint(
  scope: RequestScope,
  endpointName: string,
  begin: (transaction: Queryable, endpoint: Endpoint) => Promise<WorkflowStart>,
): Promise<WorkflowStart> {
  return scope.database.transaction(async (transaction) => {
    const found = await findEndpoint(transaction, scope, endpointName)
    const endpoint = found && (await lockEndpoint(transaction, found.endpointId))
    if (!endpoint) throw endpointNotFound(scope, endpointName)
    if (isInProgress(endpoint.status)) {
      throw validationException(`Cannot update in-progress endpoint "${endpoint.endpointArn}".`)
    }
    const story = await begin(transaction, endpoint)
    await scope.changes.announce(transaction, endpoint.endpointArn)
    return story
  })
}

export function endpointNotFound(scope: RequestScope, endpointName: string): AwsError {
  return validationException(
    `Could not find endpoint "${sagemakerArn(scope, 'endpoint', endpointName)}".`,
  )
}
