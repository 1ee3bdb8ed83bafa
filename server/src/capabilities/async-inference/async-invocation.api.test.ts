import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { registerAppendingImage } from '../../../../tests/support/appending-image.ts'
import { readMetricPeriods } from '../metrics/index.ts'
import { type AsyncHost, startAsyncHost, TOPICS } from './async-fixture.ts'

let host: AsyncHost
before(async () => {
  host = await startAsyncHost()
})
after(() => host.close())

test('InvokeEndpointAsync queues a request whose answer appears at its OutputLocation', async () => {
  const EndpointName = await host.givenAsyncEndpoint({ VERSION: 'seven' })
  const answer = await host.server.runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: await host.putInput('1,2,3'),
    InferenceId: 'mine',
  })
  assert.equal(answer.$metadata.httpStatusCode, 202)
  assert.equal(answer.InferenceId, 'mine')
  assert.match(
    answer.OutputLocation ?? '',
    new RegExp(`^s3://${host.bucket}/answers/${EndpointName}/[0-9a-f-]{36}\\.out$`),
  )
  assert.equal(await host.read(answer.OutputLocation), 'seven')

  const message = await host.told(TOPICS.SuccessTopic, 'mine')
  assert.equal(message.invocationStatus, 'Completed')
  assert.equal(message.eventName, 'InferenceResult')
  assert.deepEqual(message.responseParameters, { outputLocation: answer.OutputLocation })
  assert.deepEqual(message.responseBody, {
    encoding: 'BASE64',
    content: Buffer.from('seven').toString('base64'),
  })
})

test('InvokeEndpointAsync takes a payload along, and a name for the answer', async () => {
  const EndpointName = await host.givenAsyncEndpoint({ VERSION: 'eight' })
  const answer = await host.server.runtime.invokeEndpointAsync({
    EndpointName,
    Body: Buffer.from('1,2,3'),
    ContentType: 'text/csv',
    S3OutputPathExtension: 'run-1',
    Filename: 'answer.csv',
  })
  const path = `s3://${host.bucket}/answers/${EndpointName}/run-1/answer.csv`
  assert.equal(answer.OutputLocation, path)
  assert.equal(await host.read(path), 'eight')
})

test('a request whose input is not there fails: reason at FailureLocation, notification, metric', async () => {
  const EndpointName = await host.givenAsyncEndpoint()
  const answer = await host.server.runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: `s3://${host.bucket}/inputs/nothing-here`,
  })
  const reason = await host.read(answer.FailureLocation)
  assert.match(reason, /Failed to download the request from s3:.*nothing-here/)
  const message = await host.told(TOPICS.ErrorTopic, answer.InferenceId)
  assert.equal(message.invocationStatus, 'Failed')
  assert.equal(message.failureReason, reason)

  const { platform, clock } = host.server
  const now = clock.now().getTime()
  const periods = await readMetricPeriods(platform.database, await host.place(), {
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

test('InvokeEndpoint is refused by an asynchronous endpoint, and InvokeEndpointAsync by any other', async () => {
  const { runtime } = host.server
  const direct = await host.givenEndpoint(host.variant(await host.createModel()))
  const queued = await host.givenAsyncEndpoint()
  const InputLocation = await host.putInput('x')
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

test('a request goes through all containers of a pipeline; an error names the one that it came from', async () => {
  const { runtime, sagemaker } = host.server
  const Image = await registerAppendingImage(host.server)
  const Containers = ['A', 'B', 'C'].map((name) => ({
    Image,
    ContainerHostname: name,
    Environment: { NAME: name },
  }))
  const more = { PrimaryContainer: undefined, Containers }
  const EndpointName = await host.givenAsyncEndpoint({}, { model: more })
  const invoke = async (body: string) =>
    runtime.invokeEndpointAsync({
      EndpointName,
      InputLocation: await host.putInput(body, 'text/csv'),
      Accept: 'application/json',
    })

  const whole = await invoke('x')
  const refused = await invoke('fail B')

  assert.equal(
    await host.read(whole.OutputLocation),
    'x|A text/csv>-|B type/A>-|C type/B>application/json',
  )
  const { responseParameters } = await host.told(TOPICS.SuccessTopic, whole.InferenceId)
  assert.deepEqual(responseParameters, {
    contentType: 'type/C',
    outputLocation: whole.OutputLocation,
  })
  assert.match(
    await host.read(refused.FailureLocation),
    /^Received client error \(418\) from B with message "teapot B"\. See the log stream AllTraffic\/i-\w+\/B of /,
  )
  const direct = await host.createModel(
    {},
    { ...more, InferenceExecutionConfig: { Mode: 'Direct' } },
  )
  await assert.rejects(
    sagemaker.createEndpointConfig({
      EndpointConfigName: host.newName(),
      ProductionVariants: [host.variant(direct)],
      AsyncInferenceConfig: { OutputConfig: {} },
    }),
    { name: 'ValidationException', message: /Mode Direct/ },
  )
})
