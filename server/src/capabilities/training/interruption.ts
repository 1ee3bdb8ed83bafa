import { parseArn } from '../../aws/arn.ts'
import { validationException } from '../../aws/errors.ts'
import type { Platform } from '../../platform/scope.ts'
import { interruptedState } from './interruption.states.ts'
import type { Interruption, JobState } from './training-job.states.ts'
import { changeTrainingJob, findPresentJob, type TrainingJob } from './training-job.store.ts'

/** A training job: by its ARN, or by its name in the platform's own account and region unless others are given. */
export type TrainingJobTarget =
  | { readonly trainingJobArn: string }
  | {
      readonly trainingJobName: string
      readonly account?: string
      readonly region?: string
    }

/**
 * Takes a job's machine away. With EnableManagedSpotTraining its hosts get SIGTERM and two minutes, what
 * they put into the checkpoint folder is stored, and the job passes through `Interrupted` and `Restarting` to
 * `Starting` once more, with its checkpoints staged, until MaxWaitTimeInSeconds is over. Without, the first
 * host is gone at once with all that it had not stored, and the job fails with an InternalServerError,
 * unless its RetryStrategy starts it again.
 *
 * Returns when that is on record: it happens even if control dies at this moment. Interrupting a job whose
 * interruption has not taken effect yet changes nothing.
 *
 * @throws ValidationException when there is no such job, it is not InProgress, or an exit is on its way
 */
export async function interruptTrainingJob(
  platform: Platform,
  target: TrainingJobTarget,
): Promise<void> {
  await befall(platform, target, ({ request }) => ({
    kind: request.EnableManagedSpotTraining ? 'SpotReclaimed' : 'MachineLost',
  }))
}

/**
 * Kills the program of a job's first host, with all its processes, as soon as it runs; the job then ends as
 * if the program had ended with `exitCode`.
 *
 * Returns when that is on record, as `interruptTrainingJob` does.
 *
 * @param target.exitCode 1 to 255
 * @throws ValidationException when there is no such job, it is not InProgress, or something else is on its way
 */
export async function failTrainingJob(
  platform: Platform,
  target: TrainingJobTarget & { readonly exitCode: number },
): Promise<void> {
  const { exitCode } = target
  if (!Number.isInteger(exitCode) || exitCode < 1 || exitCode > 255) {
    throw validationException(`The exit code is ${exitCode}: it must be a whole number, 1 to 255.`)
  }
  await befall(platform, target, () => ({ kind: 'ProgramExited', exitCode }))
}

async function befall(
  platform: Platform,
  target: TrainingJobTarget,
  interruptionOf: (job: TrainingJob) => Interruption,
): Promise<void> {
  const found = await findPresentJob(platform.database, place(platform, target))
  const changed =
    found &&
    (await changeTrainingJob(platform, found.id, (job) => {
      const interruption = interruptionOf(job)
      requireFree(job.state, interruption)
      return interruptedState(job.state, interruption, platform.clock.now())
    }))
  if (!changed) throw validationException('Requested resource not found.')
}

function requireFree(state: JobState, interruption: Interruption): void {
  if (state.status !== 'InProgress') {
    throw validationException(
      `The request was rejected because the training job is in status ${state.status}.`,
    )
  }
  if (!state.interruption || state.interruption.kind === interruption.kind) return
  throw validationException(
    `The request was rejected because the training job is being interrupted already (${state.interruption.kind}).`,
  )
}

function place({ config }: Platform, target: TrainingJobTarget) {
  if (!('trainingJobArn' in target)) {
    const { trainingJobName: name, account = config.account, region = config.region } = target
    return { account, region, name }
  }
  const parts = parseArn(target.trainingJobArn)
  const [kind, name = ''] = parts?.resource.split('/') ?? []
  if (parts?.service !== 'sagemaker' || kind !== 'training-job') {
    throw validationException(`'${target.trainingJobArn}' is not the ARN of a training job.`)
  }
  return { account: parts.account, region: parts.region, name }
}
