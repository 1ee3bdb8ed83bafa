import type { CloudWatch, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { TestServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

/** An alarm that is given, with data for its metric. */
export interface GivenAlarm {
  readonly name: string
  /** What PutMetricAlarm was given. */
  readonly input: PutMetricAlarmInput
  /** Reports values of its metric at a time, now by default. */
  report(values: readonly number[], options?: { at?: Date; resolution?: 1 | 60 }): Promise<void>
}

export const TOPIC = 'arn:aws:sns:us-east-1:123456789012:team'

/** Puts an alarm on the Maximum of a metric of its own: above 10 in one period of a minute. */
export async function givenAlarm(
  { cloudwatch, clock }: Pick<TestServer, 'cloudwatch' | 'clock'>,
  settings: Partial<PutMetricAlarmInput> = {},
): Promise<GivenAlarm> {
  const name = settings.AlarmName ?? `alarm-${newShortId(10)}`
  const metric = { Namespace: 'Test', MetricName: `metric-${newShortId(10)}` }
  const single = settings.Metrics ? {} : { ...metric, Statistic: 'Maximum' as const, Period: 60 }
  const input: PutMetricAlarmInput = {
    AlarmName: name,
    ...single,
    EvaluationPeriods: 1,
    Threshold: 10,
    ComparisonOperator: 'GreaterThanThreshold',
    ...settings,
  }
  if (input.ExtendedStatistic !== undefined) delete input.Statistic
  await cloudwatch.putMetricAlarm(input)
  return {
    name,
    input,
    report: async (values, { at = clock.now(), resolution = 60 } = {}) => {
      await cloudwatch.putMetricData({
        Namespace: input.Namespace ?? metric.Namespace,
        MetricData: [
          {
            MetricName: input.MetricName ?? metric.MetricName,
            Values: [...values],
            Timestamp: at,
            StorageResolution: resolution,
          },
        ],
      })
    },
  }
}

/** Freezes the clock a quarter into a minute, so that alarms are evaluated when a test says so. */
export async function freezeInMinute({
  steering,
  clock,
  advance,
}: Pick<TestServer, 'steering' | 'clock' | 'advance'>): Promise<void> {
  await steering.freeze()
  const intoMinuteMs = clock.now().getTime() % 60_000
  await advance(75_000 - intoMinuteMs)
}

export async function describe(cloudwatch: CloudWatch, name: string) {
  const found = await cloudwatch.describeAlarms({
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  })
  const alarm = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])][0]
  if (!alarm) throw new Error(`there is no alarm ${name}`)
  return alarm
}

export async function stateOf(cloudwatch: CloudWatch, name: string): Promise<string | undefined> {
  return (await describe(cloudwatch, name)).StateValue
}

/** Waits for the state, which somebody decides soon. */
export async function inState(cloudwatch: CloudWatch, name: string, state: string): Promise<void> {
  await eventually(async () => (await stateOf(cloudwatch, name)) === state, {
    what: `${name} in ${state}`,
  })
}

/** What happened, the oldest first: summaries of one type, or of all. */
export async function historyOf(
  cloudwatch: CloudWatch,
  name: string,
  type?: 'StateUpdate' | 'Action' | 'ConfigurationUpdate',
): Promise<string[]> {
  const { AlarmHistoryItems = [] } = await cloudwatch.describeAlarmHistory({
    AlarmName: name,
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    ScanBy: 'TimestampAscending',
    ...(type ? { HistoryItemType: type } : {}),
  })
  return AlarmHistoryItems.map(({ HistorySummary = '' }) => HistorySummary)
}
