import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'

const REQUESTS = 30
let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
  const { sagemaker } = rehearsal
  await rehearsal.createModelAndConfig('model', { VERSION: 'done', WORK_SECONDS: '0.3' })
  await sagemaker.createEndpointConfig({
    EndpointConfigName: 'queued',
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'model',
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      },
    ],
    AsyncInferenceConfig: {
      OutputConfig: {
        S3OutputPath: 's3://rehearsal/answers',
        NotificationConfig: { SuccessTopic: 'arn:aws:sns:us-east-1:123456789012:done' },
      },
    },
  })
  await sagemaker.createEndpoint({ EndpointName: 'queued', EndpointConfigName: 'queued' })
  assert.equal(await rehearsal.endpointSettles('queued'), 'InService')
})
after(() => rehearsal[Symbol.asyncDispose]())

async function listAnswers(): Promise<readonly string[]> {
  const listed = await rehearsal.s3.listObjectsV2({ Bucket: 'rehearsal', Prefix: 'answers/' })
  return (listed.Contents ?? []).map(({ Key }) => `s3://rehearsal/${Key}`)
}

test('accepted requests survive control being killed twice, and each is answered and told of once', async () => {
  const InputLocation = 's3://rehearsal/data/rows.csv'
  const accepted = await Promise.all(
    Array.from({ length: REQUESTS }, () =>
      rehearsal.runtime.invokeEndpointAsync({ EndpointName: 'queued', InputLocation }),
    ),
  )
  await eventually(async () => (await listAnswers()).length > 0, { what: 'a first answer' })
  await rehearsal.kill('control')
  await eventually(async () => (await listAnswers()).length > REQUESTS / 2, {
    what: 'more answers',
  })
  await rehearsal.kill('control')

  const expected = accepted.map(({ OutputLocation }) => OutputLocation ?? '').sort()
  await eventually(async () => (await listAnswers()).length === REQUESTS, {
    what: 'all answers',
    timeoutMs: 60_000,
  })
  assert.deepEqual([...(await listAnswers())].sort(), expected)

  const told = await eventually(
    async () => {
      const printed = await rehearsal.cli('notifications', '--json')
      const { notifications } = JSON.parse(printed) as {
        notifications: { message: { responseParameters?: { outputLocation: string } } }[]
      }
      const places = notifications.flatMap(
        ({ message }) => message.responseParameters?.outputLocation ?? [],
      )
      return places.length >= REQUESTS && places
    },
    { what: 'a notification of each' },
  )
  assert.deepEqual(told.sort(), expected)
})

test('requests at an endpoint that is deleted are each answered or told of as failed, though control is killed', async () => {
  const { sagemaker, runtime } = rehearsal
  const ErrorTopic = 'arn:aws:sns:us-east-1:123456789012:failed'
  const SuccessTopic = 'arn:aws:sns:us-east-1:123456789012:deleted-done'
  await sagemaker.createEndpointConfig({
    EndpointConfigName: 'deleted',
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'model',
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      },
    ],
    AsyncInferenceConfig: {
      OutputConfig: { NotificationConfig: { SuccessTopic, ErrorTopic } },
      ClientConfig: { MaxConcurrentInvocationsPerInstance: 1 },
    },
  })
  await sagemaker.createEndpoint({ EndpointName: 'deleted', EndpointConfigName: 'deleted' })
  assert.equal(await rehearsal.endpointSettles('deleted'), 'InService')
  const InputLocation = 's3://rehearsal/data/rows.csv'
  const accepted = await Promise.all(
    Array.from({ length: REQUESTS }, () =>
      runtime.invokeEndpointAsync({ EndpointName: 'deleted', InputLocation }),
    ),
  )

  await sagemaker.deleteEndpoint({ EndpointName: 'deleted' })
  await rehearsal.kill('control')

  const told = await eventually(
    async () => {
      const printed = await rehearsal.cli('notifications', '--json')
      const { notifications } = JSON.parse(printed) as {
        notifications: { topicArn: string; message: { inferenceId?: string } }[]
      }
      const ids = notifications
        .filter(({ topicArn }) => topicArn === ErrorTopic || topicArn === SuccessTopic)
        .flatMap(({ message }) => message.inferenceId ?? [])
      return ids.length >= REQUESTS && ids
    },
    { what: 'a notification of each', timeoutMs: 60_000 },
  )
  assert.deepEqual(told.sort(), accepted.map(({ InferenceId }) => InferenceId ?? '').sort())
})
