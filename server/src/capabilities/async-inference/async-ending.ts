import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import { type EndpointRoute, type RouteKey, readRoute } from '../inference/index.ts'
import { appendLogEvents } from '../logs/index.ts'
import { recordMetrics } from '../metrics/index.ts'
import { storeObject } from '../objects/index.ts'
import type { Durations, Outcome } from './async-invocation.activities.ts'
import {
  type Ending,
  endingNotifications,
  testNotifications,
} from './async-invocation.container.ts'
import {
  deleteInvocations,
  deleteLocked,
  lockQueued,
  takeExpired,
} from './async-invocation.store.ts'
import type { AsyncInvocation, LeasedInvocation } from './async-invocation.ts'
import { endingSamples } from './async-metrics.ts'
import { insertNotifications, insertTopicTest } from './async-notification.store.ts'

export interface FinishedInvocation {
  readonly invocation: LeasedInvocation
  readonly config: AsyncInferenceConfig
  /** When the replica got it, by the platform's clock. */
  readonly leasedAt: Date
  readonly outcome: Outcome
}

/**
 * Ends invocations that this process has leased: their rows go, and what is told of them is written, in one
 * transaction; the output, or the reason of the failure, is there before. Those that end while others are
 * being written go together: all of an endpoint add to the same metrics, and would wait for each other.
 *
 * @param owner this process, as it leases
 */
export function createEndings(platform: Platform, owner: string) {
  interface Waiting {
    readonly finished: FinishedInvocation
    readonly resolve: () => void
    readonly reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let isWriting = false

  const write = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await endAll(
        platform,
        owner,
        batch.map(({ finished }) => finished),
      ).then(
        () => {
          for (const { resolve } of batch) resolve()
        },
        (error: unknown) => {
          for (const { reject } of batch) reject(error)
        },
      )
    }
    isWriting = false
  }
  return {
    /** Resolves when the end is on disk. */
    finish: async (finished: FinishedInvocation): Promise<void> => {
      const { invocation, config, outcome } = finished
      const { ending } = outcome
      if (ending.status === 'Failed') await storeFailure(platform, { invocation, ending, config })
      await new Promise<void>((resolve, reject) => {
        waiting.push({ finished, resolve, reject })
        if (!isWriting) void write()
      })
    },
  }
}

async function endAll(
  platform: Platform,
  owner: string,
  all: readonly FinishedInvocation[],
): Promise<void> {
  const at = platform.clock.now()
  const ended = await platform.database.transaction(async (transaction) => {
    const ids = all.map(({ invocation }) => invocation.invocationId)
    const mine = await deleteInvocations(transaction, ids, owner)
    const finished = all.filter(({ invocation }) => mine.has(invocation.invocationId))
    for (const { invocation, outcome, config } of finished) {
      await tell(transaction, { invocation, ending: outcome.ending, at, config })
    }
    for (const [place, group] of byPlace(finished)) {
      const samples = group.flatMap((one) => endingSamples({ ...one, at }))
      await recordMetrics(transaction, place, samples)
    }
    return finished
  })
  await writeDataLogs(platform, ended, at)
}

function byPlace(
  finished: readonly FinishedInvocation[],
): readonly (readonly [Place, readonly FinishedInvocation[]])[] {
  const groups = Map.groupBy(
    finished,
    ({ invocation: { place } }) => `${place.realm}/${place.region}`,
  )
  return [...groups.values()].flatMap((group) =>
    group[0] ? [[group[0].invocation.place, group] as const] : [],
  )
}

/** Ends the requests whose time to live is over and that no replica has. */
export async function expireInvocations(platform: Platform): Promise<void> {
  const { clock, database } = platform
  for (;;) {
    const at = clock.now()
    const expired = await database.transaction(async (transaction) => {
      const invocations = await takeExpired(transaction, at)
      for (const invocation of invocations) await expire(platform, transaction, { invocation, at })
      return invocations.length
    })
    if (expired === 0) return
  }
}

async function expire(
  platform: Platform,
  transaction: Queryable,
  { invocation, at }: { readonly invocation: AsyncInvocation; readonly at: Date },
): Promise<void> {
  const { place, endpointName } = invocation
  const route = await readRoute(transaction, { ...place, endpointName })
  const config = route?.fleets.at(-1)?.asyncInference ?? invocation.config
  const seconds = Math.round((at.getTime() - invocation.receivedAt.getTime()) / 1_000)
  const ending = {
    status: 'Failed',
    failureReason: `The request expired: no instance took it within its RequestTTLSeconds; it waited ${seconds} seconds.`,
    metric: 'ExpiredRequests',
  } as const
  await storeFailure(platform, { invocation, ending, config })
  await tell(transaction, { invocation, ending, at, config })
  const variantName = route?.fleets.at(-1)?.variants[0]?.variantName ?? ''
  const samples = endingSamples({ invocation: { ...invocation, variantName }, ending, at })
  await recordMetrics(transaction, place, samples)
}

/**
 * Ends what still waits at an endpoint that was deleted: a later one of the same name must not get it. Its topics
 * are those of when it accepted the request.
 */
export async function endAbandoned(platform: Platform, key: RouteKey): Promise<void> {
  const ending = {
    status: 'Failed',
    failureReason: `Endpoint ${key.endpointName} was deleted before an instance took the request.`,
    metric: undefined,
  } as const
  for (;;) {
    const ended = await platform.database.transaction(async (transaction) => {
      const invocations = await lockQueued(transaction, key)
      // only now: a request that came in while there was a route again is not among those of the deleted one
      if (invocations.length === 0 || (await readRoute(transaction, key))) return 0
      const at = platform.clock.now()
      for (const invocation of invocations) {
        const { config } = invocation
        await storeFailure(platform, { invocation, ending, config })
        await tell(transaction, { invocation, ending, at, config })
      }
      await deleteLocked(
        transaction,
        invocations.map(({ invocationId }) => invocationId),
      )
      return invocations.length
    })
    if (ended === 0) return
  }
}

/** The topics of a fleet that begins to serve get one message each, once. */
export async function sendTopicTests(platform: Platform, route: EndpointRoute): Promise<void> {
  const { account, region, realm, endpointArn } = route
  for (const { generation, asyncInference } of route.fleets) {
    const notifications = testNotifications(asyncInference?.OutputConfig?.NotificationConfig)
    if (notifications.length === 0) continue
    await platform.database.transaction(async (transaction) => {
      const place = { realm, account, region }
      if (!(await insertTopicTest(transaction, place, { endpointArn, generation }))) return
      const at = platform.clock.now()
      await insertNotifications(transaction, place, { notifications, at })
    })
  }
}

interface ToTell {
  readonly invocation: AsyncInvocation
  readonly ending: Ending
  readonly at: Date
  readonly config: AsyncInferenceConfig | undefined
}

async function tell(transaction: Queryable, { config, ...ended }: ToTell): Promise<void> {
  const notifications = endingNotifications(config?.OutputConfig?.NotificationConfig, ended)
  const { invocation, at } = ended
  await insertNotifications(transaction, invocation.place, { notifications, at })
}

/** A failure that cannot be stored is told all the same. */
async function storeFailure(
  platform: Platform,
  failure: Pick<ToTell, 'invocation' | 'config'> & {
    readonly ending: Extract<Ending, { status: 'Failed' }>
  },
): Promise<void> {
  const { invocation, ending, config } = failure
  if (invocation.failureLocation === undefined) return
  const kmsKeyId = config?.OutputConfig?.KmsKeyId
  await storeObject(platform, invocation.place, {
    s3Uri: invocation.failureLocation,
    body: Buffer.from(ending.failureReason),
    contentType: 'text/plain',
    ...(kmsKeyId !== undefined && { kmsKeyId }),
  }).catch((error: unknown) =>
    platform.log.warn('the reason of a failure could not be stored', {
      invocationId: invocation.invocationId,
      error,
    }),
  )
}

/** One batch of lines for each instance's data log. */
async function writeDataLogs(
  platform: Platform,
  finished: readonly FinishedInvocation[],
  at: Date,
): Promise<void> {
  const streams = Map.groupBy(finished, ({ invocation }) => invocation.replicaId)
  for (const group of streams.values()) {
    const { place, endpointName, variantName, replicaId } = group[0]?.invocation ?? {}
    if (!place) continue
    await appendLogEvents(
      { ...platform, ...place },
      {
        group: `/aws/sagemaker/Endpoints/${endpointName}`,
        stream: `${variantName}/${replicaId}/data-log`,
        events: group.map((one) => ({ timestamp: at.getTime(), message: logLine(one, at) })),
      },
    )
  }
}

function logLine({ invocation, outcome }: FinishedInvocation, at: Date): string {
  const { ending, durations } = outcome
  const what =
    ending.status === 'Completed'
      ? `Inference request succeeded. ${durationText(durations)}`
      : `Inference request failed. ${ending.failureReason}`
  const inferenceId = invocation.request.InferenceId ?? invocation.invocationId
  return `${at.toISOString()}:[sagemaker logs] [${inferenceId}] ${what}`
}

function durationText({ modelUs, requestDownloadUs, responseUploadUs }: Durations): string {
  const parts = {
    ModelLatency: modelUs,
    RequestDownloadLatency: requestDownloadUs,
    ResponseUploadLatency: responseUploadUs,
  }
  return Object.entries(parts)
    .map(([name, durationUs]) => `${name}: ${durationUs ?? 0} us`)
    .join(', ')
}
