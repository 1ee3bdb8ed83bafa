import { setTimeout as delay } from 'node:timers/promises'
import {
  ApplicationAutoScaling,
  type ScalingActivity,
} from '@aws-sdk/client-application-auto-scaling'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { atMost } from '../goal.ts'
import { type BenchPlatform, startBenchPlatform } from '../platform.ts'
import type { Bench, Measurement, Row } from '../row.ts'

/** Requests at once that an instance shall have; the load is this, and then three times as much. */
const TARGET = 2
const GROWTH = 3
/** How long the container takes for each. */
const WORK_SECONDS = '0.1'
const QUIET_MS = 3_000
const TIMEOUT_MS = 120_000
const POLL_MS = 100

export const row: Row = {
  name: 'autoscale-decision',
  summary: `the end of the period by which a high-resolution alarm goes off → the decision to scale out, while the load grows ${GROWTH} times`,
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using platform = await startBenchPlatform()
    await createModel(platform)
    const runs: Run[] = []
    for (let round = 0; round < bench.rounds; round++) {
      // an endpoint of its own: what metrics say of the round before would set the alarm off at once
      const endpointName = `scaled-${round}`
      await deploy(platform, endpointName)
      const run = await measure(platform, { bench, endpointName })
      await platform.sagemaker.deleteEndpoint({ EndpointName: endpointName })
      bench.say(`decided after ${run.decisionSeconds} s, ${run.lost} requests lost`)
      runs.push(run)
    }
    return [
      {
        what: 'high-resolution target tracking: metric says so → decision to scale out',
        unit: 's',
        ours: runs.map((run) => run.decisionSeconds),
        peer: [],
        goal: atMost(1),
      },
      {
        what: `decision → ${GROWTH} instances answer`,
        unit: 's',
        ours: runs.map((run) => run.fulfilmentSeconds),
        peer: [],
        note: 'most of it is the start of two Python processes',
      },
      {
        what: `requests lost while the load grew ${GROWTH} times and while it was scaled in again`,
        unit: 'requests',
        ours: runs.map((run) => run.lost),
        peer: [],
        goal: atMost(0),
      },
    ]
  },
}

interface Run {
  readonly decisionSeconds: number
  readonly fulfilmentSeconds: number
  readonly lost: number
}

const MODEL = 'scaled'

async function createModel({ cli, sagemaker, roleArn }: BenchPlatform): Promise<void> {
  await cli('image', 'add', MODEL, 'tests/simulation/image')
  const Image = `123456789012.dkr.ecr.us-east-1.amazonaws.com/${MODEL}:latest`
  await sagemaker.createModel({
    ModelName: MODEL,
    ExecutionRoleArn: roleArn,
    PrimaryContainer: { Image, Environment: { WORK_SECONDS } },
  })
  const variant = {
    VariantName: 'AllTraffic',
    ModelName: MODEL,
    InstanceType: 'ml.m5.large',
  } as const
  await sagemaker.createEndpointConfig({
    EndpointConfigName: MODEL,
    ProductionVariants: [{ ...variant, InitialInstanceCount: 1 }],
  })
}

async function deploy(platform: BenchPlatform, EndpointName: string): Promise<void> {
  await platform.sagemaker.createEndpoint({ EndpointName, EndpointConfigName: MODEL })
  await hasInstances(platform, { EndpointName, count: 1 })
}

function targetOf(endpointName: string) {
  return {
    ServiceNamespace: 'sagemaker',
    ResourceId: `endpoint/${endpointName}/variant/AllTraffic`,
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  } as const
}

type Target = ReturnType<typeof targetOf>

async function measure(
  platform: BenchPlatform,
  { bench, endpointName }: { readonly bench: Bench; readonly endpointName: string },
): Promise<Run> {
  const target = targetOf(endpointName)
  const { url: endpoint, region, credentials } = platform
  const autoScaling = new ApplicationAutoScaling({ endpoint, region, credentials })
  const cloudwatch = new CloudWatch({ endpoint, region, credentials })
  const load = new Load(platform, endpointName)
  load.grow(TARGET)
  await delay(QUIET_MS)
  await autoScaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: GROWTH })
  const { Alarms = [] } = await autoScaling.putScalingPolicy({
    ...target,
    PolicyName: 'concurrency',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: TARGET,
      PredefinedMetricSpecification: {
        PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
      },
      ScaleOutCooldown: 0,
    },
  })
  load.grow(TARGET * GROWTH)
  bench.say('the load has grown')
  const decided = await until(() => newestByAlarm(autoScaling, target), 'a decision')
  const saidMs = await whenSaid(
    cloudwatch,
    Alarms.map(({ AlarmName = '' }) => AlarmName),
  )
  await hasInstances(platform, { EndpointName: endpointName, count: GROWTH })
  const fulfilled = await until(async () => {
    const activity = await newestByAlarm(autoScaling, target)
    return activity?.EndTime && activity
  }, 'the end of the activity')
  await autoScaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: 1 })
  await hasInstances(platform, { EndpointName: endpointName, count: 1 })
  const lost = await load.end()
  await autoScaling.deregisterScalableTarget(target)
  const decidedMs = decided.StartTime?.getTime() ?? 0
  return {
    decisionSeconds: (decidedMs - saidMs) / 1_000,
    fulfilmentSeconds: ((fulfilled.EndTime?.getTime() ?? 0) - decidedMs) / 1_000,
    lost,
  }
}

/** The newest activity, when it was the high alarm that called for it. */
async function newestByAlarm(
  autoScaling: ApplicationAutoScaling,
  target: Target,
): Promise<ScalingActivity | undefined> {
  const { ScalingActivities = [] } = await autoScaling.describeScalingActivities(target)
  const [newest] = ScalingActivities
  return newest?.Cause?.includes('AlarmHigh') ? newest : undefined
}

/** When the last period ended that put the high alarm into ALARM. */
async function whenSaid(cloudwatch: CloudWatch, alarmNames: readonly string[]): Promise<number> {
  const AlarmName = alarmNames.find((name) => name.includes('AlarmHigh')) ?? ''
  const { AlarmHistoryItems = [] } = await cloudwatch.describeAlarmHistory({
    AlarmName,
    HistoryItemType: 'StateUpdate',
  })
  for (const { HistoryData = '{}' } of AlarmHistoryItems) {
    const { newState } = JSON.parse(HistoryData) as { newState?: AlarmState }
    const [last] = newState?.stateReasonData?.evaluatedDatapoints ?? []
    if (newState?.stateValue !== 'ALARM' || !last) continue
    const periodMs = (newState.stateReasonData?.period ?? 0) * 1_000
    return Date.parse(last.timestamp) + periodMs
  }
  throw new Error(`the history of ${AlarmName} does not say when it went off`)
}

interface AlarmState {
  readonly stateValue: string
  readonly stateReasonData?: {
    readonly period: number
    readonly evaluatedDatapoints: readonly { readonly timestamp: string }[]
  }
}

async function hasInstances(
  { sagemaker }: BenchPlatform,
  { EndpointName, count }: { readonly EndpointName: string; readonly count: number },
): Promise<void> {
  await until(async () => {
    const { EndpointStatus, ProductionVariants } = await sagemaker.describeEndpoint({
      EndpointName,
    })
    const { CurrentInstanceCount } = ProductionVariants?.[0] ?? {}
    return EndpointStatus === 'InService' && CurrentInstanceCount === count
  }, `${count} instances`)
}

async function until<T>(look: () => Promise<T | undefined | false>, what: string): Promise<T> {
  const giveUpMs = monotonicMs() + TIMEOUT_MS
  for (;;) {
    const found = await look()
    if (found) return found
    if (monotonicMs() > giveUpMs) throw new Error(`this did not come: ${what}`)
    await delay(POLL_MS)
  }
}

/** Callers who each send one request after another, and count those that are not answered. */
class Load {
  private readonly platform: BenchPlatform
  private readonly endpointName: string
  private readonly callers: Promise<void>[] = []
  private isOver = false
  private lost = 0

  constructor(platform: BenchPlatform, endpointName: string) {
    this.platform = platform
    this.endpointName = endpointName
  }

  grow(callers: number): void {
    while (this.callers.length < callers) this.callers.push(this.call())
  }

  async end(): Promise<number> {
    this.isOver = true
    await Promise.all(this.callers)
    return this.lost
  }

  private async call(): Promise<void> {
    while (!this.isOver) {
      await this.platform.runtime
        .invokeEndpoint({ EndpointName: this.endpointName, Body: 'x' })
        .catch(() => this.lost++)
    }
  }
}
