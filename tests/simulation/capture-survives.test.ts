import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { newUuid } from '../../server/src/base/ids.ts'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'

const BUCKET = 'captures'
const ENDPOINT = 'captured'
/** What a kill of a gateway may cost. */
const LOSS_MS_MAX = 1_000
/** By then every gateway that was killed has been, and others have taken over. */
const REPLACED_MS_MAX = 2_000

let rehearsal: Rehearsal
let cloudwatch: CloudWatch

before(async () => {
  rehearsal = await startRehearsal()
  const { region, credentials } = rehearsal.sagemaker.config
  cloudwatch = new CloudWatch({ endpoint: rehearsal.url, region, credentials })
  await rehearsal.createModelAndConfig('one')
  const { s3, sagemaker } = rehearsal
  await s3.createBucket({ Bucket: BUCKET })
  await sagemaker.createEndpointConfig({
    EndpointConfigName: 'capturing',
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'one',
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      },
    ],
    DataCaptureConfig: {
      EnableCapture: true,
      InitialSamplingPercentage: 100,
      DestinationS3Uri: `s3://${BUCKET}/`,
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    },
  })
  await sagemaker.createEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'capturing' })
  assert.equal(await rehearsal.endpointSettles(ENDPOINT), 'InService')
})
after(() => rehearsal[Symbol.asyncDispose]())

interface Answered {
  readonly id: string
  readonly atMs: number
}

/** Invokes without a pause until `work` is done. @returns the requests that were answered */
async function invokeDuring(work: () => Promise<void>): Promise<Answered[]> {
  const answered: Answered[] = []
  let working = true
  const caller = async (): Promise<void> => {
    while (working) {
      const id = newUuid()
      const request = { EndpointName: ENDPOINT, InferenceId: id, Body: 'x' }
      await rehearsal.runtime.invokeEndpoint(request).then(
        () => answered.push({ id, atMs: monotonicMs() }),
        // a connection of a gateway that was killed
        () => undefined,
      )
    }
  }
  const callers = [caller(), caller()]
  try {
    await work()
  } finally {
    working = false
    await Promise.all(callers)
  }
  return answered
}

/** The inference ids that were captured, and how many events there are of each id of an event. */
async function captured(): Promise<{ ids: Set<string>; events: Map<string, number> }> {
  const ids = new Set<string>()
  const events = new Map<string, number>()
  const { Contents = [] } = await rehearsal.s3.listObjectsV2({ Bucket: BUCKET })
  for (const { Key } of Contents) {
    const { Body } = await rehearsal.s3.getObject({ Bucket: BUCKET, Key })
    const lines = ((await Body?.transformToString()) ?? '').split('\n').filter((line) => line)
    for (const line of lines) {
      const { inferenceId, eventId } = JSON.parse(line).eventMetadata
      ids.add(inferenceId)
      events.set(eventId, (events.get(eventId) ?? 0) + 1)
    }
  }
  return { ids, events }
}

/** The endpoint's requests of the last two hours, by CloudWatch. */
async function invocations(): Promise<number> {
  const now = JSON.parse(await rehearsal.cli('clock', 'show', '--json')).now as string
  const { Datapoints = [] } = await cloudwatch.getMetricStatistics({
    Namespace: 'AWS/SageMaker',
    MetricName: 'Invocations',
    Dimensions: [
      { Name: 'EndpointName', Value: ENDPOINT },
      { Name: 'VariantName', Value: 'AllTraffic' },
    ],
    StartTime: new Date(Date.parse(now) - 7_200_000),
    EndTime: new Date(Date.parse(now) + 60_000),
    Period: 3_600,
    Statistics: ['Sum'],
  })
  return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0)
}

async function answeredFor(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await rehearsal.invoke(ENDPOINT)
}

test('gateways that are killed lose the records of their last second at most, and none is stored twice', async () => {
  const begunMs = monotonicMs()
  let killedMs = 0
  const answered = await invokeDuring(async () => {
    await eventually(async () => monotonicMs() > begunMs + LOSS_MS_MAX)
    await answeredFor(100)
    killedMs = monotonicMs()
    await rehearsal.kill('gateway')
    await eventually(() => rehearsal.invoke(ENDPOINT))
    await rehearsal.kill('control')
    await eventually(async () => monotonicMs() > killedMs + REPLACED_MS_MAX)
    await answeredFor(100)
  })
  await rehearsal.cli('clock', 'advance', '2m')

  const before = answered.filter(({ atMs }) => atMs < killedMs - LOSS_MS_MAX)
  const later = answered.filter(({ atMs }) => atMs > killedMs + REPLACED_MS_MAX)
  assert.ok(before.length > 0 && later.length > 0)
  const { events } = await eventually(async () => {
    const found = await captured()
    return [...before, ...later].every(({ id }) => found.ids.has(id)) && found
  })
  assert.deepEqual(
    [...events].filter(([, count]) => count > 1),
    [],
  )
  // the same holds of what was counted
  const counted = await eventually(async () => {
    const sum = await invocations()
    return sum >= before.length + later.length && sum
  })
  assert.ok(counted <= events.size + answered.length, `${counted} invocations`)
})

test('a clean stop loses no record', async () => {
  const answered = await invokeDuring(() => answeredFor(50))
  await rehearsal.cli('down')
  await rehearsal.up()
  await rehearsal.cli('clock', 'advance', '2m')

  await eventually(async () => {
    const found = await captured()
    return answered.every(({ id }) => found.ids.has(id))
  })
})
