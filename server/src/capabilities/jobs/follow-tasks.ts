import type { Platform } from '../../platform/scope.ts'
import { realmTopic } from '../identity/index.ts'
import type { JobRecord } from './job-table.store.ts'

/** What one look at a job and its tasks found: that it is over, or until when to wait. */
export interface Look<Ended> {
  readonly ended?: Ended
  /** Of the platform's clock; absent: until something changes. */
  readonly deadline?: Date
}

/**
 * Looks at a job and its tasks whenever one of them changes, and at the deadline of the look before, until it is
 * over. When the process ends it never resolves: the next one resumes the story here.
 *
 * @param follow.taskPrefix how the ids of the job's tasks begin
 * @param follow.look does what is due, until there is nothing left to do but wait
 */
export async function followTasks<Ended>(
  { changes, clock }: Pick<Platform, 'changes' | 'clock'>,
  follow: {
    readonly job: Pick<JobRecord<unknown>, 'id' | 'arn' | 'account'>
    readonly taskPrefix: string
    readonly look: () => Promise<Look<Ended>>
  },
): Promise<Ended> {
  const { job, taskPrefix, look } = follow
  const topic = `job-story/${job.id}`
  const wake = (): void => changes.hint(topic)
  const watched = [`task/${taskPrefix}`, job.arn, realmTopic(job.account)]
  const subscriptions = watched.map((prefix) => changes.subscribe(prefix, wake))
  try {
    let deadline: Date | undefined
    for (;;) {
      const armed = deadline
      const found = await changes.waitFor(
        topic,
        async () => {
          const seen = await look()
          const isNews = seen.ended !== undefined || seen.deadline?.getTime() !== armed?.getTime()
          return isNews ? seen : undefined
        },
        armed ? { deadline: armed } : {},
      )
      if (found?.ended !== undefined) return found.ended
      if (!found && !(armed && clock.now() >= armed)) await processEnds()
      deadline = found?.deadline
    }
  } finally {
    for (const subscription of subscriptions) subscription[Symbol.dispose]()
  }
}

/** Waits were released: this process is about to go. */
function processEnds(): Promise<never> {
  return new Promise(() => undefined)
}
