import { type Alarm, alarmNameOf, type CompositeAlarm } from './alarm.ts'

/** The name of the alarm that keeps this one's actions back. */
export function suppressorOf(alarm: Alarm): string | undefined {
  if (alarm.kind !== 'CompositeAlarm') return undefined
  const { ActionsSuppressor: reference } = alarm.configuration
  return reference === undefined ? undefined : alarmNameOf(reference, alarm.place)
}

/** What DescribeAlarms says of it. */
export function suppressionShape({ suppression }: CompositeAlarm) {
  if (!suppression) return {}
  return {
    ActionsSuppressedBy: suppression.by,
    ActionsSuppressedReason: `Actions suppressed by ${suppression.by}`,
  }
}
