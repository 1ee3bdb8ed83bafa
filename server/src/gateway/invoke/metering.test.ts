import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import {
  startTestGateway,
  startUpstream,
  type TestGateway,
} from '../../../../tests/support/test-gateway.ts'
import {
  type InvocationBucket,
  mergeBuckets,
} from '../../capabilities/inference/invocation-bucket.ts'

/** What the variants of a gateway counted since the last look, as one bucket. */
function takeCounts({ table }: TestGateway): InvocationBucket | undefined {
  const [first, ...more] = Array.from(table.meters.all()).flatMap(({ meter }) => meter.takeAll())
  return first && more.reduce(mergeBuckets, first)
}

test('InvokeEndpoint counts each request once, with the status of its container', async () => {
  let status = 200
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(status).end()
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket, `${container.socket}.none`] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  await server.runtime.invokeEndpoint(request)
  for (status of [500, 400]) await assert.rejects(server.runtime.invokeEndpoint(request))

  const counts = takeCounts(server)
  assert.equal(counts?.invocations, 3)
  assert.equal(counts?.perInstance, 1.5)
  assert.equal(counts?.modelErrors, 2)
  assert.equal(counts?.errors5xx, 1)
  assert.equal(counts?.errors4xx, 1)
  assert.equal(counts?.model?.count, 3)
  assert.equal(counts?.overhead?.count, 3)
  assert.ok((counts?.model?.minimum ?? 0) > 0)
  assert.equal(counts?.setup, undefined)
})

test('InvokeEndpoint refused before a variant was found counts for none', async () => {
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [] } })
  const request = { EndpointName: 'e', TargetVariant: 'B', Body: Buffer.from('x') }
  await assert.rejects(server.runtime.invokeEndpoint(request), /not found/)
  assert.equal(takeCounts(server), undefined)
})

test('a request that is held for want of a replica is under way, and its wait is no overhead', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.end()
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [] } })
  const [kept] = server.table.meters.all()
  assert.ok(kept)
  const answer = server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') })
  while (kept.meter.takeConcurrency(0, 0) === 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  server.serve('e', { A: { sockets: [container.socket] } })
  await answer

  const counts = takeCounts(server)
  assert.equal(counts?.setup?.count, 1)
  assert.equal(counts?.invocations, 1)
  assert.ok((counts?.overhead?.maximum ?? 0) < (counts?.setup?.maximum ?? 0) + 1e6)
  assert.equal(kept.meter.takeConcurrency(0, 0), 0)
})

test('a caller who leaves is counted, without an error', async () => {
  await using container = await startUpstream(() => undefined)
  await using server = await startTestGateway({ limits: { client: { halfClosedMs: 50 } } })
  server.serve('e', { A: { sockets: [container.socket] } })
  const aborting = new AbortController()
  const asked = new Promise((resolve) => container.server.once('request', resolve))
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  const answer = server.runtime.invokeEndpoint(request, { abortSignal: aborting.signal })
  await asked
  aborting.abort()
  await assert.rejects(answer)

  const counts = await eventually(async () => takeCounts(server))
  assert.equal(counts.invocations, 1)
  assert.equal(counts.errors4xx + counts.errors5xx + counts.modelErrors, 0)
})
