import { monotonicMs } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { inRealTime, keepLooking } from '../../base/lookout.ts'
import type { SteerableClock } from '../../base/steerable-clock.ts'
import type { WorkGauge } from '../../base/work-gauge.ts'
import type { Changes } from '../database/changes.ts'
import type { Database } from '../database/database.ts'
import { CLOCK_TOPIC, readClockSetting } from './clock-setting.store.ts'
import { ANSWER_TOPIC_PREFIX, idle, ROUND_TOPIC_PREFIX } from './settling.ts'

export interface ClockFeedOptions {
  readonly clock: SteerableClock
  readonly gatewayId: string
  readonly database: Database
  /** Fails while Postgres is away; is then called again. */
  readonly openChanges: () => Promise<Changes>
  /** The gateway's own queries. */
  readonly gauge: WorkGauge
  /** Stores what was counted before the clock's present reading. */
  readonly settle: () => Promise<void>
  readonly log: Log
}

const RETRY_MS = 500
/** Looked at this often though nothing is announced, in case something was missed. */
const SWEEP_MS = 5_000
const REST_MS_MAX = 1_000

/**
 * Keeps a gateway's clock as control steers it. While Postgres is away the clock goes on by its last
 * setting; a gateway that starts then has the wall's time until it can read the setting.
 *
 * @returns when the setting was read, or Postgres turned out to be away
 */
export async function startClockFeed(options: ClockFeedOptions): Promise<AsyncDisposable> {
  const { clock, database, gauge, log } = options
  let knownVersion = 0
  let changes: Changes | undefined
  let subscription: Disposable | undefined
  let rounds: string[] = []

  const look = async (): Promise<void> => {
    changes ??= await connect()
    const asked = rounds
    rounds = []
    const { version, earlier, ...setting } = await readClockSetting(database)
    if (version !== knownVersion) clock.steer(setting, earlier)
    knownVersion = version
    if (asked.length === 0) return
    await options.settle()
    await idle(gauge, monotonicMs() + REST_MS_MAX)
    for (const round of asked) {
      await changes.tell(`${ANSWER_TOPIC_PREFIX}${round}/${options.gatewayId}`)
    }
  }
  const connect = async (): Promise<Changes> => {
    const opened = await options.openChanges()
    subscription = opened.subscribe(CLOCK_TOPIC, (topic) => {
      if (topic?.startsWith(ROUND_TOPIC_PREFIX)) rounds.push(topic.slice(ROUND_TOPIC_PREFIX.length))
      lookout.hint()
    })
    return opened
  }
  const lookout = keepLooking(async () => {
    try {
      await look()
      return [inRealTime(SWEEP_MS)]
    } catch (error) {
      log.debug('the clock’s setting could not be read', { error })
      return [inRealTime(RETRY_MS)]
    }
  })
  await lookout.first
  return {
    [Symbol.asyncDispose]: async () => {
      await lookout[Symbol.asyncDispose]()
      subscription?.[Symbol.dispose]()
    },
  }
}
