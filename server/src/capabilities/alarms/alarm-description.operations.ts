import type {
  DescribeAlarmsCommandInput,
  DescribeAlarmsForMetricCommandInput,
  DescribeAlarmsForMetricOutput,
  DescribeAlarmsOutput,
  Dimension,
} from '@aws-sdk/client-cloudwatch'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findAlarms } from './alarm.store.ts'
import type { Alarm } from './alarm.ts'
import { listParents } from './alarm-dependency.store.ts'
import { invalidCombination, invalidNextToken } from './alarm-errors.ts'
import { listAlarms, listAlarmsOfMetric } from './alarm-listing.store.ts'
import { compositeAlarmShape, metricAlarmShape } from './alarm-shape.ts'
import { childNamesOf } from './composite-state.ts'

const PAGE_ALARMS = 50
const ALONE = ['ChildrenOfAlarmName', 'ParentsOfAlarmName'] as const

/** In the order of names. @throws AwsError InvalidNextToken, InvalidParameterCombination */
export async function describeAlarms(
  input: DescribeAlarmsCommandInput,
  scope: RequestScope,
): Promise<DescribeAlarmsOutput> {
  checkCombination(input)
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input
  const limit = input.MaxRecords ?? PAGE_ALARMS
  const afterName = input.NextToken === undefined ? '' : afterNameOf(input.NextToken)
  if (parent !== undefined || child !== undefined) {
    const related = await relatedAlarms(scope, { parent, child })
    const page = related.filter(({ name }) => name > afterName).slice(0, limit + 1)
    return pageOf(page, { limit, shape: parent === undefined ? parentShape : childShape })
  }
  const page = await listAlarms(scope.database, scope, {
    names: input.AlarmNames,
    prefix: input.AlarmNamePrefix,
    state: input.StateValue,
    actionPrefix: input.ActionPrefix,
    kinds: input.AlarmTypes ?? ['MetricAlarm'],
    afterName,
    limit: limit + 1,
  })
  const shape = (alarm: Alarm) =>
    alarm.kind === 'MetricAlarm' ? metricAlarmShape(alarm) : compositeAlarmShape(alarm)
  return pageOf(page, { limit, shape })
}

/** Alarms on exactly this metric; those on expressions are not among them. */
export async function describeAlarmsForMetric(
  input: DescribeAlarmsForMetricCommandInput,
  scope: RequestScope,
): Promise<DescribeAlarmsForMetricOutput> {
  const alarms = await listAlarmsOfMetric(scope.database, scope, {
    namespace: input.Namespace ?? '',
    metricName: input.MetricName ?? '',
  })
  const asked = dimensionKey(input.Dimensions)
  const members = ['Statistic', 'ExtendedStatistic', 'Period', 'Unit'] as const
  const matching = alarms
    .filter((alarm) => alarm.kind === 'MetricAlarm')
    .filter(({ configuration }) => dimensionKey(configuration.Dimensions) === asked)
    .filter(({ configuration }) =>
      members.every((member) => (input[member] ?? configuration[member]) === configuration[member]),
    )
  return { MetricAlarms: matching.map(metricAlarmShape) }
}

function checkCombination(input: DescribeAlarmsCommandInput): void {
  if (input.AlarmNames !== undefined && input.AlarmNamePrefix !== undefined) {
    throw invalidCombination(
      'AlarmNames and AlarmNamePrefix cannot be specified together: give one of them',
    )
  }
  for (const member of ALONE) {
    if (input[member] === undefined) continue
    const others = Object.entries(input)
      .filter(([name, value]) => value !== undefined && name !== member)
      .map(([name]) => name)
      .filter((name) => name !== 'MaxRecords' && name !== 'NextToken')
    if (others.length > 0) {
      throw invalidCombination(
        `${member} cannot be specified with ${others.join(', ')}: only MaxRecords and NextToken may stand beside it`,
      )
    }
  }
}

async function relatedAlarms(
  scope: RequestScope,
  { parent, child }: { readonly parent: string | undefined; readonly child: string | undefined },
): Promise<readonly Alarm[]> {
  if (child !== undefined) {
    return listParents(scope.database, scope, { names: [child], roles: ['Rule'] })
  }
  const [alarm] = await findAlarms(scope.database, scope, parent === undefined ? [] : [parent])
  return alarm?.kind === 'CompositeAlarm'
    ? findAlarms(scope.database, scope, childNamesOf(alarm))
    : []
}

function pageOf(
  found: readonly Alarm[],
  { limit, shape }: { readonly limit: number; readonly shape: (alarm: Alarm) => object },
): DescribeAlarmsOutput {
  const alarms = found.slice(0, limit)
  const last = alarms.at(-1)
  return {
    MetricAlarms: alarms.filter(({ kind }) => kind === 'MetricAlarm').map(shape),
    CompositeAlarms: alarms.filter(({ kind }) => kind === 'CompositeAlarm').map(shape),
    ...(found.length > limit && last ? { NextToken: encodePageToken({ after: last.name }) } : {}),
  }
}

/** All that is said of children. */
function childShape({ name, arn, state, stateUpdatedAt }: Alarm) {
  return {
    AlarmName: name,
    AlarmArn: arn,
    StateValue: state,
    StateUpdatedTimestamp: stateUpdatedAt,
  }
}

/** All that is said of parents. */
function parentShape({ name, arn }: Alarm) {
  return { AlarmName: name, AlarmArn: arn }
}

function dimensionKey(dimensions: readonly Dimension[] | undefined): string {
  const pairs = (dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value])
  return JSON.stringify(pairs.sort(([one = ''], [other = '']) => (one < other ? -1 : 1)))
}

function afterNameOf(token: string): string {
  const position = decodePageToken<{ after?: unknown }>(token)
  if (typeof position?.after !== 'string') throw invalidNextToken()
  return position.after
}
