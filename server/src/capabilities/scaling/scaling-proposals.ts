import type { Queryable } from '../../platform/database/database.ts'
import { type AlarmReading, readAlarms } from '../alarms/index.ts'
import { evaluateMetricQueries } from '../metrics/index.ts'
import type { ScalableTarget } from '../scalable-targets/index.ts'
import type { Proposal } from './scaling.states.ts'
import type { ScalingPolicy } from './scaling-policy.store.ts'
import { trackedMetric } from './tracking-alarm.ts'

/** @source Application Auto Scaling User Guide, default cooldowns of SageMaker's variants: five minutes */
const COOLDOWN_SECONDS_DEFAULT = 300
/** The metric of a proposal is its latest value, if one is no older than this many periods. */
const PERIODS_MAX = 5

type TrackingPolicy = Extract<ScalingPolicy, { policyType: 'TargetTrackingScaling' }>
type StepPolicy = Extract<ScalingPolicy, { policyType: 'StepScaling' }>

/** What target tracking policies want now, and whether all that may scale in agree to it. */
export async function trackingProposals(
  database: Queryable,
  target: ScalableTarget,
  { policies, now }: { readonly policies: readonly ScalingPolicy[]; readonly now: Date },
): Promise<{ readonly proposals: readonly Proposal[]; readonly mayTrackIn: boolean }> {
  const tracking = policies.filter((one) => one.policyType === 'TargetTrackingScaling')
  const names = tracking.flatMap(({ alarms }) => Object.values(alarms) as string[])
  const readings = await readAlarms(database, target.place, names)
  const isAlarmed = (name: string | undefined): boolean =>
    readings.some(({ alarmName, stateValue }) => alarmName === name && stateValue === 'ALARM')
  const proposals: Proposal[] = []
  for (const policy of tracking) {
    const { high, low } = policy.alarms
    const direction = isAlarmed(high) ? 'Out' : isAlarmed(low) ? 'In' : undefined
    if (!direction) continue
    const ratio = await readRatio(database, target, { policy, now })
    if (ratio === undefined) continue
    const alarmName = (direction === 'Out' ? high : low) ?? ''
    const { policyName } = policy
    const cooldownSeconds = {
      Out: policy.configuration.ScaleOutCooldown ?? COOLDOWN_SECONDS_DEFAULT,
      In: policy.configuration.ScaleInCooldown ?? COOLDOWN_SECONDS_DEFAULT,
    }
    const about = { policyName, alarmName, cooldownSeconds, direction, ratio } as const
    proposals.push({ kind: 'Tracking', ...about })
  }
  const mayTrackIn = tracking
    .filter(({ alarms }) => alarms.low !== undefined)
    .every(({ alarms }) => isAlarmed(alarms.low))
  return { proposals, mayTrackIn }
}

/** The metric ÷ its target; undefined when there is no recent value and none does not mean nothing. */
async function readRatio(
  database: Queryable,
  target: ScalableTarget,
  { policy, now }: { readonly policy: TrackingPolicy; readonly now: Date },
): Promise<number | undefined> {
  const metric = trackedMetric(policy.configuration, target)
  if (!metric) return undefined
  const spanMs = metric.periodSeconds * PERIODS_MAX * 1_000
  const series = await evaluateMetricQueries(database, target.place, {
    queries: metric.queries,
    startTime: new Date(now.getTime() - spanMs),
    endTime: now,
  })
  const value = series[0]?.values.at(-1) ?? (metric.missingIsNothing ? 0 : undefined)
  return value === undefined ? undefined : value / (policy.configuration.TargetValue ?? 1)
}

/** What a step scaling policy makes of an alarm that called it; undefined when the alarm names no value. */
export function stepProposal(policy: StepPolicy, alarm: AlarmReading): Proposal | undefined {
  const { configuration: steps, policyName } = policy
  const breach = breachOf(alarm)
  if (!breach) return undefined
  const seconds = steps.Cooldown ?? COOLDOWN_SECONDS_DEFAULT
  const about = {
    policyName,
    alarmName: alarm.alarmName,
    cooldownSeconds: { Out: seconds, In: seconds },
  }
  return { kind: 'Step', ...about, steps, ...breach }
}

/** How far the alarm's latest value is beyond its threshold, from the data of its state. */
export function breachOf(
  alarm: Pick<AlarmReading, 'stateReasonData' | 'stateReason'>,
): Pick<Extract<Proposal, { kind: 'Step' }>, 'breach' | 'side'> | undefined {
  if (alarm.stateReasonData === undefined) return undefined
  const data = JSON.parse(alarm.stateReasonData) as {
    readonly threshold?: number
    readonly recentDatapoints?: readonly (number | null)[]
    readonly evaluatedDatapoints?: readonly { readonly value?: number }[]
  }
  const values = data.recentDatapoints ?? []
  const value = data.evaluatedDatapoints?.[0]?.value ?? values.findLast((one) => one !== null)
  if (typeof value !== 'number' || data.threshold === undefined) return undefined
  const side = alarm.stateReason.includes('less than') ? 'Below' : 'Above'
  return { breach: value - data.threshold, side }
}
