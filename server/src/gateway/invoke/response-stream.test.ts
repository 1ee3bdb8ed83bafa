import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startTestGateway, startUpstream } from '../../../../tests/support/test-gateway.ts'
import { after, systemClock } from '../../base/clock.ts'
import { StreamedAnswer } from './streamed-answer.ts'

const PIECE = Buffer.alloc(64 * 1024, 'x')
const STREAM_BYTES = 100 * 1024 * 1024
/** So long without a byte is a halt. */
const HALT_MS = 150
/** What may be between a container and a caller who does not read: the sockets' buffers and a few pieces. */
const IN_BETWEEN_BYTES_MAX = 24 * 1024 * 1024

test('InvokeEndpointWithResponseStream of 100 MB waits for a slow reader, and all of it arrives', async () => {
  let sent = 0
  await using container = await startUpstream(async (request, response) => {
    request.resume()
    response.setHeader('content-type', 'text/plain')
    while (sent < STREAM_BYTES) {
      sent += PIECE.length
      if (!response.write(PIECE)) await once(response, 'drain')
    }
    response.end()
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  const before = process.memoryUsage().arrayBuffers

  const answer = await server.runtime.invokeEndpointWithResponseStream({
    EndpointName: 'e',
    Body: Buffer.from('x'),
  })
  const events = answer.Body?.[Symbol.asyncIterator]()
  assert.ok(events)
  const first = await events.next()
  // nobody reads: what the container could send comes to a halt
  let halted = -1
  await eventually(async () => {
    const isHalted = halted === sent
    halted = sent
    await after(systemClock, HALT_MS)
    return isHalted
  })
  assert.ok(sent < IN_BETWEEN_BYTES_MAX, `${sent} bytes were taken for a reader who reads nothing`)
  const held = process.memoryUsage().arrayBuffers - before
  assert.ok(held < IN_BETWEEN_BYTES_MAX, `${held} bytes are held`)

  let received: number = first.value?.PayloadPart?.Bytes?.length ?? 0
  for (let next = await events.next(); !next.done; next = await events.next()) {
    received += next.value.PayloadPart?.Bytes?.length ?? 0
  }
  assert.equal(received, sent)
  assert.ok(sent >= STREAM_BYTES)
})

test('InvokeEndpointWithResponseStream takes TargetVariant and InferenceId, and names the variant', async () => {
  const heads: Record<string, unknown>[] = []
  await using container = await startUpstream((request, response) => {
    heads.push(request.headers)
    request.resume()
    response.setHeader('content-type', 'application/jsonlines')
    response.setHeader('x-amzn-sagemaker-custom-attributes', 'said')
    response.end('{}')
  })
  await using server = await startTestGateway()
  server.serve('e', {
    A: { weight: 1, sockets: [] },
    B: { weight: 0, sockets: [container.socket] },
  })
  const answer = await server.runtime.invokeEndpointWithResponseStream({
    EndpointName: 'e',
    TargetVariant: 'B',
    InferenceId: '42',
    CustomAttributes: 'trace',
    Accept: 'application/jsonlines',
    Body: Buffer.from('x'),
  })
  const texts: string[] = []
  for await (const event of answer.Body ?? []) {
    texts.push(Buffer.from(event.PayloadPart?.Bytes ?? []).toString())
  }

  assert.equal(texts.join(''), '{}')
  assert.equal(answer.InvokedProductionVariant, 'B')
  assert.equal(answer.ContentType, 'application/jsonlines')
  assert.equal(answer.CustomAttributes, 'said')
  assert.equal(heads[0]?.['x-amzn-sagemaker-inference-id'], '42')
  assert.equal(heads[0]?.['x-amzn-sagemaker-custom-attributes'], 'trace')
  assert.equal(heads[0]?.accept, 'application/jsonlines')
})

test('a container that ends in the middle of a stream is told as ModelStreamError, and counted', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.write('half')
    setImmediate(() => response.destroy())
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  const answer = await server.runtime.invokeEndpointWithResponseStream(request)
  const texts: string[] = []
  const reading = (async () => {
    for await (const event of answer.Body ?? []) {
      texts.push(Buffer.from(event.PayloadPart?.Bytes ?? []).toString())
    }
  })()

  await assert.rejects(reading, { name: 'ModelStreamError', ErrorCode: 'StreamBroken' })
  assert.equal(texts.join(''), 'half')
  const buckets = Array.from(server.table.meters.all()).flatMap(({ meter }) => meter.takeAll())
  assert.equal(
    buckets.reduce((sum, { modelErrors }) => sum + modelErrors, 0),
    1,
  )
})

test('a container that streams for too long is told as ModelStreamError', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.write('half')
  })
  await using server = await startTestGateway({ limits: { invocation: { streamTimeoutMs: 200 } } })
  server.serve('e', { A: { sockets: [container.socket] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  const answer = await server.runtime.invokeEndpointWithResponseStream(request)
  const reading = (async () => {
    for await (const _ of answer.Body ?? []);
  })()
  await assert.rejects(reading, {
    name: 'ModelStreamError',
    ErrorCode: 'ModelInvocationTimeExceeded',
  })
})

test('an answer that is streamed is counted by its first chunk', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.write('one')
    setTimeout(() => response.end('two'), 50)
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  const answer = await server.runtime.invokeEndpointWithResponseStream(request)
  for await (const _ of answer.Body ?? []);

  const [bucket] = Array.from(server.table.meters.all()).flatMap(({ meter }) => meter.takeAll())
  const { chunk, chunkModel, chunkOverhead, answers, broken } = bucket?.stream ?? {}
  assert.deepEqual([answers, broken], [1, 0])
  assert.ok((chunk?.sum ?? 0) < (bucket?.model?.sum ?? 0), 'the first chunk came before the last')
  const parts = (chunkModel?.sum ?? 0) + (chunkOverhead?.sum ?? 0)
  assert.ok(Math.abs((chunk?.sum ?? 0) - parts) <= 2, 'it is the model’s time and ours')
})

test('a fault of ours in the middle of a stream is told as InternalStreamFailure, and others go on', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.write('half')
    setImmediate(() => response.end('rest'))
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  const { data } = StreamedAnswer.prototype
  let pieces = 0
  StreamedAnswer.prototype.data = function (piece) {
    if (++pieces === 2) throw new Error('a fault')
    data.call(this, piece)
  }
  try {
    const answer = await server.runtime.invokeEndpointWithResponseStream(request)
    const reading = (async () => {
      for await (const _ of answer.Body ?? []);
    })()
    await assert.rejects(reading, { name: 'InternalStreamFailure' })
  } finally {
    StreamedAnswer.prototype.data = data
  }

  const answer = await server.runtime.invokeEndpointWithResponseStream(request)
  for await (const _ of answer.Body ?? []);
  const [bucket] = Array.from(server.table.meters.all()).flatMap(({ meter }) => meter.takeAll())
  assert.deepEqual([bucket?.stream?.broken, bucket?.errors5xx, bucket?.modelErrors], [1, 1, 0])
})
