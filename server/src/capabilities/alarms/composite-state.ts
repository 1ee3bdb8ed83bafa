import type { AlarmState } from './alarm.states.ts'
import type { Alarm, CompositeAlarm, StateChange } from './alarm.ts'
import { alarmNameOf } from './alarm.ts'
import { evaluateAlarmRule, parseAlarmRule, referencesOf } from './alarm-rule.ts'
import { cloudWatchInstant, longInstant } from './java-text.ts'

/** The names of the alarms that a composite alarm's rule looks at. */
export function childNamesOf({ configuration, place }: CompositeAlarm): readonly string[] {
  return referencesOf(parseAlarmRule(configuration.AlarmRule ?? '')).flatMap(
    (reference) => alarmNameOf(reference, place) ?? [],
  )
}

/** ALARM while the rule holds, OK otherwise. */
export function compositeState(
  { configuration, place }: CompositeAlarm,
  stateOf: (name: string) => AlarmState | undefined,
): AlarmState {
  const holds = evaluateAlarmRule(parseAlarmRule(configuration.AlarmRule ?? ''), (reference) => {
    const name = alarmNameOf(reference, place)
    return name === undefined ? undefined : stateOf(name)
  })
  return holds ? 'ALARM' : 'OK'
}

/**
 * Why a composite alarm is in its new state, in CloudWatch's words.
 * @param children that changed, or all when the alarm itself was made or changed
 * @source the events of composite alarms in the Amazon CloudWatch User Guide, "Alarm events and EventBridge"
 */
export function compositeChange(
  alarm: CompositeAlarm,
  to: AlarmState,
  why: { readonly because: 'child' | 'created' | 'updated'; readonly children: readonly Alarm[] },
): StateChange<CompositeAlarm> {
  const [first] = why.children
  const reason =
    why.because === 'child' && first
      ? `${first.arn} transitioned to ${first.state} at ${longInstant(first.stateChangedAt)}`
      : `${alarm.arn} was ${why.because} and its alarm rule evaluates to ${to}`
  const triggeringAlarms = why.children.map(({ arn, state, stateChangedAt }) => ({
    arn,
    state: { value: state, timestamp: cloudWatchInstant(stateChangedAt) },
  }))
  return { alarm, to, reason, reasonData: JSON.stringify({ triggeringAlarms }) }
}
