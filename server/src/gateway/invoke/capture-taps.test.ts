import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import type { DataCaptureConfig } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import {
  startTestGateway,
  startUpstream,
  type TestGateway,
} from '../../../../tests/support/test-gateway.ts'

const CAPTURE: DataCaptureConfig = {
  EnableCapture: true,
  InitialSamplingPercentage: 100,
  DestinationS3Uri: 's3://bucket/capture',
  CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
  CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'] },
}

/** A gateway with one endpoint that echoes, captured as `capture` says. */
async function startCaptured(capture: DataCaptureConfig) {
  const container = await startUpstream((request, response) => {
    response.setHeader('content-type', 'text/csv; charset=utf-8')
    request.pipe(response)
  })
  const server = await startTestGateway()
  serve(server, { socket: container.socket, capture })
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await container[Symbol.asyncDispose]()
    },
  }
}

function serve(
  { serve: publish, table }: TestGateway,
  { socket, capture }: { socket: string; capture: DataCaptureConfig },
): void {
  const route = publish('e', { A: { sockets: [socket] } })
  const fleets = route.fleets.map((fleet) => ({ ...fleet, capture }))
  const version = route.version + 1
  table.update(version, { routes: [{ ...route, fleets, version }], withdrawn: [] })
}

/** All records that lie in the spool. */
async function recordsOf({ dataDir }: TestGateway) {
  const folder = join(dataDir, 'capture')
  const targets = await readdir(folder).catch(() => [])
  const lines: string[] = []
  for (const target of targets) {
    const names = (await readdir(join(folder, target))).filter((name) => name.endsWith('.jsonl'))
    for (const name of names.sort()) {
      const text = await readFile(join(folder, target, name), 'utf8')
      assert.ok(text.endsWith('\n'))
      lines.push(...text.slice(0, -1).split('\n'))
    }
  }
  return lines.map((line) => JSON.parse(line))
}

test('InvokeEndpoint with data capture leaves a record of each request, with its metadata', async () => {
  await using captured = await startCaptured(CAPTURE)
  const { runtime } = captured.server
  await runtime.invokeEndpoint({
    EndpointName: 'e',
    ContentType: 'text/csv',
    CustomAttributes: 'trace=7',
    InferenceId: '42',
    Body: Buffer.from('1,2'),
  })
  await runtime.invokeEndpoint({
    EndpointName: 'e',
    ContentType: 'image/png',
    Body: Buffer.from([255]),
  })

  const records = await eventually(async () => {
    const found = await recordsOf(captured.server)
    return found.length === 2 && found
  })
  const [first, second] = records
  assert.deepEqual(first.captureData, {
    endpointInput: { observedContentType: 'text/csv', mode: 'INPUT', data: '1,2', encoding: 'CSV' },
    endpointOutput: {
      observedContentType: 'text/csv; charset=utf-8',
      mode: 'OUTPUT',
      data: '1,2',
      encoding: 'CSV',
    },
  })
  assert.equal(first.eventMetadata.inferenceId, '42')
  assert.deepEqual(first.eventMetadata.customAttributes, ['trace=7'])
  assert.match(first.eventMetadata.inferenceTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal(second.captureData.endpointInput.data, '/w==')
  assert.equal(second.captureData.endpointInput.encoding, 'BASE64')
})

test('InvokeEndpoint with a sampling of 40 % captures 40 of 100 requests', async () => {
  await using captured = await startCaptured({ ...CAPTURE, InitialSamplingPercentage: 40 })
  const { runtime } = captured.server
  for (let index = 0; index < 100; index++) {
    const body = Buffer.from(String(index))
    await runtime.invokeEndpoint({ EndpointName: 'e', ContentType: 'text/csv', Body: body })
  }
  await captured.server.gateway.stop()
  const { length } = await recordsOf(captured.server)
  assert.ok(Math.abs(length - 40) <= 1, `${length} records`)
})

test('InvokeEndpointWithResponseStream is captured as one record, and so is what is open at a clean stop', async () => {
  await using captured = await startCaptured(CAPTURE)
  const { runtime, gateway } = captured.server
  const body = Buffer.alloc(200_000, '7,')
  const answer = await runtime.invokeEndpointWithResponseStream({
    EndpointName: 'e',
    ContentType: 'text/csv',
    Body: body,
  })
  let bytes = 0
  for await (const event of answer.Body ?? []) bytes += event.PayloadPart?.Bytes?.length ?? 0
  assert.equal(bytes, body.length)
  await gateway.stop()

  const [record, ...more] = await recordsOf(captured.server)
  assert.deepEqual(more, [])
  assert.equal(record.captureData.endpointOutput.data, body.toString())
})

test('records that cannot be written are dropped and counted, and no caller notices', async () => {
  await using captured = await startCaptured(CAPTURE)
  const { server } = captured
  const { writeFile } = await import('node:fs/promises')
  await writeFile(join(server.dataDir, 'capture'), 'a file where the folder should be')
  await server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('1') })
  await eventually(async () => {
    const buckets = Array.from(server.table.meters.all()).flatMap(({ meter }) => meter.takeAll())
    return buckets.some(({ captureDropped }) => captureDropped === 1)
  })
})

test('requests to the components of a variant are captured as the variant’s', async () => {
  await using captured = await startCaptured(CAPTURE)
  const { runtime, table } = captured.server
  const [route] = table.routes
  const fleets = route?.fleets.map((fleet) => ({
    ...fleet,
    variants: fleet.variants.map((one) => ({ ...one, hostsComponents: true as const })),
    components: ['one', 'other'].map((inferenceComponentName) => ({
      ...{ inferenceComponentName, variantName: 'A', weight: 1 },
      replicas: fleet.variants.flatMap(({ replicas }) => replicas),
    })),
  }))
  assert.ok(route && fleets)
  const version = route.version + 1
  table.update(version, { routes: [{ ...route, fleets, version }], withdrawn: [] })

  for (const InferenceComponentName of ['one', 'other']) {
    const Body = Buffer.from(InferenceComponentName)
    const ContentType = 'text/csv'
    await runtime.invokeEndpoint({ EndpointName: 'e', InferenceComponentName, ContentType, Body })
  }

  const records = await eventually(async () => {
    const present = await recordsOf(captured.server)
    return present.length === 2 && present
  })
  assert.deepEqual(
    records.map(({ captureData }) => captureData.endpointInput.data),
    ['one', 'other'],
  )
})
