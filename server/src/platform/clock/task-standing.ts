import type { Engine } from '../engines/engine.ts'

/** How a task stands to the clock. */
export interface TaskStanding {
  readonly taskId: string
  /** Equal at two looks: nothing became of the task between them. */
  readonly mark: string
  /**
   * False for one that real time moves on by itself: that starts, stores what it made or was asked to end, or is
   * a service that has not answered yet. The clock waits for those, as nothing that happens to them should
   * depend on how slow this machine is. A job that runs is settled: it may take hours, and have a bound that
   * shall be tried.
   */
  readonly isSettled: boolean
}

const PASSING: ReadonlySet<string> = new Set(['Starting', 'Downloading', 'Uploading'])
/** The kind of tasks that serve. */
const SERVICE_KIND = 'Replica'

export async function taskStandings(engine: Engine): Promise<readonly TaskStanding[]> {
  const tasks = await engine.list()
  return Promise.all(
    tasks.map(async ({ taskId, kind, state, isStopping }) => {
      const isRunning = state === 'Running'
      const isService = isRunning && kind === SERVICE_KIND
      const isReady = !isService || (await engine.observe(taskId)).ready
      const isSettled = !PASSING.has(state) && !(isRunning && (isStopping || !isReady))
      return { taskId, mark: `${state} ${isStopping} ${isReady}`, isSettled }
    }),
  )
}
