import type { Queryable } from '../../platform/database/database.ts'
import { selectChanged, selectQuietMetrics } from '../metrics/index.ts'
import { lockComposites } from './alarm.store.ts'
import { changedAlarm, type MetricAlarm } from './alarm.ts'
import { actionsRepeated } from './alarm-action.ts'
import type { AlarmPlatform } from './alarm-change.activities.ts'
import { evaluateAlarms } from './alarm-evaluation.activities.ts'
import { alarmQueryOf } from './alarm-query.ts'
import { listRests, replaceRests } from './alarm-rest.store.ts'
import { type AlarmRest, restOf, windowsOf } from './alarm-rest.ts'
import { nextEvaluation, stepSecondsOf } from './alarm-window.ts'
import {
  listDueComposites,
  takeDueAlarms,
  takeQuickAlarms,
  takeRestingAlarms,
  updateEvaluatedAt,
  updateNextLooks,
} from './due-alarm.store.ts'
import { applySuppressions } from './suppression.activities.ts'

/** Alarms that are evaluated in one transaction. */
const BATCH_ALARMS = 500

/**
 * Evaluates every alarm that is due, those that were missed once. One that would find the same until some time,
 * or until there is new data, rests until then. Several controls share the work.
 */
export async function evaluateDueAlarms(platform: AlarmPlatform): Promise<void> {
  await endWaits(platform)
  await wakeRestingAlarms(platform)
  for (;;) {
    const taken = await platform.database.transaction(async (transaction) => {
      const now = platform.clock.now()
      const alarms = await takeDueAlarms(transaction, { now, limit: BATCH_ALARMS })
      if (alarms.length === 0) return 0
      // before they are read: what comes in between wakes the alarm, if need be for nothing
      const rests = await readRests(transaction, alarms, now)
      const evaluations = await evaluateAlarms(platform, transaction, {
        alarms,
        cause: 'Scheduled',
        now,
      })
      for (const { alarm, found } of evaluations) {
        if (actionsRepeated(changedAlarm(found, now)).length > 0) rests.delete(alarm.alarmId)
      }
      await writeNextLooks(transaction, { alarms, rests, now })
      return alarms.length
    })
    if (taken < BATCH_ALARMS) return
  }
}

/**
 * Alarms whose metrics have other samples than when they came to rest are due: when one should have been
 * evaluated is not known, and to do so once more than the time asks for finds nothing else.
 */
async function wakeRestingAlarms({ clock, database }: AlarmPlatform): Promise<void> {
  const rests = await listRests(database)
  if (rests.length === 0) return
  const changed = await selectChanged(database, rests)
  if (changed.length === 0) return
  const alarmIds = changed.flatMap((index) => rests[index]?.alarmId ?? [])
  await database.transaction(async (transaction) => {
    const taken = await takeRestingAlarms(transaction, alarmIds)
    const woken = taken.map(({ alarmId }) => alarmId)
    const at = clock.now()
    await updateNextLooks(
      transaction,
      woken.map((alarmId) => ({ alarmId, at })),
    )
    await replaceRests(transaction, { alarmIds: woken, rests: [] })
  })
}

async function readRests(
  transaction: Queryable,
  alarms: readonly MetricAlarm[],
  now: Date,
): Promise<Map<number, AlarmRest>> {
  const looking = alarms.flatMap((alarm) => {
    const windows = windowsOf(alarm, now)
    return windows ? [{ alarm, windows }] : []
  })
  const quiet = await selectQuietMetrics(
    transaction,
    looking.flatMap(({ windows }) => windows),
  )
  const rests = new Map<number, AlarmRest>()
  let at = 0
  for (const { alarm, windows } of looking) {
    const rest = restOf(alarm, quiet.slice(at, at + windows.length), now)
    if (rest) rests.set(alarm.alarmId, rest)
    at += windows.length
  }
  return rests
}

async function writeNextLooks(
  transaction: Queryable,
  looked: {
    readonly alarms: readonly MetricAlarm[]
    readonly rests: ReadonlyMap<number, AlarmRest>
    readonly now: Date
  },
): Promise<void> {
  const { alarms, rests, now } = looked
  const alarmIds = alarms.map(({ alarmId }) => alarmId)
  const looks = alarms.map(({ alarmId, configuration }) => {
    const rest = rests.get(alarmId)
    const { periodSeconds } = alarmQueryOf(configuration)
    return { alarmId, at: rest ? rest.until : nextEvaluation(now, stepSecondsOf(periodSeconds)) }
  })
  await updateNextLooks(transaction, looks)
  await updateEvaluatedAt(transaction, alarmIds, now)
  const records = [...rests].flatMap(([alarmId, { metrics }]) =>
    metrics.map((metric) => ({ ...metric, alarmId })),
  )
  await replaceRests(transaction, { alarmIds, rests: records })
}

/** Evaluates the alarms of short periods, because there is new data. */
export async function evaluateQuickAlarms(platform: AlarmPlatform): Promise<void> {
  let afterId: number | undefined = 0
  while (afterId !== undefined) {
    const page = { afterId, limit: BATCH_ALARMS }
    afterId = await platform.database.transaction(async (transaction) => {
      const alarms = await takeQuickAlarms(transaction, page)
      const now = platform.clock.now()
      await evaluateAlarms(platform, transaction, { alarms, cause: 'NewData', now })
      return alarms.length < BATCH_ALARMS ? undefined : alarms.at(-1)?.alarmId
    })
  }
}

/** Composite alarms that have waited for their suppressor long enough take their actions. */
async function endWaits(platform: AlarmPlatform): Promise<void> {
  const { clock, database, changes } = platform
  const due = await listDueComposites(database, clock.now())
  for (const { name, place } of due) {
    await database.transaction(async (transaction) => {
      await lockComposites(transaction, place)
      const now = clock.now()
      const still = await listDueComposites(transaction, now)
      const alarms = still.filter(
        (alarm) => alarm.name === name && alarm.place.realm === place.realm,
      )
      await applySuppressions(transaction, { place, alarms, eventsOf: () => [], at: now })
      for (const { arn } of alarms) await changes.announce(transaction, arn)
    })
  }
}
