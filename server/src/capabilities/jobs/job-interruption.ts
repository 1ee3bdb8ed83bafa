import { validationException } from '../../aws/errors.ts'
import type { Platform } from '../../platform/scope.ts'
import { type Interruptible, interruptedState } from './job-interruption.states.ts'
import { wrongStatus } from './job-refusals.ts'
import type { JobLocation, JobRecord, JobTable } from './job-table.store.ts'
import { type JobTarget, locateJob } from './job-target.ts'

/** What can be made to befall the jobs of one kind, by the capability that runs them. */
export interface JobFaults {
  /** As in ARNs, e.g. `training-job`. */
  readonly kind: string
  readonly hasSpotInstances: boolean
  /** @returns the ARN of the job of that name in the account's present life, where there is one */
  find(job: JobLocation): Promise<string | undefined>
  /** Ends the job as if its program had ended with this code, 1 to 255. @throws AwsError when that cannot be */
  fail(jobArn: string, exitCode: number): Promise<void>
  /** Takes its machine away. @throws AwsError when that cannot be */
  interrupt(jobArn: string): Promise<void>
}

/**
 * Writes down what befalls a job, for its story to carry out: it happens even if control dies at this moment. To
 * ask for what is on its way already changes nothing.
 *
 * @throws ValidationException when there is no such job, it is not InProgress, or something else is on its way
 */
export async function interruptJob<
  Interruption extends { readonly kind: string },
  State extends Interruptible<Interruption>,
  Job extends JobRecord<State>,
>(
  platform: Platform,
  by: {
    readonly jobs: JobTable<Job, State>
    /** As in ARNs. */
    readonly kind: string
    readonly target: JobTarget
    readonly interruptionOf: (job: Job) => Interruption
  },
): Promise<void> {
  const { jobs, kind, target, interruptionOf } = by
  const found = await jobs.findPresent(platform.database, locateJob(platform, { target, kind }))
  const changed =
    found &&
    (await jobs.change(platform, found.id, (job) => {
      const interruption = interruptionOf(job)
      requireFree(job.state, { interruption, noun: kind.replaceAll('-', ' ') })
      return interruptedState(job.state, interruption, platform.clock.now())
    }))
  if (!changed) throw validationException('Requested resource not found.')
}

/** @throws ValidationException unless it is 1 to 255 */
export function requireExitCode(exitCode: number): void {
  if (Number.isInteger(exitCode) && exitCode >= 1 && exitCode <= 255) return
  throw validationException(`The exit code is ${exitCode}: it must be a whole number, 1 to 255.`)
}

function requireFree<Interruption extends { readonly kind: string }>(
  state: Interruptible<Interruption>,
  { interruption, noun }: { readonly interruption: Interruption; readonly noun: string },
): void {
  if (state.status !== 'InProgress') throw wrongStatus(noun, state.status)
  if (!state.interruption || state.interruption.kind === interruption.kind) return
  throw validationException(
    `The request was rejected because the ${noun} is being interrupted already (${state.interruption.kind}).`,
  )
}
