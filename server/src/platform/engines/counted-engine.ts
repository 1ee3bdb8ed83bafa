import type { WorkGauge } from '../../base/work-gauge.ts'
import type { Engine } from './engine.ts'

/** The same engine, whose acts on tasks count as work under way: a clock that is moved waits for them. */
export function countedEngine(engine: Engine, gauge: WorkGauge): Engine {
  return {
    ...engine,
    start: (task) => gauge.track(() => engine.start(task)),
    observe: (taskId) => gauge.track(() => engine.observe(taskId)),
    stop: (taskId, options) => gauge.track(() => engine.stop(taskId, options)),
    kill: (taskId) => gauge.track(() => engine.kill(taskId)),
    usage: () => gauge.track(() => engine.usage()),
    remove: (taskId) => gauge.track(() => engine.remove(taskId)),
  }
}
