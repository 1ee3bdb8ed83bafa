import type { Task } from '../../platform/engines/engine.ts'
import { type ReplicaOrder, replicaTask } from './replica.container.ts'
import { containerTaskId } from './replica-containers.states.ts'

/**
 * The tasks of one replica: one for each container, with its own model, environment and log stream. Each may
 * take all of the instance, which they share.
 */
export function replicaTasks(
  order: Omit<ReplicaOrder, 'taskToken' | 'taskId' | 'hostname'> & {
    readonly tokenFor: (taskId: string) => string
  },
): readonly Task[] {
  const { tokenFor, variant, replicaId, ...common } = order
  const { containers } = variant
  if (!containers) {
    return [replicaTask({ ...common, variant, replicaId, taskToken: tokenFor(replicaId) })]
  }
  const { container: _, modelData: __, ...shared } = variant
  return containers.all.map(({ hostname, ...own }, index) => {
    const taskId = containerTaskId(replicaId, index)
    const taskToken = tokenFor(taskId)
    return replicaTask({
      ...{ ...common, replicaId, taskId, hostname, taskToken },
      variant: { ...shared, ...own },
    })
  })
}
