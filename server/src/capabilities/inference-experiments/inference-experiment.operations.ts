import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { AwsError, resourceInUse, resourceNotFound } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requirePassableRole } from '../identity/index.ts'
import { requireModel } from '../models/index.ts'
import { insertTags, readTags, removeTags } from '../tags/index.ts'
import { planFor } from './inference-experiment.activities.ts'
import { UNFINISHED } from './inference-experiment.states.ts'
import {
  changeExperiment,
  deleteExperiment,
  type ExperimentChange,
  findExperiment,
  findUnfinished,
  insertExperiment,
  lockExperiment,
} from './inference-experiment.store.ts'
import type { ExperimentRequest, InferenceExperiment } from './inference-experiment.ts'
import {
  experimentRequest,
  readSchedule,
  readStop,
  validateVariants,
} from './inference-experiment.validation.ts'

type Status = SageMaker.InferenceExperimentStatus

/** @throws ValidationException, ResourceInUse when the name is taken or the endpoint has another experiment */
export async function createInferenceExperiment(
  input: SageMaker.CreateInferenceExperimentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateInferenceExperimentCommandOutput, '$metadata'>> {
  const request = experimentRequest(input)
  validateVariants(request)
  const now = scope.clock.now()
  const schedule = readSchedule(input.Schedule, { now })
  readTags(input.Tags)
  await requirePassableRole(scope, input.RoleArn ?? '')
  await requireModels(scope, request)
  const experimentName = input.Name ?? ''
  const experimentArn = sagemakerArn(scope, 'inference-experiment', experimentName)
  const { realm, account, region } = scope
  const experiment: InferenceExperiment = {
    place: { realm, account, region },
    ...{ experimentName, experimentArn, request, ...schedule },
    status: 'Creating',
    createdAt: now,
    modifiedAt: now,
  }
  await scope.database.transaction(async (transaction) => {
    const endpointName = request.EndpointName ?? ''
    const other = await findUnfinished(transaction, scope, { endpointName, statuses: UNFINISHED })
    if (other !== undefined) {
      throw resourceInUse(`Endpoint "${endpointName}" is part of inference experiment "${other}".`)
    }
    if (!(await insertExperiment(transaction, experiment))) {
      throw resourceInUse(`Inference experiment "${experimentName}" already exists.`)
    }
    await insertTags(transaction, scope, { resourceArn: experimentArn, tags: input.Tags })
    await scope.changes.announce(transaction, experimentArn)
  })
  return { InferenceExperimentArn: experimentArn }
}

/** Begins one that was created, before its time. @throws ResourceNotFound, ConflictException */
export async function startInferenceExperiment(
  input: SageMaker.StartInferenceExperimentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.StartInferenceExperimentCommandOutput, '$metadata'>> {
  return changeLocked(scope, input.Name, {
    from: ['Creating', 'Created'],
    change: () => ({ startAt: scope.clock.now() }),
  })
}

/** Ends one; a trial that has not begun is cancelled. @throws ResourceNotFound, ConflictException, ValidationException */
export async function stopInferenceExperiment(
  input: SageMaker.StopInferenceExperimentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.StopInferenceExperimentCommandOutput, '$metadata'>> {
  const now = scope.clock.now()
  return changeLocked(scope, input.Name, {
    from: ['Creating', 'Created', 'Starting', 'Running', 'Updating'],
    change: (experiment) => {
      const stop = readStop(input, experiment.request)
      const statusReason = stop.reason === undefined ? {} : { statusReason: stop.reason }
      if (experiment.status === 'Creating' || experiment.status === 'Created') {
        return { to: 'Cancelled', stop, completedAt: now, ...statusReason }
      }
      return { to: 'Stopping', stop, plan: planFor(experiment), ...statusReason }
    },
    after: async ({ request }, { stop }) => {
      const desired = stop?.desiredVariants
      if (desired) await requireModels(scope, { ...request, ModelVariants: [...desired] })
    },
  })
}

/** @throws ResourceNotFound, ConflictException, ValidationException */
export async function updateInferenceExperiment(
  input: SageMaker.UpdateInferenceExperimentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateInferenceExperimentCommandOutput, '$metadata'>> {
  const now = scope.clock.now()
  const { Name: name, Schedule: schedule, ...members } = input
  const given = Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<ExperimentRequest>
  const { Description: _description, ...deployed } = given
  return changeLocked(scope, name, {
    from: ['Created', 'Running'],
    change: (experiment) => {
      const request: ExperimentRequest = { ...experiment.request, ...given }
      validateVariants(request)
      const changed = { request, ...readSchedule(schedule, { now, present: experiment }) }
      if (experiment.status === 'Created' || Object.keys(deployed).length === 0) return changed
      return { ...changed, to: 'Updating', plan: planFor(experiment) }
    },
    after: async (_experiment, { request }) => {
      if (request) await requireModels(scope, request)
    },
  })
}

/** Takes the record away; the endpoint stays as it is. @throws ResourceNotFound, ConflictException */
export async function deleteInferenceExperiment(
  input: SageMaker.DeleteInferenceExperimentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DeleteInferenceExperimentCommandOutput, '$metadata'>> {
  return scope.database.transaction(async (transaction) => {
    const experiment = await lockExperiment(transaction, scope, input.Name ?? '')
    if (!experiment) throw experimentNotFound(scope, input.Name)
    requireStatus(experiment, ['Created', 'Completed', 'Cancelled'])
    const { experimentArn } = experiment
    await deleteExperiment(transaction, experiment)
    await removeTags(transaction, scope, experimentArn)
    await scope.changes.announce(transaction, experimentArn)
    return { InferenceExperimentArn: experimentArn }
  })
}

export async function requireExperiment(
  scope: RequestScope,
  name: string | undefined,
): Promise<InferenceExperiment> {
  const experiment = await findExperiment(scope.database, scope, name ?? '')
  if (!experiment) throw experimentNotFound(scope, name)
  return experiment
}

async function changeLocked(
  scope: RequestScope,
  name: string | undefined,
  options: {
    readonly from: readonly Status[]
    readonly change: (experiment: InferenceExperiment) => Omit<ExperimentChange, 'from' | 'at'>
    /** What is still to be refused once the change is known. */
    readonly after?: (
      experiment: InferenceExperiment,
      change: Omit<ExperimentChange, 'from' | 'at'>,
    ) => Promise<void>
  },
): Promise<{ InferenceExperimentArn: string }> {
  const { from } = options
  return scope.database.transaction(async (transaction) => {
    const experiment = await lockExperiment(transaction, scope, name ?? '')
    if (!experiment) throw experimentNotFound(scope, name)
    requireStatus(experiment, from)
    const change = options.change(experiment)
    await options.after?.(experiment, change)
    await changeExperiment(transaction, experiment, { ...change, from, at: scope.clock.now() })
    await scope.changes.announce(transaction, experiment.experimentArn)
    return { InferenceExperimentArn: experiment.experimentArn }
  })
}

function requireStatus(
  { experimentName, status }: InferenceExperiment,
  allowed: readonly Status[],
): void {
  if (allowed.includes(status)) return
  throw new AwsError(
    'ConflictException',
    `Inference experiment "${experimentName}" is in ${status} status: this takes ${allowed.join(', ')}.`,
  )
}

async function requireModels(scope: RequestScope, request: ExperimentRequest): Promise<void> {
  for (const { ModelName: modelName = '' } of request.ModelVariants ?? []) {
    await requireModel(scope, modelName)
  }
}

function experimentNotFound(scope: RequestScope, name: string | undefined): AwsError {
  const arn = sagemakerArn(scope, 'inference-experiment', name ?? '')
  return resourceNotFound(`Could not find inference experiment "${arn}".`)
}
