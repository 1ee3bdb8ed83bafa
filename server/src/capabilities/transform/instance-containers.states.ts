import type { TaskObservation } from '../../platform/engines/engine.ts'
import { cameToItsEnd, type InstanceObservation, isLost, isOver } from './instance.states.ts'

/** How an instance stands by what is seen of its containers' tasks. */
export type SeenContainers = Pick<
  InstanceObservation,
  'state' | 'startedAt' | 'end' | 'container' | 'lingers'
>

/**
 * Several tasks as one instance. The first sends the objects through all containers, so its end is the
 * instance's; but when objects failed because another container had gone, that one's end is.
 */
export function seenTogether(tasks: readonly TaskObservation[]): SeenContainers {
  const [first] = tasks
  if (!first) throw new RangeError('an instance runs at least one container')
  const began = tasks.flatMap(
    ({ phases }) => phases.find(({ phase }) => phase === 'Downloading') ?? [],
  )
  const startedAt = began.map(({ at }) => at).toSorted()[0]
  const common = {
    ...(startedAt !== undefined && { startedAt }),
    ...(tasks.some(isOver) && !tasks.every(isOver) && { lingers: true as const }),
  }
  const seenAs = (index: number): SeenContainers => {
    const { state, end } = tasks[index] ?? first
    const container = tasks.length > 1 && { container: index }
    return { ...common, state, ...(end && { end }), ...container }
  }
  if (first.end?.transformed?.failureCount === 0) return seenAs(0)
  const broken = tasks.findIndex((task) => hasBroken(task))
  if (broken >= 0) return seenAs(broken)
  const lost = tasks.findIndex(isLost)
  if (lost >= 0) return seenAs(lost)
  if (cameToItsEnd(first)) return seenAs(0)
  const over = tasks.findIndex(isOver)
  return seenAs(Math.max(over, 0))
}

/** It ended by itself before everything had been sent through it. */
function hasBroken(task: TaskObservation): boolean {
  return task.end !== undefined && task.end.cause !== 'Stopped' && !cameToItsEnd(task)
}
