import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'

/** How a CloudWatch alarm stands, and what it saw. */
export interface AlarmReading {
  readonly alarmName: string
  readonly alarmArn: string
  readonly stateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'
  readonly stateReason: string
  /** JSON */
  readonly stateReasonData?: string
  readonly stateUpdatedAt: Date
}

export async function readAlarms(
  _database: Queryable,
  _place: Place,
  _names: readonly string[],
): Promise<readonly AlarmReading[]> {
  return []
}

export async function settleAlarms(
  _platform: Platform,
  _place: Place,
  _names: readonly string[],
): Promise<readonly AlarmReading[]> {
  return []
}

/** An alarm in a record: with the values that it saw as they are, not as text. */
export function recordedAlarm({ stateReasonData, ...alarm }: AlarmReading) {
  if (stateReasonData === undefined) return alarm
  return { ...alarm, stateReasonData: JSON.parse(stateReasonData) as unknown }
}
