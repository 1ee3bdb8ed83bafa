import type { Platform } from '../../platform/scope.ts'
import { type EndpointRoute, readRoutes } from '../inference/index.ts'
import { type MetricSample, recordMetricBatch } from '../metrics/index.ts'
import type { Outcome } from './async-invocation.activities.ts'
import type { Ending } from './async-invocation.container.ts'
import { type Backlog, readBacklogs } from './async-invocation.store.ts'
import type { AsyncInvocation } from './async-invocation.ts'

/**
 * Metrics of asynchronous endpoints.
 *
 * @source Amazon SageMaker developer guide, "Monitor asynchronous endpoint", with its spelling of
 *   InvocationsProcesssed
 */
const NAMESPACE = 'AWS/SageMaker'

export interface EndedInvocation {
  readonly invocation: AsyncInvocation & { readonly variantName: string }
  readonly at: Date
  /** When the replica got it; absent when none did. */
  readonly leasedAt?: Date
  readonly outcome?: Outcome
  /** Where there is no outcome of an attempt. */
  readonly ending?: Ending
}

/** What one ending says about its variant. */
export function endingSamples(ended: EndedInvocation): readonly MetricSample[] {
  const { invocation, at, leasedAt, outcome } = ended
  const ending = outcome?.ending ?? ended.ending
  const { endpointName: EndpointName, variantName: VariantName, receivedAt } = invocation
  const { status, durations = {} } = outcome ?? {}
  const isFailed = ending?.status === 'Failed'
  const values: readonly (readonly [string, string, number | undefined])[] = [
    ['InvocationsProcesssed', 'Count', 1],
    ['InvocationFailures', 'Count', Number(isFailed)],
    ['ExpiredRequests', 'Count', isFailed && ending.metric === 'ExpiredRequests' ? 1 : 0],
    [
      'RequestDownloadFailures',
      'Count',
      isFailed && ending.metric === 'RequestDownloadFailures' ? 1 : 0,
    ],
    [
      'ResponseUploadFailures',
      'Count',
      isFailed && ending.metric === 'ResponseUploadFailures' ? 1 : 0,
    ],
    ['Invocation4XXErrors', 'None', status && Number(status >= 400 && status < 500)],
    ['Invocation5XXErrors', 'None', status && Number(status >= 500)],
    ['ModelLatency', 'Microseconds', durations.modelUs],
    ['RequestDownloadLatency', 'Microseconds', durations.requestDownloadUs],
    ['ResponseUploadLatency', 'Microseconds', durations.responseUploadUs],
    ['TimeInBacklog', 'Milliseconds', leasedAt && sinceMs(receivedAt, leasedAt)],
    ['TotalProcessingTime', 'Milliseconds', sinceMs(receivedAt, at)],
  ]
  return values.flatMap(([metricName, unit, value]) =>
    value === undefined
      ? []
      : [sample({ metricName, unit, value, at, dimensions: { EndpointName, VariantName } })],
  )
}

/**
 * Publishes the backlog of every asynchronous endpoint for the minute that `at` begins; twice is once.
 * @returns whether there is such an endpoint
 */
export async function publishBacklogs(platform: Platform, at: Date): Promise<boolean> {
  let isAny = false
  const { routes } = await readRoutes(platform.database)
  const backlogs = new Map(
    (await readBacklogs(platform.database)).map((backlog) => [backlog.endpointArn, backlog]),
  )
  for (const route of routes) {
    if (!route.fleets.some(({ asyncInference }) => asyncInference)) continue
    isAny = true
    const { realm, account, region, endpointArn } = route
    await recordMetricBatch(
      platform.database,
      { realm, account, region },
      {
        batchId: `async-backlog/${realm}/${endpointArn}/${at.toISOString()}`,
        samples: backlogSamples(route, backlogs.get(endpointArn), at),
      },
    )
  }
  return isAny
}

/** An endpoint without instances has its whole backlog as that of one: there is none to divide by. */
export function backlogSamples(
  route: Pick<EndpointRoute, 'endpointName' | 'fleets'>,
  backlog: Pick<Backlog, 'size' | 'oldestReceivedAt'> | undefined,
  at: Date,
): readonly MetricSample[] {
  const instances = route.fleets
    .flatMap(({ variants }) => variants)
    .reduce((sum, { replicas }) => sum + replicas.length, 0)
  const size = backlog?.size ?? 0
  const ageSeconds = backlog ? sinceMs(backlog.oldestReceivedAt, at) / 1_000 : 0
  const dimensions = { EndpointName: route.endpointName }
  const values = [
    ['ApproximateBacklogSize', 'Count', size],
    ['ApproximateBacklogSizePerInstance', 'Count', size / Math.max(1, instances)],
    ['ApproximateAgeOfOldestRequest', 'Seconds', ageSeconds],
    ['HasBacklogWithoutCapacity', 'Count', Number(size > 0 && instances === 0)],
  ] as const
  return values.map(([metricName, unit, value]) =>
    sample({ metricName, unit, value, at, dimensions }),
  )
}

function sample(one: {
  readonly metricName: string
  readonly unit: string
  readonly value: number
  readonly at: Date
  readonly dimensions: Readonly<Record<string, string>>
}): MetricSample {
  const { value, ...metric } = one
  return {
    namespace: NAMESPACE,
    ...metric,
    resolutionSeconds: 60,
    sampleCount: 1,
    sum: value,
    minimum: value,
    maximum: value,
  }
}

function sinceMs(from: Date, to: Date): number {
  return Math.max(0, to.getTime() - from.getTime())
}
