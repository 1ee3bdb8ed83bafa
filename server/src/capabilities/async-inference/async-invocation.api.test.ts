import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { Place } from '../../platform/scope.ts'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'
import { changeVariantCapacity } from '../hosting/index.ts'
import { readMetricPeriods } from '../metrics/index.ts'
import { selectNotifications } from './async-notification.store.ts'

let host: Host
before(async () => {
  host = await startHost()
})
after(() => host.close())

const TOPICS = {
  SuccessTopic: 'arn:aws:sns:us-east-1:123456789012:done',
  ErrorTopic: 'arn:aws:sns:us-east-1:123456789012:failed',
}

/** An asynchronous endpoint in service. @returns its name */
async function givenAsyncEndpoint(
  environment: Record<string, string> = {},
  client: AsyncInferenceConfig['ClientConfig'] = {},
): Promise<string> {
  const { sagemaker } = host.server
  const EndpointName = host.newName()
  const model = await host.createModel(environment)
  await sagemaker.createEndpointConfig({
    EndpointConfigName: EndpointName,
    ProductionVariants: [host.variant(model)],
    AsyncInferenceConfig: {
      OutputConfig: {
        S3OutputPath: `s3://${host.bucket}/answers/${EndpointName}`,
        S3FailurePath: `s3://${host.bucket}/failures/${EndpointName}`,
        NotificationConfig: {
          ...TOPICS,
          IncludeInferenceResponseIn: ['SUCCESS_NOTIFICATION_TOPIC'],
        },
      },
      ClientConfig: client,
    },
  })
  await sagemaker.createEndpoint({ EndpointName, EndpointConfigName: EndpointName })
  const { EndpointStatus } = await host.settled(EndpointName)
  assert.equal(EndpointStatus, 'InService')
  return EndpointName
}

async function putInput(body: string, contentType = 'text/csv'): Promise<string> {
  const key = `inputs/${host.newName()}`
  await host.server.s3.putObject({
    Bucket: host.bucket,
    Key: key,
    Body: body,
    ContentType: contentType,
  })
  return `s3://${host.bucket}/${key}`
}

async function read(location: string | undefined): Promise<string> {
  const Key = location?.replace(`s3://${host.bucket}/`, '')
  return eventually(
    async () => {
      const object = await host.server.s3
        .getObject({ Bucket: host.bucket, Key })
        .catch((error: Error) => {
          assert.equal(error.name, 'NoSuchKey')
          return undefined
        })
      return object && { text: await object.Body?.transformToString() }
    },
    { what: `${location} to appear`, timeoutMs: 20_000 },
  ).then(({ text }) => text ?? '')
}

async function place(): Promise<Place> {
  const { platform, config } = host.server
  const rows = await platform.database.query<{ realm: number }>(
    'select max(realm) as realm from realm',
  )
  return { realm: rows[0]?.realm ?? 0, account: config.account, region: config.region }
}

async function told(topicArn: string, inferenceId: string | undefined) {
  const { database } = host.server.platform
  const { realm } = await place()
  const wanted = { realm, topicArn, limit: 1_000 }
  return eventually(
    async () =>
      (await selectNotifications(database, wanted))
        .map(({ message }) => message as Record<string, unknown>)
        .find((message) => message.inferenceId === inferenceId),
    { what: `a notification of ${inferenceId}` },
  )
}

test('InvokeEndpointAsync queues a request whose answer appears at its OutputLocation', async () => {
  const EndpointName = await givenAsyncEndpoint({ VERSION: 'seven' })
  const answer = await host.server.runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: await putInput('1,2,3'),
    InferenceId: 'mine',
  })
  assert.equal(answer.$metadata.httpStatusCode, 202)
  assert.equal(answer.InferenceId, 'mine')
  assert.match(
    answer.OutputLocation ?? '',
    new RegExp(`^s3://${host.bucket}/answers/${EndpointName}/[0-9a-f-]{36}\\.out$`),
  )
  assert.equal(await read(answer.OutputLocation), 'seven')

  const message = await told(TOPICS.SuccessTopic, 'mine')
  assert.equal(message.invocationStatus, 'Completed')
  assert.equal(message.eventName, 'InferenceResult')
  assert.deepEqual(message.responseParameters, { outputLocation: answer.OutputLocation })
  assert.deepEqual(message.responseBody, {
    encoding: 'BASE64',
    content: Buffer.from('seven').toString('base64'),
  })
})

test('InvokeEndpointAsync takes a payload along, and a name for the answer', async () => {
  const EndpointName = await givenAsyncEndpoint({ VERSION: 'eight' })
  const answer = await host.server.runtime.invokeEndpointAsync({
    EndpointName,
    Body: Buffer.from('1,2,3'),
    ContentType: 'text/csv',
    S3OutputPathExtension: 'run-1',
    Filename: 'answer.csv',
  })
  const path = `s3://${host.bucket}/answers/${EndpointName}/run-1/answer.csv`
  assert.equal(answer.OutputLocation, path)
  assert.equal(await read(path), 'eight')
})

test('a request whose input is not there fails: reason at FailureLocation, notification, metric', async () => {
  const EndpointName = await givenAsyncEndpoint()
  const answer = await host.server.runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: `s3://${host.bucket}/inputs/nothing-here`,
  })
  const reason = await read(answer.FailureLocation)
  assert.match(reason, /Failed to download the request from s3:.*nothing-here/)
  const message = await told(TOPICS.ErrorTopic, answer.InferenceId)
  assert.equal(message.invocationStatus, 'Failed')
  assert.equal(message.failureReason, reason)

  const { platform, clock } = host.server
  const now = clock.now().getTime()
  const periods = await readMetricPeriods(platform.database, await place(), {
    metric: {
      namespace: 'AWS/SageMaker',
      metricName: 'RequestDownloadFailures',
      dimensions: { EndpointName, VariantName: 'AllTraffic' },
    },
    periodSeconds: 60,
    startTime: new Date(now - 180_000),
    endTime: new Date(now + 60_000),
  })
  assert.equal(
    periods.reduce((sum, period) => sum + period.sum, 0),
    1,
  )
})

test('a request that its container dies of is tried three times and fails; the next one is answered', async () => {
  const EndpointName = await givenAsyncEndpoint()
  const { runtime } = host.server
  const deadly = await runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: await putInput('die'),
  })
  const harmless = await runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: await putInput('x'),
  })
  assert.match(await read(deadly.FailureLocation), /went away before it answered, 3 times/)
  assert.equal(await read(harmless.OutputLocation), '1')
})

test('a replica gets no more requests at once than MaxConcurrentInvocationsPerInstance', async () => {
  const client = { MaxConcurrentInvocationsPerInstance: 2 }
  const EndpointName = await givenAsyncEndpoint({ WORK_SECONDS: '0.4' }, client)
  const { runtime, platform } = host.server
  const InputLocation = await putInput('x')
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => runtime.invokeEndpointAsync({ EndpointName, InputLocation })),
  )
  let most = 0
  await eventually(
    async () => {
      const rows = await platform.database.query<{ leased: number; queued: number }>(
        `select count(lease_owner)::integer as leased, count(*)::integer as queued
         from async_invocation where endpoint_name = $1`,
        [EndpointName],
      )
      most = Math.max(most, rows[0]?.leased ?? 0)
      return rows[0]?.queued === 0
    },
    { what: 'the queue to be empty', timeoutMs: 20_000 },
  )
  assert.equal(most, 2)
  for (const { OutputLocation } of answers) assert.equal(await read(OutputLocation), '1')
})

test('without instances requests wait, for an instance or for the end of their time to live', async () => {
  const EndpointName = await givenAsyncEndpoint()
  const { runtime } = host.server
  const scaleTo = async (instanceCount: number): Promise<void> => {
    const change = { endpointName: EndpointName, variantName: 'AllTraffic', instanceCount }
    assert.equal(
      await changeVariantCapacity(host.server.platform, await place(), change),
      'Changed',
    )
    await host.settled(EndpointName)
  }
  await scaleTo(0)
  const InputLocation = await putInput('x')
  const patient = await runtime.invokeEndpointAsync({ EndpointName, InputLocation })
  const impatient = await runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation,
    RequestTTLSeconds: 60,
  })
  await host.server.advance(61_000)
  assert.match(await read(impatient.FailureLocation), /expired: .* RequestTTLSeconds/)
  await scaleTo(1)
  assert.equal(await read(patient.OutputLocation), '1')
})

test('DeleteEndpoint fails what still waits, so that no later endpoint of its name gets it', async () => {
  const client = { MaxConcurrentInvocationsPerInstance: 1 }
  const EndpointName = await givenAsyncEndpoint({ WORK_SECONDS: '30' }, client)
  const { runtime, sagemaker, platform } = host.server
  const InputLocation = await putInput('x')
  const waiting = await Promise.all(
    Array.from({ length: 3 }, () => runtime.invokeEndpointAsync({ EndpointName, InputLocation })),
  )
  await sagemaker.deleteEndpoint({ EndpointName })
  for (const { FailureLocation } of waiting) {
    assert.match(await read(FailureLocation), /^Endpoint .* was deleted/)
  }
  const rows = await platform.database.query(
    'select 1 from async_invocation where endpoint_name = $1',
    [EndpointName],
  )
  assert.equal(rows.length, 0)
})

test('an update waits for the requests that the old instances work on', async () => {
  const { runtime, sagemaker, platform } = host.server
  const EndpointName = await givenAsyncEndpoint({ VERSION: 'old', WORK_SECONDS: '3' })
  const InputLocation = await putInput('x')
  const { OutputLocation } = await runtime.invokeEndpointAsync({ EndpointName, InputLocation })
  await eventually(
    async () => {
      const rows = await platform.database.query(
        'select 1 from async_invocation where endpoint_name = $1 and lease_owner is not null',
        [EndpointName],
      )
      return rows.length > 0
    },
    { what: 'the request to be at work' },
  )
  const EndpointConfigName = host.newName()
  const model = await host.createModel({ VERSION: 'new' })
  await sagemaker.createEndpointConfig({
    EndpointConfigName,
    ProductionVariants: [host.variant(model)],
    AsyncInferenceConfig: { OutputConfig: { S3OutputPath: `s3://${host.bucket}/answers` } },
  })
  await sagemaker.updateEndpoint({ EndpointName, EndpointConfigName })
  assert.equal(await read(OutputLocation), 'old')
  assert.equal((await host.settled(EndpointName)).EndpointConfigName, EndpointConfigName)
})

test('InvokeEndpoint is refused by an asynchronous endpoint, and InvokeEndpointAsync by any other', async () => {
  const { runtime } = host.server
  const direct = await host.givenEndpoint(host.variant(await host.createModel()))
  const queued = await givenAsyncEndpoint()
  const InputLocation = await putInput('x')
  await assert.rejects(runtime.invokeEndpoint({ EndpointName: queued, Body: 'x' }), {
    name: 'ValidationError',
    message: /is an asynchronous endpoint/,
  })
  await assert.rejects(runtime.invokeEndpointAsync({ EndpointName: direct, InputLocation }), {
    name: 'ValidationError',
    message: /is not an asynchronous endpoint/,
  })
  await assert.rejects(runtime.invokeEndpointAsync({ EndpointName: 'nobody', InputLocation }), {
    name: 'ValidationError',
    message: 'Endpoint nobody of account 123456789012 not found.',
  })
  for (const more of [{}, { InputLocation, Body: Buffer.from('x') }]) {
    await assert.rejects(runtime.invokeEndpointAsync({ EndpointName: queued, ...more }), {
      name: 'ValidationError',
      message: /InputLocation/,
    })
  }
  await assert.rejects(
    runtime.invokeEndpointAsync({ EndpointName: queued, InputLocation, RequestTTLSeconds: 5 }),
    { name: 'ValidationError', message: /requestTTLSeconds/i },
  )
})
