import { type Clock, systemClock } from '../../base/clock.ts'
import { createPasses } from '../../base/passes.ts'
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
  const passes = createEndpointPasses(platform)
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

interface EndpointPasses {
  /** Looks at the endpoint soon; once more when a look is under way. */
  request(endpointId: string): void
  /** Looks at the endpoints that wait for gateways, or for a moment. */
  requestDraining(): void
  /** Takes no more requests; resolves when no pass is under way. */
  end(): Promise<void>
}

/** Passes over endpoints, each again when a moment comes that it waits for. */
function createEndpointPasses(platform: Platform): EndpointPasses {
  const alarms = new Map<string, AbortController>()

  const passes = createPasses({
    pass: async (endpointId) => {
      alarms.get(endpointId)?.abort()
      alarms.delete(endpointId)
      setAlarm(endpointId, await reconcileFleet(platform, endpointId))
    },
    runningMax: PASSES_MAX,
    // the sweep tries again
    report: (error, endpointId) =>
      platform.log.warn('an endpoint could not be brought on', { endpointId, error }),
  })
  const setAlarm = (endpointId: string, look: NextLook): void => {
    if (!look.platform && !look.wall) return
    const alarm = new AbortController()
    alarms.set(endpointId, alarm)
    const ring = (clock: Clock, at: Date | undefined): void => {
      if (!at) return
      clock.until(at, alarm.signal).then(
        () => passes.request(endpointId),
        () => undefined,
      )
    }
    ring(platform.clock, look.platform)
    ring(systemClock, look.wall)
  }
  return {
    request: passes.request,
    requestDraining: () => {
      // one that is being looked at may have been asked of the gateways just before they answered
      for (const endpointId of [...alarms.keys(), ...passes.underWay()]) passes.request(endpointId)
    },
    end: async () => {
      for (const alarm of alarms.values()) alarm.abort()
      await passes.end()
      for (const alarm of alarms.values()) alarm.abort()
    },
  }
}
