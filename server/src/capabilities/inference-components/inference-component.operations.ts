import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { type AwsError, validationException } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import {
  copyVariant,
  holdEndpoint,
  insertWorkload,
  placementOf,
  readWorkloads,
  requireAlarms,
  requireComponentHost,
  setCopyCount,
} from '../hosting/index.ts'
import { deregisterComponentTarget } from '../scalable-targets/index.ts'
import { insertTags, readTags } from '../tags/index.ts'
import {
  beginComponentChange,
  givenSpecification,
  mergedSpecification,
  type WantedComponent,
} from './component-change.ts'
import { CHANGE_STORY, componentStory, REMOVAL_STORY } from './component-story.ts'
import { isInProgress, planChange } from './inference-component.states.ts'
import {
  findInferenceComponent,
  insertInferenceComponent,
  setInferenceComponentStatus,
} from './inference-component.store.ts'
import type { InferenceComponent } from './inference-component.ts'
import {
  validateBatches,
  validateCopyCount,
  validateCreateInferenceComponent,
  validateUpdateInferenceComponent,
} from './inference-component.validation.ts'

const COPY_COUNT_DEFAULT = 1
const FIRST_SPECIFICATION = 1

/** @throws ValidationException when the name is taken, or the endpoint, its variant or the model cannot be had */
export async function createInferenceComponent(
  input: SageMaker.CreateInferenceComponentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateInferenceComponentCommandOutput, '$metadata'>> {
  const request = givenSpecification(input.Specification ?? {})
  validateCreateInferenceComponent({
    ...input,
    ...(input.Specification && { Specification: request }),
  })
  readTags(input.Tags)
  const inferenceComponentName = input.InferenceComponentName ?? ''
  const inferenceComponentArn = componentArn(scope, inferenceComponentName)
  const named = { endpointName: input.EndpointName ?? '', variantName: input.VariantName }
  const host = await requireComponentHost(scope, scope.database, named)
  const variant = await copyVariant(scope, host.variant, { inferenceComponentName, request })
  const copyCount = input.RuntimeConfig?.CopyCount ?? COPY_COUNT_DEFAULT
  const now = scope.clock.now()
  const { variantName } = host.variant
  const { endpointId, endpointName, endpointArn } = host.endpoint
  const component: InferenceComponent = {
    ...{ componentId: newUuid(), inferenceComponentName, inferenceComponentArn },
    place: { realm: scope.realm, account: scope.account, region: scope.region },
    ...{ endpointId, endpointName, endpointArn, variantName },
    status: 'Creating',
    desiredCopyCount: copyCount,
    plan: planChange({
      ...{ next: FIRST_SPECIFICATION, copyCount, config: undefined, now },
      roomyBatch: copyCount,
    }),
    revision: 1,
    createdAt: now,
    modifiedAt: now,
  }
  const story = componentStory(CHANGE_STORY, component)
  await scope.database.transaction(async (transaction) => {
    await holdEndpoint(transaction, endpointId)
    // what was found may have been deleted meanwhile
    await requireComponentHost(scope, transaction, named)
    if (!(await insertInferenceComponent(transaction, component, story))) {
      throw validationException(
        `Cannot create already existing inference component "${inferenceComponentArn}".`,
      )
    }
    await insertWorkload(transaction, endpointId, {
      ...{ ...component, specification: FIRST_SPECIFICATION, request, variant },
      ...{ placement: placementOf(request), copyCount: 0, scalesToZero: false },
    })
    await insertTags(transaction, scope, { resourceArn: inferenceComponentArn, tags: input.Tags })
    await announce(transaction, scope, component)
  })
  await scope.workflows.start(story)
  return { InferenceComponentArn: inferenceComponentArn }
}

/** @throws ValidationException when the component is not there or does not rest, or members contradict */
export async function updateInferenceComponent(
  input: SageMaker.UpdateInferenceComponentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateInferenceComponentCommandOutput, '$metadata'>> {
  const given = input.Specification && givenSpecification(input.Specification)
  validateUpdateInferenceComponent({ ...input, ...(given && { Specification: given }) })
  const inferenceComponentName = input.InferenceComponentName ?? ''
  const found = await requireInferenceComponent(scope, scope.database, inferenceComponentName)
  const { inferenceComponentArn, desiredCopyCount } = found
  await requireAlarms(scope, input.DeploymentConfig)
  const specification = given && (await specificationOf(scope, found, given))
  const copyCount = input.RuntimeConfig?.CopyCount ?? desiredCopyCount
  validateBatches(input.DeploymentConfig, copyCount)
  await change(scope, inferenceComponentName, {
    copyCount,
    ...(specification && { specification }),
    ...(input.DeploymentConfig && { config: input.DeploymentConfig }),
  })
  return { InferenceComponentArn: inferenceComponentArn }
}

/** @throws ValidationException when the component is not there or does not rest */
export async function updateInferenceComponentRuntimeConfig(
  input: SageMaker.UpdateInferenceComponentRuntimeConfigCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateInferenceComponentRuntimeConfigCommandOutput, '$metadata'>> {
  const name = input.InferenceComponentName ?? ''
  const copyCount = input.DesiredRuntimeConfig?.CopyCount ?? COPY_COUNT_DEFAULT
  validateCopyCount(copyCount)
  const { inferenceComponentArn } = await change(scope, name, { copyCount })
  return { InferenceComponentArn: inferenceComponentArn }
}

/** @throws ValidationException when there is none, or while it is being created, updated or deleted */
export async function deleteInferenceComponent(
  input: SageMaker.DeleteInferenceComponentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DeleteInferenceComponentCommandOutput, '$metadata'>> {
  const begun = await changeResting(
    scope,
    input.InferenceComponentName ?? '',
    async (transaction, component) => {
      const { componentId, endpointId, revision } = component
      const story = componentStory(REMOVAL_STORY, { componentId, revision: revision + 1 })
      const { inferenceComponentName, place } = component
      const named = { inferenceComponentName, platform: scope }
      await deregisterComponentTarget(transaction, place, named)
      const at = scope.clock.now()
      await setInferenceComponentStatus(transaction, componentId, {
        ...{ to: 'Deleting', at, story },
        desiredCopyCount: 0,
      })
      for (const workload of await readWorkloads(transaction, endpointId)) {
        if (workload.componentId === componentId) await setCopyCount(transaction, workload, 0)
      }
      await announce(transaction, scope, component)
      return story
    },
  )
  await scope.workflows.start(begun.story)
  return {}
}

async function change(
  scope: RequestScope,
  name: string,
  wanted: WantedComponent,
): Promise<InferenceComponent> {
  const { component, story } = await changeResting(scope, name, (transaction, component) =>
    beginComponentChange(transaction, scope, { component, wanted }),
  )
  await scope.workflows.start(story)
  return component
}

/** Begins a change of a component that rests, in one transaction with the look at its status. */
async function changeResting(
  scope: RequestScope,
  name: string,
  begin: (transaction: Queryable, component: InferenceComponent) => Promise<WorkflowStart>,
): Promise<{ component: InferenceComponent; story: WorkflowStart }> {
  return scope.database.transaction(async (transaction) => {
    const found = await requireInferenceComponent(scope, transaction, name)
    await holdEndpoint(transaction, found.endpointId)
    const component = await requireInferenceComponent(scope, transaction, name)
    const { status, inferenceComponentArn } = component
    if (isInProgress(status)) {
      throw validationException(
        `Cannot update in-progress inference component "${inferenceComponentArn}": it is ${status}.`,
      )
    }
    return { component, story: await begin(transaction, component) }
  })
}

async function specificationOf(
  scope: RequestScope,
  component: InferenceComponent,
  given: SageMaker.InferenceComponentSpecification,
): Promise<NonNullable<WantedComponent['specification']>> {
  const { componentId, endpointId, endpointName, inferenceComponentName, variantName } = component
  const workloads = await readWorkloads(scope.database, endpointId)
  const present = workloads.findLast((one) => one.componentId === componentId)
  const request = mergedSpecification(present?.request ?? {}, given)
  const host = await requireComponentHost(scope, scope.database, { endpointName, variantName })
  const variant = await copyVariant(scope, host.variant, { inferenceComponentName, request })
  return { request, variant, placement: placementOf(request) }
}

async function announce(
  transaction: Queryable,
  { changes }: RequestScope,
  { endpointArn, inferenceComponentArn }: InferenceComponent,
): Promise<void> {
  await changes.announce(transaction, endpointArn)
  await changes.announce(transaction, inferenceComponentArn)
}

/** @throws ValidationException `Could not find inference component "arn…".` */
export async function requireInferenceComponent(
  scope: RequestScope,
  queryable: Queryable,
  name: string,
): Promise<InferenceComponent> {
  const component = await findInferenceComponent(queryable, scope, name)
  if (component) return component
  throw notFound(componentArn(scope, name))
}

function componentArn(scope: RequestScope, name: string): string {
  return sagemakerArn(scope, 'inference-component', name)
}

/** @source the beginning of the text: what public clients of AWS look for */
function notFound(arn: string): AwsError {
  return validationException(`Could not find inference component "${arn}".`)
}
