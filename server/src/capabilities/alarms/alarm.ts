import type { PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import { formatArn, parseArn } from '../../aws/arn.ts'
import type { Place } from '../../platform/scope.ts'
import type { AlarmState } from './alarm.states.ts'
import type { Suppression } from './suppression.states.ts'

/** What PutMetricAlarm said, without what stands in columns. */
export type MetricAlarmConfiguration = Omit<
  PutMetricAlarmInput,
  'AlarmName' | 'ActionsEnabled' | 'Tags'
>

/** What PutCompositeAlarm said, without what stands in columns. */
export type CompositeAlarmConfiguration = Omit<
  PutCompositeAlarmInput,
  'AlarmName' | 'ActionsEnabled' | 'Tags'
>

interface AlarmFacts {
  readonly alarmId: number
  readonly place: Place
  readonly name: string
  readonly arn: string
  readonly actionsEnabled: boolean
  readonly configuredAt: Date
  readonly state: AlarmState
  readonly stateReason: string
  /** JSON */
  readonly stateReasonData: string | undefined
  /** The last time that somebody said something of the state, the same state included. */
  readonly stateUpdatedAt: Date
  /** The last time that the state became another. */
  readonly stateChangedAt: Date
}

export interface MetricAlarm extends AlarmFacts {
  readonly kind: 'MetricAlarm'
  readonly configuration: MetricAlarmConfiguration
}

export interface CompositeAlarm extends AlarmFacts {
  readonly kind: 'CompositeAlarm'
  readonly configuration: CompositeAlarmConfiguration
  readonly suppression: Suppression | undefined
}

export type Alarm = MetricAlarm | CompositeAlarm

/** How an alarm stands: what others decide by. */
export interface AlarmReading {
  readonly alarmName: string
  readonly alarmArn: string
  readonly stateValue: AlarmState
  readonly stateReason: string
  /** JSON; of metric alarms with the data points that led to the state. */
  readonly stateReasonData?: string
  readonly stateUpdatedAt: Date
  /** What a metric alarm that was just evaluated looked at, whether or not its state changed by it. */
  readonly seen?: AlarmSight
}

/** The data points of one evaluation. */
export interface AlarmSight {
  readonly at: Date
  readonly threshold: number
  /** The newest first; those without a value were missing. */
  readonly datapoints: readonly { readonly at: Date; readonly value?: number }[]
}

export function readingOf(alarm: Alarm): AlarmReading {
  return {
    alarmName: alarm.name,
    alarmArn: alarm.arn,
    stateValue: alarm.state,
    stateReason: alarm.stateReason,
    ...(alarm.stateReasonData === undefined ? {} : { stateReasonData: alarm.stateReasonData }),
    stateUpdatedAt: alarm.stateUpdatedAt,
  }
}

export function alarmArn({ region, account }: Omit<Place, 'realm'>, name: string): string {
  return formatArn({ service: 'cloudwatch', region, account, resource: `alarm:${name}` })
}

/** The name behind a name or an ARN of this place. @returns undefined for an ARN of something else */
export function alarmNameOf(
  reference: string,
  { region, account }: Omit<Place, 'realm'>,
): string | undefined {
  if (!reference.startsWith('arn:')) return reference
  const parts = parseArn(reference)
  if (parts?.service !== 'cloudwatch' || parts.region !== region || parts.account !== account) {
    return undefined
  }
  return /^alarm:(.+)$/s.exec(parts.resource)?.[1]
}

/** The actions that an alarm takes when it comes into a state. */
export function actionsOf({ configuration }: Alarm, state: AlarmState): readonly string[] {
  switch (state) {
    case 'OK':
      return configuration.OKActions ?? []
    case 'ALARM':
      return configuration.AlarmActions ?? []
    case 'INSUFFICIENT_DATA':
      return configuration.InsufficientDataActions ?? []
  }
}

/** An alarm is found in a state, for a reason. */
export interface StateChange<A extends Alarm = Alarm> {
  readonly alarm: A
  readonly to: AlarmState
  readonly reason: string
  /** JSON */
  readonly reasonData: string | undefined
}

/** The alarm after a change. */
export function changedAlarm<A extends Alarm>(change: StateChange<A>, at: Date): A {
  const { alarm, to, reason, reasonData } = change
  return {
    ...alarm,
    state: to,
    stateReason: reason,
    stateReasonData: reasonData,
    stateUpdatedAt: at,
    stateChangedAt: to === alarm.state ? alarm.stateChangedAt : at,
  }
}
