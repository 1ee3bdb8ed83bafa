import type { Tag } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { insertTags } from '../tags/index.ts'
import { nameTaken, wrongStatus } from './job-refusals.ts'
import type { JobRecord, JobTable } from './job-table.store.ts'

/**
 * Writes a new job down together with its tags, and tells everyone.
 *
 * @param options.insert answers false when the name is taken
 * @throws ResourceInUse then
 */
export async function recordJob(
  scope: RequestScope,
  options: {
    readonly arn: string
    readonly tags: Tag[] | undefined
    readonly nouns: Parameters<typeof nameTaken>[0]
    readonly insert: (transaction: Queryable) => Promise<boolean>
  },
): Promise<void> {
  const { arn, tags, nouns, insert } = options
  await scope.database.transaction(async (transaction) => {
    if (!(await insert(transaction))) throw nameTaken(nouns, arn)
    await insertTags(transaction, scope, { resourceArn: arn, tags })
    await scope.changes.announce(transaction, arn)
  })
}

/**
 * Writes down that a job is to stop, for its story to do it. Stopping twice is stopping once.
 *
 * @returns false when the job is gone
 * @throws ValidationException when the job has ended
 */
export async function stopJob<
  State extends { readonly status: string },
  Job extends JobRecord<State>,
>(
  scope: RequestScope,
  options: {
    readonly jobs: JobTable<Job, State>
    readonly id: string
    /** E.g. `training job`. */
    readonly noun: string
    readonly stopping: (state: State, now: Date) => State
  },
): Promise<boolean> {
  const { jobs, id, noun, stopping } = options
  const stopped = await jobs.change(scope, id, ({ state }) => {
    if (state.status === 'Stopping') return undefined
    if (state.status !== 'InProgress') throw wrongStatus(noun, state.status)
    return stopping(state, scope.clock.now())
  })
  return stopped !== undefined
}
