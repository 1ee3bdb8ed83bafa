import type {
  CreateInferenceExperimentCommandInput,
  InferenceExperimentSchedule,
  StopInferenceExperimentCommandInput,
} from '@aws-sdk/client-sagemaker'
import { type AwsError, validationException } from '../../aws/errors.ts'
import {
  type ExperimentRequest,
  type ExperimentStop,
  usualActions,
  variantNames,
} from './inference-experiment.ts'

const DAY_MS = 86_400_000
/** @source AWS's guide, "Create a shadow test": seven days when no end is given, thirty at most */
const DURATION_DAYS_DEFAULT = 7
const DURATION_DAYS_MAX = 30
/** A start that is so little in the past was the present when it was written. */
const PAST_MS_MAX = 60_000

/** Refuses variants that do not make a shadow test. */
export function validateVariants(request: ExperimentRequest): void {
  const { production, shadow } = variantNames(request)
  const names = request.ModelVariants?.map(({ VariantName: name }) => name) ?? []
  if (production === shadow) {
    throw validationException(
      `"${production}" is both the source and the shadow of ShadowModeConfig: give two variants.`,
    )
  }
  const isComplete = names.length === 2 && names.includes(production) && names.includes(shadow)
  if (!isComplete) {
    throw validationException(
      `ModelVariants are ${JSON.stringify(names)}: give the two that ShadowModeConfig names, ` +
        `"${production}" and "${shadow}".`,
    )
  }
}

/** @returns when the experiment begins and ends @throws ValidationException when that makes no sense */
export function readSchedule(
  schedule: InferenceExperimentSchedule | undefined,
  { now, present }: { readonly now: Date; readonly present?: { startAt: Date; endAt: Date } },
): { readonly startAt: Date; readonly endAt: Date } {
  const startAt = schedule?.StartTime ?? present?.startAt ?? now
  const usualEnd = new Date(startAt.getTime() + DURATION_DAYS_DEFAULT * DAY_MS)
  const endAt = schedule?.EndTime ?? present?.endAt ?? usualEnd
  if (!present && startAt.getTime() < now.getTime() - PAST_MS_MAX) {
    throw badSchedule(`StartTime ${startAt.toISOString()} is in the past`)
  }
  if (endAt <= startAt || endAt <= now) {
    throw badSchedule(`EndTime ${endAt.toISOString()} is not after StartTime and the present time`)
  }
  if (endAt.getTime() - startAt.getTime() > DURATION_DAYS_MAX * DAY_MS) {
    throw badSchedule(`an experiment lasts ${DURATION_DAYS_MAX} days at most`)
  }
  return { startAt, endAt }
}

/** What is to become of each variant, with what is usual where nothing is said. */
export function readStop(
  input: StopInferenceExperimentCommandInput,
  request: ExperimentRequest,
): ExperimentStop {
  const { production, shadow } = variantNames(request)
  const given = input.ModelVariantActions ?? {}
  const named = [
    ...Object.keys(given),
    ...(input.DesiredModelVariants ?? []).map(({ VariantName: name = '' }) => name),
  ]
  const unknown = named.find((name) => name !== production && name !== shadow)
  if (unknown !== undefined) {
    throw validationException(
      `The experiment has no variant "${unknown}": it has "${production}" and "${shadow}".`,
    )
  }
  const actions = { ...usualActions(request), ...given } as ExperimentStop['actions']
  if (actions[production] === 'Promote') {
    throw validationException(`"${production}" is in production: retain or remove it.`)
  }
  if (actions[production] === 'Remove' && actions[shadow] !== 'Promote') {
    throw validationException(
      `No variant would be in production: promote "${shadow}" or retain "${production}".`,
    )
  }
  return {
    actions,
    ...(input.DesiredModelVariants && { desiredVariants: input.DesiredModelVariants }),
    desiredState: input.DesiredState ?? 'Completed',
    ...(input.Reason !== undefined && { reason: input.Reason }),
  }
}

/** What CreateInferenceExperiment asks for beside its name, tags and schedule. */
export function experimentRequest(input: CreateInferenceExperimentCommandInput): ExperimentRequest {
  const { Tags: _tags, Schedule: _schedule, ...request } = input
  return request as ExperimentRequest
}

function badSchedule(what: string): AwsError {
  return validationException(`Schedule is not possible: ${what}.`)
}
