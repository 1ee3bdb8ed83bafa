import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { DataCaptureConfig } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { readMetricPeriods } from '../metrics/index.ts'
import { startHost } from './hosting-fixture.ts'

const host = await startHost()
after(() => host.close())
const { sagemaker, s3, runtime } = host.server

function capture(more: Partial<DataCaptureConfig> = {}): DataCaptureConfig {
  return {
    EnableCapture: true,
    InitialSamplingPercentage: 100,
    DestinationS3Uri: `s3://${host.bucket}/capture`,
    CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'] },
    ...more,
  }
}

async function records(endpointName: string, variantName: string) {
  const Prefix = `capture/${endpointName}/${variantName}/`
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: host.bucket, Prefix })
  const texts = await Promise.all(
    Contents.map(async ({ Key = '' }) => {
      assert.match(
        Key.slice(Prefix.length),
        /^\d{4}\/\d\d\/\d\d\/\d\d\/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl$/,
      )
      const { Body } = await s3.getObject({ Bucket: host.bucket, Key })
      return (await Body?.transformToString()) ?? ''
    }),
  )
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''))
  return lines.map((line) => JSON.parse(line))
}

async function invoke(EndpointName: string, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    const request = { EndpointName, ContentType: 'text/csv', Body: Buffer.from(`${index}`) }
    const answer = await runtime.invokeEndpoint(request)
    assert.equal(Buffer.from(answer.Body ?? []).toString(), 'blue')
  }
}

test('an endpoint with a shadow variant answers from the other, and captures and counts both', async () => {
  const [production, shadow] = [
    await host.createModel({ VERSION: 'blue' }),
    await host.createModel({ VERSION: 'green' }),
  ]
  const EndpointConfigName = host.newName()
  await sagemaker.createEndpointConfig({
    EndpointConfigName,
    ProductionVariants: [host.variant(production)],
    ShadowProductionVariants: [host.variant(shadow, { VariantName: 'Shadow' })],
    DataCaptureConfig: capture(),
  })
  const EndpointName = host.newName()
  await sagemaker.createEndpoint({ EndpointName, EndpointConfigName })
  const endpoint = await host.settled(EndpointName)
  assert.equal(endpoint.EndpointStatus, 'InService', endpoint.FailureReason)
  assert.equal(endpoint.ShadowProductionVariants?.[0]?.VariantName, 'Shadow')
  assert.equal(endpoint.ShadowProductionVariants?.[0]?.CurrentInstanceCount, 1)
  assert.deepEqual(endpoint.DataCaptureConfig, {
    EnableCapture: true,
    CaptureStatus: 'Started',
    CurrentSamplingPercentage: 100,
    DestinationS3Uri: `s3://${host.bucket}/capture`,
    KmsKeyId: '',
  })

  await invoke(EndpointName, 20)
  await host.server.advance(61_000)

  for (const [variantName, answer] of [
    ['AllTraffic', 'blue'],
    ['Shadow', 'green'],
  ] as const) {
    const captured = await eventually(
      async () => {
        const found = await records(EndpointName, variantName)
        return found.length === 20 && found
      },
      { what: `20 records of ${variantName}` },
    )
    const inputs = captured.map(({ captureData }) => Number(captureData.endpointInput.data))
    assert.deepEqual(
      inputs.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index),
    )
    // the answer has no content type
    assert.ok(captured.every(({ captureData }) => atob(captureData.endpointOutput.data) === answer))
  }
  const config = host.server.platform.config
  const [row] = await host.server.platform.database.query<{ realm: number }>(
    'select max(realm) as realm from realm',
  )
  const place = { realm: row?.realm ?? 0, account: config.account, region: config.region }
  const end = host.server.clock.now()
  const invocations = (dimensions: Record<string, string>) =>
    readMetricPeriods(host.server.platform.database, place, {
      metric: { namespace: 'AWS/SageMaker', metricName: 'Invocations', dimensions },
      periodSeconds: 3_600,
      startTime: new Date(Math.floor(end.getTime() / 1_000) * 1_000 - 3_600_000),
      endTime: end,
    })
  for (const VariantName of ['AllTraffic', 'Shadow']) {
    const [period] = await invocations({ EndpointName, VariantName, EndpointConfigName })
    assert.equal(period?.sum, 20, VariantName)
  }
})

test('UpdateEndpoint turns data capture off and on, and DescribeEndpoint says so', async () => {
  const model = await host.createModel({ VERSION: 'blue' })
  const configure = async (DataCaptureConfig: DataCaptureConfig): Promise<string> => {
    const EndpointConfigName = host.newName()
    const ProductionVariants = [host.variant(model)]
    await sagemaker.createEndpointConfig({
      EndpointConfigName,
      ProductionVariants,
      DataCaptureConfig,
    })
    return EndpointConfigName
  }
  const EndpointName = host.newName()
  const off = await configure(capture({ EnableCapture: false }))
  await sagemaker.createEndpoint({ EndpointName, EndpointConfigName: off })
  assert.equal((await host.settled(EndpointName)).DataCaptureConfig?.CaptureStatus, 'Stopped')
  await invoke(EndpointName, 4)

  const on = await configure(capture({ InitialSamplingPercentage: 50 }))
  await sagemaker.updateEndpoint({ EndpointName, EndpointConfigName: on })
  const { DataCaptureConfig: shown } = await host.settled(EndpointName)
  assert.equal(shown?.CaptureStatus, 'Started')
  assert.equal(shown?.CurrentSamplingPercentage, 50)
  await invoke(EndpointName, 20)
  await host.server.advance(61_000)

  await eventually(async () => (await records(EndpointName, 'AllTraffic')).length >= 9)
  const { length } = await records(EndpointName, 'AllTraffic')
  assert.ok(length <= 11, `${length} of 20 records`)
})
