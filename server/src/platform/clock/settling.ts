import { after, monotonicMs, systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'
import type { WorkGauge } from '../../base/work-gauge.ts'
import type { Changes } from '../database/changes.ts'
import { CLOCK_TOPIC } from './clock-setting.store.ts'
import type { TaskStanding } from './task-standing.ts'

/** Under this topic control asks gateways to come to rest: `clock/<round>`. */
export const ROUND_TOPIC_PREFIX = `${CLOCK_TOPIC}/`
/** Under this one they answer that they have: `gateway-clock/<round>/<gateway>`. */
export const ANSWER_TOPIC_PREFIX = 'gateway-clock/'

export interface SettlingOptions {
  readonly changes: Changes
  /** All work that control itself does: queries, stories between two activities, acts on tasks. */
  readonly gauge: WorkGauge
  /** The gateways that are alive. */
  readonly gatewayIds: () => Promise<readonly string[]>
  /** All tasks, looked at without counting as work. */
  readonly tasks: () => Promise<readonly TaskStanding[]>
  /** Has everyone who waits for a task look at it. */
  readonly lookAt: (taskId: string) => void
}

/** Waits for what a moved clock began, in real time and within bounds. */
export interface Settling {
  /** Resolves when every living gateway has taken the present setting, and stored what belongs before it. */
  gatewaysFollow(): Promise<void>
  /**
   * Resolves when control, the gateways and tasks that start or end have come to rest. Where traffic has kept
   * them from it each time so far, less and less time is given to it.
   *
   * @param options.isPatient gives it all the time that there is
   */
  settled(options?: { readonly isPatient: boolean }): Promise<void>
}

/** A gateway that does not answer for this long is not waited for again in the same move. */
const GATEWAY_MS_MAX = 2_000
/** Under traffic from outside there is never rest: then the clock goes on after this long. */
const REST_MS_MAX = 500
/** So long it is waited for rest in the end, each time: a few times as long as rest takes to come without traffic. */
const REST_MS_MIN = 60
/** How long tasks that start or end hold the clock, per task. */
const TASK_MS_MAX = 30_000
const TASK_POLL_MS = 25
const TURNS = 3

/** One for each move of the clock: it remembers whom it has waited for in vain. */
export function createSettling(options: SettlingOptions): Settling {
  const { gauge } = options
  const askGateways = createRounds(options)
  const holdWhileTasksPass = createTaskHold(options)

  const rest = async (giveUpMs: number): Promise<void> => {
    while (monotonicMs() < giveUpMs) {
      await idle(gauge, giveUpMs)
      const { begun } = gauge
      // what was announced before comes before the answers do, so that they find it acted on
      await askGateways()
      if (gauge.begun === begun && gauge.underWay === 0) return
    }
  }
  let patienceMs = REST_MS_MAX
  let hasRested = false
  return {
    gatewaysFollow: askGateways,
    settled: async ({ isPatient } = { isPatient: false }) => {
      const restMs = isPatient ? REST_MS_MAX : patienceMs
      let giveUpMs = monotonicMs() + restMs
      for (;;) {
        await rest(giveUpMs)
        const { begun } = gauge
        if (await holdWhileTasksPass()) {
          giveUpMs = monotonicMs() + restMs
          continue
        }
        const isAtRest = gauge.begun === begun && gauge.underWay === 0
        if (!isAtRest && monotonicMs() < giveUpMs) continue
        hasRested ||= isAtRest
        patienceMs = hasRested ? REST_MS_MAX : Math.max(REST_MS_MIN, patienceMs / 2)
        return
      }
    },
  }
}

/** @returns a function that waits for tasks to settle, and answers whether anything became of any */
function createTaskHold({ tasks, lookAt }: SettlingOptions): () => Promise<boolean> {
  const marks = new Map<string, string>()
  const heldSinceMs = new Map<string, number>()

  /** @returns whether something became of a task since the last look */
  const look = async (): Promise<boolean> => {
    let isNews = false
    const present = await tasks()
    for (const taskId of marks.keys()) {
      if (present.some((task) => task.taskId === taskId)) continue
      marks.delete(taskId)
      heldSinceMs.delete(taskId)
      isNews = true
    }
    for (const { taskId, mark, isSettled } of present) {
      if (isSettled) heldSinceMs.delete(taskId)
      else if (!heldSinceMs.has(taskId)) heldSinceMs.set(taskId, monotonicMs())
      if (marks.get(taskId) === mark) continue
      marks.set(taskId, mark)
      isNews = true
      // whoever waits for it may not have heard of it yet
      lookAt(taskId)
    }
    return isNews
  }
  const isHolding = (): boolean => {
    const sinceMs = monotonicMs() - TASK_MS_MAX
    return [...heldSinceMs.values()].some((heldMs) => heldMs > sinceMs)
  }
  return async () => {
    let isNews = await look()
    // what became of a task may have to be acted on before others settle
    while (!isNews && isHolding()) {
      await after(systemClock, TASK_POLL_MS)
      isNews = await look()
    }
    return isNews
  }
}

/** Asks every living gateway to come to rest, and for control's own announcements to have arrived. */
function createRounds({ changes, gatewayIds }: SettlingOptions): () => Promise<void> {
  let asked: Promise<readonly string[]> | undefined
  const silent = new Set<string>()
  return async () => {
    asked ??= gatewayIds()
    const round = newShortId(12)
    const awaited = new Set([OWN, ...(await asked)].filter((id) => !silent.has(id)))
    const { promise, resolve } = Promise.withResolvers<void>()
    const heard = (gatewayId: string): void => {
      awaited.delete(gatewayId)
      if (awaited.size === 0) resolve()
    }
    const prefix = `${ANSWER_TOPIC_PREFIX}${round}/`
    const subscriptions = [
      changes.subscribe(prefix, (topic) => topic && heard(topic.slice(prefix.length))),
      changes.subscribe(`${ROUND_TOPIC_PREFIX}${round}`, (topic) => topic && heard(OWN)),
    ]
    const patience = new AbortController()
    try {
      await changes.tell(`${ROUND_TOPIC_PREFIX}${round}`)
      const isLate = await Promise.race([
        promise.then(() => false),
        after(systemClock, GATEWAY_MS_MAX, patience.signal).then(
          () => true,
          () => false,
        ),
      ])
      if (isLate) for (const gatewayId of awaited) silent.add(gatewayId)
    } finally {
      patience.abort()
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
    }
  }
}

const OWN = ''

/** Until nothing is under way for a few turns of the event loop. */
export async function idle(gauge: WorkGauge, giveUpMs: number): Promise<void> {
  let quiet = 0
  while (quiet < TURNS && monotonicMs() < giveUpMs) {
    if (gauge.underWay > 0) await after(systemClock, 1)
    else await new Promise((resolve) => setImmediate(resolve))
    quiet = gauge.underWay > 0 ? 0 : quiet + 1
  }
}
