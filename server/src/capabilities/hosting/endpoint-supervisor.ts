import { type Clock, systemClock } from '../../base/clock.ts'
import type { Platform } from '../../platform/scope.ts'
import { GATEWAY_TOPIC } from '../inference/route.store.ts'
import { findEndpointId, listEndpointIds } from './endpoint.store.ts'
import { type NextLook, reconcileFleet, removeOrphans } from './fleet.activities.ts'
import { replicaOfTask } from './replica-containers.states.ts'

/** Everything is looked at this often though nothing is announced: hints may be missed. */
const SWEEP_MS = 5_000
const SWEEPS_PER_CLEANING = 12
const PASSES_MAX = 4

/**
 * Keeps every endpoint's replicas as its fleets want them, from the moment that it is called: replicas
 * are started, replaced when they die, drained and ended. Level-triggered: announced changes of endpoints,
 * tasks and gateways only say where to look sooner than the sweep does.
 */
export function superviseEndpoints(platform: Platform): AsyncDisposable {
  const { changes, database, log } = platform
  const passes = createPasses(platform)
  const report = (error: unknown): void => log.warn('an endpoint could not be looked at', { error })
  let sweeps = 0

  const sweep = async (): Promise<void> => {
    for (const endpointId of await listEndpointIds(database)) passes.request(endpointId)
    if (sweeps++ % SWEEPS_PER_CLEANING === 0) await removeOrphans(platform)
  }
  const everything = (): void => void sweep().catch(report)
  const one = (by: Parameters<typeof findEndpointId>[1]): void => {
    findEndpointId(database, by)
      .then((endpointId) => endpointId && passes.request(endpointId))
      .catch(report)
  }
  const subscriptions = [
    changes.subscribe('arn:', (topic) => {
      if (topic === undefined) everything()
      else if (topic.includes(':endpoint/')) one({ endpointArn: topic })
    }),
    changes.subscribe(TASK_TOPIC_PREFIX, (topic) => {
      if (topic !== undefined)
        one({ replicaId: replicaOfTask(topic.slice(TASK_TOPIC_PREFIX.length)) })
    }),
    changes.subscribe(GATEWAY_TOPIC, () => passes.requestDraining()),
  ]
  const timer = setInterval(everything, SWEEP_MS)
  everything()

  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await passes.end()
    },
  }
}

/** The topic under which a task's changes are hinted. */
const TASK_TOPIC_PREFIX = 'task/'

interface Passes {
  /** Looks at the endpoint soon; once more when a look is under way. */
  request(endpointId: string): void
  /** Looks at the endpoints that wait for gateways, or for a moment. */
  requestDraining(): void
  /** Takes no more requests; resolves when no pass is under way. */
  end(): Promise<void>
}

/** One pass at a time per endpoint, and few in all. */
function createPasses(platform: Platform): Passes {
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const alarms = new Map<string, AbortController>()
  let ended = false

  const next = (): void => {
    for (const endpointId of waiting) {
      if (ended || running.size >= PASSES_MAX) return
      if (running.has(endpointId)) continue
      waiting.delete(endpointId)
      running.set(endpointId, pass(endpointId))
    }
  }
  const pass = async (endpointId: string): Promise<void> => {
    alarms.get(endpointId)?.abort()
    alarms.delete(endpointId)
    try {
      setAlarm(endpointId, await reconcileFleet(platform, endpointId))
    } catch (error) {
      // the sweep tries again
      platform.log.warn('an endpoint could not be brought on', { endpointId, error })
    } finally {
      running.delete(endpointId)
      next()
    }
  }
  const setAlarm = (endpointId: string, look: NextLook): void => {
    if (!look.platform && !look.wall) return
    const alarm = new AbortController()
    alarms.set(endpointId, alarm)
    const ring = (clock: Clock, at: Date | undefined): void => {
      if (!at) return
      clock.until(at, alarm.signal).then(
        () => request(endpointId),
        () => undefined,
      )
    }
    ring(platform.clock, look.platform)
    ring(systemClock, look.wall)
  }
  const request = (endpointId: string): void => {
    if (ended) return
    waiting.add(endpointId)
    next()
  }
  return {
    request,
    requestDraining: () => {
      // one that is being looked at may have been asked of the gateways just before they answered
      for (const endpointId of [...alarms.keys(), ...running.keys()]) request(endpointId)
    },
    end: async () => {
      ended = true
      for (const alarm of alarms.values()) alarm.abort()
      await Promise.all(running.values())
    },
  }
}
