import type { Engine } from '../engines/engine.ts'

const PASSING: ReadonlySet<string> = new Set(['Starting', 'Downloading', 'Uploading'])

/**
 * Tasks that real time moves on by itself: those that start or store what they made, and services that have
 * not answered yet. The clock waits for them, as nothing that happens to them should depend on how slow this
 * machine is. A job that runs is not one of them: it may take hours, and have a bound that shall be tried.
 */
export async function unsettledTaskIds(engine: Engine): Promise<readonly string[]> {
  const tasks = await engine.list()
  const found = await Promise.all(
    tasks.map(async ({ taskId, kind, state }) => {
      if (PASSING.has(state)) return [taskId]
      if (state !== 'Running' || kind !== SERVICE_KIND) return []
      return (await engine.observe(taskId)).ready ? [] : [taskId]
    }),
  )
  return found.flat()
}

/** The kind of tasks that serve. */
const SERVICE_KIND = 'Replica'
