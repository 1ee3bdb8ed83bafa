import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { findAlarms, lockMetricAlarms } from './alarm.store.ts'
import { type AlarmReading, type AlarmSight, readingOf } from './alarm.ts'
import type { AlarmPlatform } from './alarm-change.activities.ts'
import { listDescendantNames } from './alarm-dependency.store.ts'
import { type Evaluation, evaluateAlarms } from './alarm-evaluation.activities.ts'

/** How alarms stand, by name; those that there are not are left out. */
export async function readAlarms(
  database: Queryable,
  place: Place,
  names: readonly string[],
): Promise<readonly AlarmReading[]> {
  return (await findAlarms(database, place, names)).map(readingOf)
}

/**
 * Evaluates alarms as of the platform's now and then reads them; of composite alarms, those that their rules
 * look at. What changes is written, with history and actions, as at their own time.
 */
export async function settleAlarms(
  platform: AlarmPlatform,
  place: Place,
  names: readonly string[],
): Promise<readonly AlarmReading[]> {
  if (names.length === 0) return []
  return platform.database.transaction(async (transaction) => {
    const all = await listDescendantNames(transaction, place, names)
    const alarms = await lockMetricAlarms(transaction, place, all)
    const now = platform.clock.now()
    const evaluations = await evaluateAlarms(platform, transaction, { alarms, cause: 'Asked', now })
    const sights = new Map(evaluations.map((one) => [one.alarm.name, sightOf(one, now)]))
    const readings = await readAlarms(transaction, place, names)
    return readings.map((reading) => {
      const seen = sights.get(reading.alarmName)
      return seen ? { ...reading, seen } : reading
    })
  })
}

function sightOf({ alarm, verdict }: Evaluation, at: Date): AlarmSight {
  return {
    at,
    threshold: alarm.configuration.Threshold ?? 0,
    datapoints: verdict.evaluated.map((point) => ({
      at: point.at,
      ...(point.value === undefined ? {} : { value: point.value }),
    })),
  }
}
