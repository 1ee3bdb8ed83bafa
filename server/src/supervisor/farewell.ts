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
