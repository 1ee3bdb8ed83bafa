import { lockComposites } from './alarm.store.ts'
import type { AlarmPlatform } from './alarm-change.activities.ts'
import { evaluateAlarms } from './alarm-evaluation.activities.ts'
import { alarmQueryOf } from './alarm-query.ts'
import { nextEvaluation, stepSecondsOf } from './alarm-window.ts'
import {
  listDueComposites,
  takeDueAlarms,
  takeQuickAlarms,
  updateNextLooks,
} from './due-alarm.store.ts'
import { applySuppressions } from './suppression.activities.ts'

/** Alarms that are evaluated in one transaction. */
const BATCH_ALARMS = 500

/** Evaluates every alarm that is due, those that were missed once. Several controls share the work. */
export async function evaluateDueAlarms(platform: AlarmPlatform): Promise<void> {
  await endWaits(platform)
  for (;;) {
    const taken = await platform.database.transaction(async (transaction) => {
      const now = platform.clock.now()
      const alarms = await takeDueAlarms(transaction, { now, limit: BATCH_ALARMS })
      if (alarms.length === 0) return 0
      await evaluateAlarms(platform, transaction, { alarms, cause: 'Scheduled' })
      const looks = alarms.map(({ alarmId, configuration }) => {
        const { periodSeconds } = alarmQueryOf(configuration)
        return { alarmId, at: nextEvaluation(now, stepSecondsOf(periodSeconds)) }
      })
      await updateNextLooks(transaction, looks)
      return alarms.length
    })
    if (taken < BATCH_ALARMS) return
  }
}

/** Evaluates the alarms of short periods, because there is new data. */
export async function evaluateQuickAlarms(platform: AlarmPlatform): Promise<void> {
  let afterId: number | undefined = 0
  while (afterId !== undefined) {
    const page = { afterId, limit: BATCH_ALARMS }
    afterId = await platform.database.transaction(async (transaction) => {
      const alarms = await takeQuickAlarms(transaction, page)
      await evaluateAlarms(platform, transaction, { alarms, cause: 'NewData' })
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
