import type { Platform } from '../../platform/scope.ts'
import { interruptJob, type JobFaults, type JobTarget, requireExitCode } from '../jobs/index.ts'
import type { Interruption } from './training-job.states.ts'
import { type TrainingJob, trainingJobs } from './training-job.store.ts'

const KIND = 'training-job'

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
export async function interruptTrainingJob(platform: Platform, target: JobTarget): Promise<void> {
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
  target: JobTarget & { readonly exitCode: number },
): Promise<void> {
  const { exitCode } = target
  requireExitCode(exitCode)
  await befall(platform, target, () => ({ kind: 'ProgramExited', exitCode }))
}

/** What can be made to befall training jobs. */
export function trainingJobFaults(platform: Platform): JobFaults {
  return {
    kind: KIND,
    hasSpotInstances: true,
    find: async (job) => (await trainingJobs.findPresent(platform.database, job))?.arn,
    fail: (jobArn, exitCode) => failTrainingJob(platform, { jobArn, exitCode }),
    interrupt: (jobArn) => interruptTrainingJob(platform, { jobArn }),
  }
}

function befall(
  platform: Platform,
  target: JobTarget,
  interruptionOf: (job: TrainingJob) => Interruption,
): Promise<void> {
  const by = { jobs: trainingJobs, kind: KIND, target, interruptionOf }
  return interruptJob(platform, by)
}
