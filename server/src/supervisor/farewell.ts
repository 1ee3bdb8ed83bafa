import { join } from 'node:path'
import { askAdminSocket } from '../platform/admin-socket.ts'
import { ADMIN_SOCKETS } from '../platform/run-directory.ts'

/** A task that runs, as control lists it. */
export interface RunningTask {
  readonly kind: string
  readonly name: string
}

/** What a stop of the platform means for the tasks that run now, in lines for a person. */
export function farewell(tasks: readonly RunningTask[]): readonly string[] {
  const jobs = namesOf(tasks, ({ kind }) => kind !== 'Replica')
  const endpoints = namesOf(tasks, ({ kind }) => kind === 'Replica')
  return [
    ...(jobs ? [`jobs that go on by themselves, until the next up adopts them: ${jobs}`] : []),
    ...(endpoints ? [`endpoints that end now, and come back with the next up: ${endpoints}`] : []),
  ]
}

function namesOf(tasks: readonly RunningTask[], isMeant: (task: RunningTask) => boolean): string {
  return [...new Set(tasks.filter(isMeant).map(({ name }) => name))].sort().join(', ')
}

/** What a stop means for what runs; nothing when control cannot say it just now, for a stop goes on without. */
export async function tellTasks(runDirectory: string): Promise<readonly string[]> {
  const path = join(runDirectory, ADMIN_SOCKETS.control)
  const answer = await askAdminSocket<{ tasks: RunningTask[] }>(path, 'GET', '/tasks').catch(
    () => undefined,
  )
  return farewell(answer?.tasks ?? [])
}
