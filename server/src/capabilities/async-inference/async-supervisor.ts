import { newUuid } from '../../base/ids.ts'
import { createPasses } from '../../base/passes.ts'
import type { Platform } from '../../platform/scope.ts'
import { ROUTE_TOPIC_PREFIX, type RouteKey, readRoute, readRoutes } from '../inference/index.ts'
import { leaseInvocations, type Slot } from './async-dispatch.ts'
import { createEndings, endAbandoned, expireInvocations, sendTopicTests } from './async-ending.ts'
import { attemptInvocation } from './async-invocation.activities.ts'
import {
  readBacklogs,
  releaseExpiredLeases,
  releaseInvocation,
  renewLeases,
} from './async-invocation.store.ts'
import { ASYNC_TOPIC_PREFIX, type LeasedInvocation, queueKey } from './async-invocation.ts'
import { publishBacklogs } from './async-metrics.ts'
import { ContainerUnreachable } from './container-call.ts'

/** Leases are renewed, those of dead processes released, and everything looked at, this often (real time). */
const SWEEP_MS = 2_000
/** A replica that could not be reached gets nothing for so long, unless its endpoint is published anew. */
const SHUN_MS = 2_000
const PASSES_MAX = 4
const MINUTE_MS = 60_000

/**
 * Works off the queues of asynchronous endpoints, from the moment that it is called: gives requests to
 * replicas that have room, follows them to their end, expires what nobody took, and publishes the backlog's
 * metrics. Several processes may do so over one Postgres; what one of them had when it died is queued again.
 */
export function superviseAsyncInference(platform: Platform): AsyncDisposable {
  const { changes, database, log } = platform
  const owner = newUuid()
  const stopping = new AbortController()
  const shunned = new Set<string>()
  const attempts = new Set<Promise<void>>()
  const endings = createEndings(platform, owner)
  const minutes = createMinutes(platform, stopping.signal)

  const passes = createPasses({
    runningMax: PASSES_MAX,
    report: (error, key) => log.warn('a queue could not be worked on', { queue: key, error }),
    pass: async (key) => {
      const route = await readRoute(database, parseKey(key))
      if (!route) return endAbandoned(platform, parseKey(key))
      if (!route.fleets.some(({ asyncInference }) => asyncInference)) return
      minutes.begin()
      await sendTopicTests(platform, route)
      for (const { invocation, slot } of await leaseInvocations(platform, route, {
        owner,
        shunned,
      })) {
        const attempt = work(invocation, slot).catch((error: unknown) =>
          // its lease runs out, and it is queued again
          log.warn('an invocation could not be ended', { ...about(invocation), error }),
        )
        attempts.add(attempt)
        void attempt.finally(() => attempts.delete(attempt))
      }
    },
  })

  const work = async (invocation: LeasedInvocation, slot: Slot): Promise<void> => {
    const { invocationId } = invocation
    const { config, containers } = slot
    const leasedAt = platform.clock.now()
    const attempt = { invocation, config, containers, signal: stopping.signal }
    try {
      const outcome = await attemptInvocation(platform, attempt)
      await endings.finish({ invocation, config, leasedAt, outcome })
    } catch (error) {
      const isStopping = stopping.signal.aborted
      if (!isStopping && !(error instanceof ContainerUnreachable)) throw error
      const forgive = isStopping || (error instanceof ContainerUnreachable && !error.reached)
      await releaseInvocation(database, { invocationId, owner, forgive })
      if (isStopping) return
      log.info('an invocation is queued again', { ...about(invocation), error })
      shun(slot.replicaId)
    }
    passes.request(queueKey({ ...invocation.place, ...invocation }))
  }
  const shun = (replicaId: string): void => {
    shunned.add(replicaId)
    setTimeout(() => shunned.delete(replicaId), SHUN_MS).unref()
  }

  const sweep = async (): Promise<void> => {
    await renewLeases(database, owner)
    await releaseExpiredLeases(database)
    await expireInvocations(platform)
    for (const { place, endpointName } of await readBacklogs(database)) {
      passes.request(queueKey({ ...place, endpointName }))
    }
    for (const route of (await readRoutes(database)).routes) {
      if (route.fleets.some(({ asyncInference }) => asyncInference)) passes.request(queueKey(route))
    }
  }
  const report = (error: unknown): void =>
    log.warn('the queues of asynchronous endpoints could not be looked at', { error })
  const everything = (): void => void sweep().catch(report)

  const subscriptions = [
    changes.subscribe(ASYNC_TOPIC_PREFIX, (topic) => {
      if (topic === undefined) everything()
      else passes.request(topic.slice(ASYNC_TOPIC_PREFIX.length))
    }),
    changes.subscribe(ROUTE_TOPIC_PREFIX, (topic) => {
      if (topic === undefined) return
      shunned.clear()
      passes.request(topic.slice(ROUTE_TOPIC_PREFIX.length))
    }),
  ]
  const timer = setInterval(everything, SWEEP_MS)
  everything()

  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await passes.end()
      stopping.abort(new Error('the process ends'))
      await Promise.all([...attempts, minutes.end()])
    },
  }
}

/** Publishes backlogs and expires requests each minute, as long as there is an asynchronous endpoint. */
function createMinutes(platform: Platform, signal: AbortSignal) {
  const { clock, log } = platform
  let running: Promise<void> | undefined
  const minute = async (): Promise<boolean> => {
    const next = new Date((Math.floor(clock.now().getTime() / MINUTE_MS) + 1) * MINUTE_MS)
    // an abort is how the wait ends early
    await clock.until(next, signal).catch(() => undefined)
    if (signal.aborted) return false
    try {
      await expireInvocations(platform)
      return await publishBacklogs(platform, next)
    } catch (error) {
      log.warn('backlogs could not be published', { error })
      return true
    }
  }
  return {
    /** There is an asynchronous endpoint, or may be. */
    begin: (): void => {
      running ??= (async () => {
        let goesOn = true
        while (goesOn) goesOn = await minute()
        running = undefined
      })()
    },
    end: async (): Promise<void> => running,
  }
}

function parseKey(key: string): RouteKey {
  const [account = '', region = '', endpointName = ''] = key.split('/')
  return { account, region, endpointName }
}

function about({ invocationId, endpointName, replicaId }: LeasedInvocation) {
  return { invocationId, endpointName, replicaId }
}
