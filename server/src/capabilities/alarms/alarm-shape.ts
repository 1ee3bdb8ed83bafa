import type {
  CompositeAlarm as CompositeAlarmShape,
  MetricAlarm as MetricAlarmShape,
} from '@aws-sdk/client-cloudwatch'
import type { Alarm, CompositeAlarm, MetricAlarm } from './alarm.ts'
import { suppressionShape } from './suppression.ts'

/** A metric alarm as DescribeAlarms answers it. */
export function metricAlarmShape(alarm: MetricAlarm): MetricAlarmShape {
  const { configuration } = alarm
  return {
    ...configuration,
    ...commonShape(alarm),
    // one metric always comes with its dimensions, if it has none
    ...(configuration.Metrics ? {} : { Dimensions: configuration.Dimensions ?? [] }),
  }
}

export function compositeAlarmShape(alarm: CompositeAlarm): CompositeAlarmShape {
  return { ...alarm.configuration, ...commonShape(alarm), ...suppressionShape(alarm) }
}

function commonShape(alarm: Alarm) {
  const { OKActions, AlarmActions, InsufficientDataActions } = alarm.configuration
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: OKActions ?? [],
    AlarmActions: AlarmActions ?? [],
    InsufficientDataActions: InsufficientDataActions ?? [],
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    ...(alarm.stateReasonData === undefined ? {} : { StateReasonData: alarm.stateReasonData }),
    StateUpdatedTimestamp: alarm.stateUpdatedAt,
    StateTransitionedTimestamp: alarm.stateChangedAt,
  }
}
