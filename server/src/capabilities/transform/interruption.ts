import type { Platform } from '../../platform/scope.ts'
import { interruptJob, type JobFaults, type JobTarget, requireExitCode } from '../jobs/index.ts'
import type { Interruption } from './transform-job.states.ts'
import { transformJobs } from './transform-job.store.ts'

const KIND = 'transform-job'

/**
 * Takes a job's first instance away that has not ended, with all that runs on it. It is started anew and does all
 * of its objects again, as after a real loss: the third such loss fails the job.
 *
 * Returns when that is on record: it happens even if control dies at this moment.
 *
 * @throws ValidationException when there is no such job, it is not InProgress, or something else is on its way
 */
export async function interruptTransformJob(platform: Platform, target: JobTarget): Promise<void> {
  await befall(platform, target, { kind: 'MachineLost' })
}

/**
 * Kills the program of the first container of a job's first instance that runs; the job then fails as if it had
 * ended with `exitCode`. Returns when that is on record, as `interruptTransformJob` does.
 *
 * @param target.exitCode 1 to 255
 * @throws ValidationException when there is no such job, it is not InProgress, or something else is on its way
 */
export async function failTransformJob(
  platform: Platform,
  target: JobTarget & { readonly exitCode: number },
): Promise<void> {
  const { exitCode } = target
  requireExitCode(exitCode)
  await befall(platform, target, { kind: 'ProgramExited', exitCode })
}

/** What can be made to befall transform jobs. */
export function transformJobFaults(platform: Platform): JobFaults {
  return {
    kind: KIND,
    hasSpotInstances: false,
    find: async (job) => (await transformJobs.findPresent(platform.database, job))?.arn,
    fail: (jobArn, exitCode) => failTransformJob(platform, { jobArn, exitCode }),
    interrupt: (jobArn) => interruptTransformJob(platform, { jobArn }),
  }
}

function befall(platform: Platform, target: JobTarget, interruption: Interruption): Promise<void> {
  const interruptionOf = () => interruption
  const by = { jobs: transformJobs, kind: KIND, target, interruptionOf }
  return interruptJob(platform, by)
}
