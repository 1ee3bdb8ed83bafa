import type { Alarm, MetricAlarm } from './alarm.ts'
import type { AlarmAction } from './alarm-action.store.ts'
import type { AlarmEvent } from './alarm-history.store.ts'
import { cloudWatchInstant, javaDouble } from './java-text.ts'

/** How long history is kept. */
export const HISTORY_DAYS = 30

const CONFIGURED = {
  created: { type: 'Create', member: 'createdAlarm' },
  updated: { type: 'Update', member: 'updatedAlarm' },
  deleted: { type: 'Delete', member: 'deletedAlarm' },
} as const

/** An alarm was made, changed or deleted. */
export function configurationEvent(
  alarm: Alarm,
  what: keyof typeof CONFIGURED,
  at: Date,
): AlarmEvent {
  const { type, member } = CONFIGURED[what]
  return {
    alarm,
    type: 'ConfigurationUpdate',
    at,
    summary: `Alarm "${alarm.name}" ${what}`,
    data: object({ version: text('1.0'), type: text(type), [member]: alarmDocument(alarm) }),
  }
}

/** One state after another. */
export function stateEvent(before: Alarm, after: Alarm): AlarmEvent {
  return {
    alarm: after,
    type: 'StateUpdate',
    at: after.stateUpdatedAt,
    summary: `Alarm updated from ${before.state} to ${after.state}`,
    data: object({
      version: text('1.0'),
      oldState: stateDocument(before),
      newState: stateDocument(after),
    }),
  }
}

/** An action was taken, or could not be. */
export function actionEvent(
  { alarm, actionArn, reading }: Pick<AlarmAction, 'alarm' | 'actionArn' | 'reading'>,
  { at, failure }: { readonly at: Date; readonly failure: string | undefined },
): AlarmEvent {
  const done = `Successfully executed action ${actionArn}`
  return {
    alarm,
    type: 'Action',
    at,
    summary:
      failure === undefined
        ? done
        : `Failed to execute action ${actionArn}. Received error: "${failure}"`,
    data: object({
      actionState: text(failure === undefined ? 'Succeeded' : 'Failed'),
      stateUpdateTimestamp: String(reading.stateUpdatedAt.getTime()),
      notificationResource: text(actionArn),
      error: failure === undefined ? undefined : text(failure),
    }),
  }
}

function stateDocument(alarm: Pick<Alarm, 'state' | 'stateReason' | 'stateReasonData'>): string {
  return object({
    stateValue: text(alarm.state),
    stateReason: text(alarm.stateReason),
    // a document itself; its numbers are kept as they were written
    stateReasonData: alarm.stateReasonData,
  })
}

/** @source the histories of AWS's alarms that were published: names in lower camel case, but for `okactions` */
function alarmDocument(alarm: Alarm): string {
  const { configuration: all } = alarm
  const actions = {
    stateValue: text(alarm.state),
    stateUpdatedTimestamp: text(cloudWatchInstant(alarm.stateUpdatedAt)),
    actionsEnabled: String(alarm.actionsEnabled),
    alarmActions: text(all.AlarmActions ?? []),
    insufficientDataActions: text(all.InsufficientDataActions ?? []),
    okactions: text(all.OKActions ?? []),
  }
  const head = {
    alarmName: text(alarm.name),
    alarmDescription: text(all.AlarmDescription),
    alarmArn: text(alarm.arn),
    alarmConfigurationUpdatedTimestamp: text(cloudWatchInstant(alarm.configuredAt)),
  }
  if (alarm.kind === 'CompositeAlarm') {
    const { configuration } = alarm
    return object({
      ...head,
      alarmRule: text(configuration.AlarmRule),
      actionsSuppressor: text(configuration.ActionsSuppressor),
      actionsSuppressorWaitPeriod: text(configuration.ActionsSuppressorWaitPeriod),
      actionsSuppressorExtensionPeriod: text(configuration.ActionsSuppressorExtensionPeriod),
      ...actions,
    })
  }
  const { configuration } = alarm
  return object({
    ...head,
    namespace: text(configuration.Namespace),
    metricName: text(configuration.MetricName),
    statistic: text(configuration.Statistic),
    extendedStatistic: text(configuration.ExtendedStatistic),
    period: text(configuration.Period),
    unit: text(configuration.Unit),
    dimensions: configuration.Metrics ? undefined : dimensions(configuration),
    metrics: text(lowerCamel(configuration.Metrics)),
    threshold:
      configuration.Threshold === undefined ? undefined : javaDouble(configuration.Threshold),
    comparisonOperator: text(configuration.ComparisonOperator),
    evaluationPeriods: text(configuration.EvaluationPeriods),
    datapointsToAlarm: text(configuration.DatapointsToAlarm),
    treatMissingData: text(configuration.TreatMissingData),
    evaluateLowSampleCountPercentile: text(configuration.EvaluateLowSampleCountPercentile),
    ...actions,
  })
}

function dimensions({ Dimensions = [] }: MetricAlarm['configuration']): string | undefined {
  return text(Dimensions.map(({ Name, Value }) => ({ value: Value, name: Name })))
}

function lowerCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCamel)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, of]) => [
      `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
      lowerCamel(of),
    ]),
  )
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}

/** Members are JSON already; those that are undefined are left out. */
function object(members: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(members).filter(([, value]) => value !== undefined)
  return `{${parts.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}
