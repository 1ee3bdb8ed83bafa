import assert from 'node:assert/strict'
import test from 'node:test'
import {
  startTestGateway,
  startUpstream,
  type TestGateway,
  testRoute,
} from '../../../../tests/support/test-gateway.ts'
import type { ComponentRoute } from '../../capabilities/inference/index.ts'

test('InvokeEndpoint goes to the component that its header names, and the container sees the name', async () => {
  await using one = await startCopy('one')
  await using other = await startCopy('other')
  await using server = await startTestGateway()
  serveComponents(server, { one: [one.socket], other: [other.socket] })

  const answers = await Promise.all(['one', 'other'].map((name) => invoke(server, name)))

  assert.deepEqual(answers.map(textOf), ['one:one', 'other:other'])
  assert.deepEqual(
    answers.map(({ InvokedProductionVariant }) => InvokedProductionVariant),
    ['AllTraffic', 'AllTraffic'],
  )
})

test('InvokeEndpointWithResponseStream goes to the component that its header names', async () => {
  await using one = await startCopy('one')
  await using server = await startTestGateway()
  serveComponents(server, { one: [one.socket], other: [] })

  const answer = await server.runtime.invokeEndpointWithResponseStream({
    EndpointName: 'e',
    InferenceComponentName: 'one',
    Body: Buffer.from('x'),
  })
  const texts: string[] = []
  for await (const event of answer.Body ?? []) {
    texts.push(Buffer.from(event.PayloadPart?.Bytes ?? []).toString())
  }

  assert.equal(texts.join(''), 'one:one')
})

const refused = [
  [
    'without a component, of an endpoint that hosts components',
    undefined,
    // source: recorded answers of the service
    /^Inference Component Name header is required for endpoints to which you plan to deploy inference components/,
  ],
  [
    'for a component that the endpoint does not have',
    'unknown',
    /^Inference Component unknown not found in endpoint e of account/,
  ],
  [
    'for a component without a copy',
    'other',
    // source: recorded answers of the service
    /^Inference Component has no capacity to process this request\. ApplicationAutoScaling may be in-progress/,
  ],
] as const
for (const [what, name, message] of refused) {
  test(`InvokeEndpoint ${what} is refused in AWS's words`, async () => {
    await using server = await startTestGateway({ limits: { waitingRoom: { waitMsMax: 20 } } })
    serveComponents(server, { one: ['/nowhere'], other: [] })

    await assert.rejects(invoke(server, name), (error: Error & { $metadata?: unknown }) => {
      assert.equal(error.name, 'ValidationError')
      assert.match(error.message, message)
      return true
    })
  })
}

test('InvokeEndpoint for a component at rest is refused at once, and counted as met by no copy', async () => {
  await using server = await startTestGateway({ limits: { waitingRoom: { waitMsMax: 3_600_000 } } })
  serveComponents(server, { one: [] }, { atRest: true })

  await assert.rejects(invoke(server, 'one'), /has no capacity to process this request/)

  const buckets = Array.from(server.table.meters.all()).flatMap(({ meter }) => meter.takeAll())
  const [bucket, ...more] = buckets
  assert.deepEqual(more, [])
  assert.deepEqual([bucket?.noCapacity, bucket?.invocations, bucket?.errors4xx], [1, 1, 1])
})

test('InvokeEndpoint with a component, of an endpoint that hosts none, is refused', async () => {
  await using copy = await startCopy('variant')
  await using server = await startTestGateway()
  server.serve('e', { AllTraffic: { sockets: [copy.socket] } })

  await assert.rejects(invoke(server, 'one'), {
    name: 'ValidationError',
    message: /^Inference Component Name header is not allowed for endpoints/,
  })
})

test('a ModelError of a component names the component’s log', async () => {
  await using one = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(500).end('broken')
  })
  await using server = await startTestGateway()
  serveComponents(server, { one: [one.socket] })

  await assert.rejects(invoke(server, 'one'), (error: Error & { LogStreamArn?: string }) => {
    assert.equal(error.name, 'ModelError')
    assert.match(error.message, /group=\/aws\/sagemaker\/InferenceComponents\/one in account/)
    const group = ':log-group:/aws/sagemaker/InferenceComponents/one:log-stream:AllTraffic/one-'
    assert.ok(error.LogStreamArn?.includes(group), error.LogStreamArn)
    return true
  })
})

test('a request to a component that is scaled to zero is held until it has a copy', async () => {
  await using one = await startCopy('one')
  await using server = await startTestGateway({ limits: { waitingRoom: { waitMsMax: 1 } } })
  serveComponents(server, { one: [] }, { holdMs: 30_000 })
  const answer = invoke(server, 'one')
  // the request is there
  await server.runtime
    .invokeEndpoint({ EndpointName: 'none', Body: Buffer.from('x') })
    .catch(() => undefined)

  serveComponents(server, { one: [one.socket] }, { holdMs: 30_000 })

  assert.equal(textOf(await answer), 'one:one')
})

test('a component that is published anew keeps its meter, and each component has one', async () => {
  await using one = await startCopy('one')
  await using server = await startTestGateway()
  serveComponents(server, { one: [one.socket], other: [one.socket] })
  await invoke(server, 'one')
  serveComponents(server, { one: [one.socket], other: [one.socket] })
  await invoke(server, 'one')
  await invoke(server, 'other')

  const counted = Array.from(server.table.meters.all(), ({ variant, meter }) => [
    variant.inferenceComponentName,
    meter.takeAll().reduce((sum, { invocations }) => sum + invocations, 0),
  ])

  assert.deepEqual(counted, [
    [undefined, 0],
    ['one', 2],
    ['other', 1],
  ])
})

/** A copy that answers its name and the component that the request says. */
function startCopy(name: string) {
  return startUpstream((request, response) => {
    request.resume()
    response.end(`${name}:${request.headers['x-amzn-sagemaker-inference-component']}`)
  })
}

function serveComponents(
  server: TestGateway,
  components: Readonly<Record<string, readonly string[]>>,
  settings: Pick<ComponentRoute, 'holdMs' | 'atRest'> = {},
): void {
  const version = server.table.version + 1
  const route = testRoute('e', { variants: { AllTraffic: { sockets: [] } }, version })
  const fleets = route.fleets.map((fleet) => ({
    ...fleet,
    variants: fleet.variants.map((one) => ({ ...one, hostsComponents: true as const })),
    components: Object.entries(components).map(([inferenceComponentName, sockets]) => ({
      inferenceComponentName,
      variantName: 'AllTraffic',
      weight: 1,
      replicas: sockets.map((unixSocket) => ({
        replicaId: `${inferenceComponentName}-${unixSocket}`,
        address: { unixSocket },
      })),
      ...settings,
    })),
  }))
  server.table.update(version, { routes: [{ ...route, fleets }], withdrawn: [] })
}

function invoke({ runtime }: TestGateway, InferenceComponentName: string | undefined) {
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  return runtime.invokeEndpoint(
    InferenceComponentName === undefined ? request : { ...request, InferenceComponentName },
  )
}

function textOf({ Body }: { Body?: Uint8Array }): string {
  return Buffer.from(Body ?? []).toString()
}
