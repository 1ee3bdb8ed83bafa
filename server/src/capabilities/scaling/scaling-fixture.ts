import type {
  ApplicationAutoScaling,
  PutScalingPolicyCommandInput,
  RegisterScalableTargetCommandInput,
  ScalingActivity,
} from '@aws-sdk/client-application-auto-scaling'
import type { DescribeEndpointCommandOutput, ProductionVariant } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { TestServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

const VARIANT = {
  ServiceNamespace: 'sagemaker',
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const

/** What of a host is needed; hosting's fixture is one. */
interface ScalingHost {
  readonly server: { readonly autoScaling: ApplicationAutoScaling }
  createModel(environment?: Record<string, string>): Promise<string>
  variant(modelName: string, more?: Partial<ProductionVariant>): ProductionVariant
  givenEndpoint(...variants: readonly ProductionVariant[]): Promise<string>
  describe(name: string): Promise<DescribeEndpointCommandOutput>
}

/** One variant of an endpoint, and what one does to scale it. */
export interface Scaled {
  readonly endpointName: string
  /** The members that name the target in each request. */
  readonly target: typeof VARIANT & { readonly ResourceId: string }
  /** @returns the target's ARN */
  register(more: Partial<RegisterScalableTargetCommandInput>): Promise<string>
  putPolicy(
    more: Omit<
      PutScalingPolicyCommandInput,
      'PolicyName' | 'ServiceNamespace' | 'ResourceId' | 'ScalableDimension'
    >,
  ): Promise<{ readonly arn: string; readonly name: string; readonly alarmNames: string[] }>
  /** The newest first. */
  activities(options?: { readonly all?: boolean }): Promise<readonly ScalingActivity[]>
  /** When so many instances are desired and there, and the endpoint rests. */
  hasCount(count: number): Promise<void>
  count(): Promise<number | undefined>
}

/** An endpoint in service, with so many instances of its one variant. */
export async function givenScaled(
  host: ScalingHost,
  {
    instances = 1,
    environment = {},
  }: { instances?: number; environment?: Record<string, string> } = {},
): Promise<Scaled> {
  const model = await host.createModel(environment)
  const endpointName = await host.givenEndpoint(
    host.variant(model, { InitialInstanceCount: instances }),
  )
  return scaledVariant(host, endpointName)
}

export function scaledVariant(host: ScalingHost, endpointName: string): Scaled {
  const { autoScaling } = host.server
  const target = { ...VARIANT, ResourceId: `endpoint/${endpointName}/variant/AllTraffic` }
  const variant = async () => (await host.describe(endpointName)).ProductionVariants?.[0]
  return {
    endpointName,
    target,
    register: async (more) => {
      const { ScalableTargetARN } = await autoScaling.registerScalableTarget({ ...target, ...more })
      return ScalableTargetARN ?? ''
    },
    putPolicy: async (more) => {
      const name = `policy-${newShortId(6)}`
      const { PolicyARN, Alarms } = await autoScaling.putScalingPolicy({
        ...target,
        PolicyName: name,
        ...more,
      })
      const alarmNames = (Alarms ?? []).map(({ AlarmName = '' }) => AlarmName)
      return { arn: PolicyARN ?? '', name, alarmNames }
    },
    activities: async ({ all = false } = {}) => {
      const { ScalingActivities } = await autoScaling.describeScalingActivities({
        ...target,
        IncludeNotScaledActivities: all,
      })
      return ScalingActivities ?? []
    },
    hasCount: async (count) => {
      await eventually(
        async () => {
          const { EndpointStatus, ProductionVariants } = await host.describe(endpointName)
          const { CurrentInstanceCount, DesiredInstanceCount } = ProductionVariants?.[0] ?? {}
          return (
            EndpointStatus === 'InService' &&
            CurrentInstanceCount === count &&
            DesiredInstanceCount === count
          )
        },
        { what: `${count} instances of ${endpointName}`, timeoutMs: 60_000 },
      )
    },
    count: async () => (await variant())?.DesiredInstanceCount,
  }
}

/** The newest activity, once it has been successful. */
export function newestActivity(scaled: Scaled) {
  return eventually(async () => {
    const [activity] = await scaled.activities()
    return activity?.StatusCode === 'Successful' && activity
  })
}

/** An endpoint that tests share, with one instance and not registered. */
export async function unregistered({ server }: ScalingHost, shared: Scaled): Promise<Scaled> {
  await shared.register({ MinCapacity: 1, MaxCapacity: 1 })
  await shared.hasCount(1)
  await server.autoScaling.deregisterScalableTarget(shared.target)
  return shared
}

const MINUTE_MS = 60_000

/** Reports a metric of the namespace `test` once a minute for so many minutes of the platform's clock. */
export async function reportEachMinute(
  { cloudwatch, clock, advance }: Pick<TestServer, 'cloudwatch' | 'clock' | 'advance'>,
  reported: { readonly metricName: string; readonly value: number; readonly minutes: number },
): Promise<void> {
  const { metricName: MetricName, value: Value, minutes } = reported
  for (let minute = 0; minute < minutes; minute++) {
    await cloudwatch.putMetricData({
      Namespace: 'test',
      MetricData: [{ MetricName, Value, Timestamp: clock.now() }],
    })
    await advance(MINUTE_MS)
  }
}
