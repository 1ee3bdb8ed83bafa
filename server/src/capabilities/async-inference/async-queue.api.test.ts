import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { changeVariantCapacity } from '../hosting/index.ts'
import { type AsyncHost, startAsyncHost, TOPICS } from './async-fixture.ts'

let host: AsyncHost
before(async () => {
  host = await startAsyncHost()
})
after(() => host.close())

test('a request that its container dies of is tried three times and fails; the next one is answered', async () => {
  const EndpointName = await host.givenAsyncEndpoint()
  const { runtime } = host.server
  const deadly = await runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: await host.putInput('die'),
  })
  const harmless = await runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation: await host.putInput('x'),
  })
  assert.match(await host.read(deadly.FailureLocation), /went away before it answered, 3 times/)
  assert.equal(await host.read(harmless.OutputLocation), '1')
})

test('a replica gets no more requests at once than MaxConcurrentInvocationsPerInstance', async () => {
  const client = { MaxConcurrentInvocationsPerInstance: 2 }
  const EndpointName = await host.givenAsyncEndpoint({ WORK_SECONDS: '0.4' }, { client })
  const { runtime, platform } = host.server
  const InputLocation = await host.putInput('x')
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
    { what: 'the queue to be empty' },
  )
  assert.equal(most, 2)
  for (const { OutputLocation } of answers) assert.equal(await host.read(OutputLocation), '1')
})

test('without instances requests wait, for an instance or for the end of their time to live', async () => {
  const EndpointName = await host.givenAsyncEndpoint()
  const { runtime } = host.server
  const scaleTo = async (instanceCount: number): Promise<void> => {
    const change = { endpointName: EndpointName, variantName: 'AllTraffic', instanceCount }
    assert.equal(
      await changeVariantCapacity(host.server.platform, await host.place(), change),
      'Changed',
    )
    await host.settled(EndpointName)
  }
  await scaleTo(0)
  const InputLocation = await host.putInput('x')
  const patient = await runtime.invokeEndpointAsync({ EndpointName, InputLocation })
  const impatient = await runtime.invokeEndpointAsync({
    EndpointName,
    InputLocation,
    RequestTTLSeconds: 60,
  })
  await host.server.advance(61_000)
  assert.match(await host.read(impatient.FailureLocation), /expired: .* RequestTTLSeconds/)
  await scaleTo(1)
  assert.equal(await host.read(patient.OutputLocation), '1')
})

test('DeleteEndpoint fails what still waits, so that no later endpoint of its name gets it, and tells the topic', async () => {
  const client = { MaxConcurrentInvocationsPerInstance: 1 }
  const EndpointName = await host.givenAsyncEndpoint({ WORK_SECONDS: '30' }, { client })
  const { runtime, sagemaker, platform } = host.server
  const InputLocation = await host.putInput('x')
  const waiting = await Promise.all(
    Array.from({ length: 3 }, () => runtime.invokeEndpointAsync({ EndpointName, InputLocation })),
  )
  await sagemaker.deleteEndpoint({ EndpointName })
  for (const { FailureLocation } of waiting) {
    assert.match(await host.read(FailureLocation), /^Endpoint .* was deleted/)
  }
  for (const { InferenceId } of waiting) {
    const { invocationStatus, failureReason } = await host.told(TOPICS.ErrorTopic, InferenceId)
    assert.equal(invocationStatus, 'Failed')
    assert.match(String(failureReason), /^Endpoint .* was deleted/)
  }
  const rows = await platform.database.query(
    'select 1 from async_invocation where endpoint_name = $1',
    [EndpointName],
  )
  assert.equal(rows.length, 0)
})

test('an update waits for the requests that the old instances work on', async () => {
  const { runtime, sagemaker, platform } = host.server
  const EndpointName = await host.givenAsyncEndpoint({ VERSION: 'old', WORK_SECONDS: '3' })
  const InputLocation = await host.putInput('x')
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
  assert.equal(await host.read(OutputLocation), 'old')
  assert.equal((await host.settled(EndpointName)).EndpointConfigName, EndpointConfigName)
})
