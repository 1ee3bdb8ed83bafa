import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import {
  startTestGateway,
  startUpstream,
  type TestGateway,
} from '../../../../tests/support/test-gateway.ts'
import type { EndpointRoute, VariantRoute } from '../../capabilities/inference/index.ts'

/** A container that answers with its name. */
function startNamed(name: string) {
  return startUpstream((request, response) => {
    request.resume()
    response.end(name)
  })
}

/** Publishes an endpoint anew, with other members of its variants or fleets. */
function change(
  { table }: TestGateway,
  route: EndpointRoute,
  fleets: EndpointRoute['fleets'],
): EndpointRoute {
  const next = { ...route, fleets, version: table.version + 1 }
  table.update(next.version, { routes: [next], withdrawn: [] })
  return next
}

async function answers(server: TestGateway, count: number, TargetVariant?: string) {
  const counts: Record<string, number> = {}
  for (let index = 0; index < count; index++) {
    const { Body } = await server.runtime.invokeEndpoint({
      EndpointName: 'e',
      Body: Buffer.from('x'),
      ...(TargetVariant !== undefined && { TargetVariant }),
    })
    const name = Buffer.from(Body ?? []).toString()
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test('TargetVariant finds the variant in both fleets of a deployment, by their shares', async () => {
  await using blue = await startNamed('blue')
  await using green = await startNamed('green')
  await using other = await startNamed('other')
  await using server = await startTestGateway()
  const route = server.serve('e', { A: { sockets: [blue.socket] }, B: { sockets: [other.socket] } })
  const [fleet] = route.fleets
  const variants = server.serve('f', { A: { sockets: [green.socket] } }).fleets[0]?.variants ?? []
  assert.ok(fleet)
  change(server, route, [
    { ...fleet, share: 3 },
    { ...fleet, generation: 2, endpointConfigName: 'next', share: 1, variants },
  ])

  assert.deepEqual(await answers(server, 40, 'A'), { blue: 30, green: 10 })
  // only one of the fleets has it
  assert.deepEqual(await answers(server, 8, 'B'), { other: 8 })
})

test('weights that are published anew count from the next request on', async () => {
  await using one = await startNamed('one')
  await using two = await startNamed('two')
  await using server = await startTestGateway()
  server.serve('e', {
    A: { weight: 1, sockets: [one.socket] },
    B: { weight: 0, sockets: [two.socket] },
  })
  assert.deepEqual(await answers(server, 10), { one: 10 })
  server.serve('e', {
    A: { weight: 1, sockets: [one.socket] },
    B: { weight: 4, sockets: [two.socket] },
  })
  assert.deepEqual(await answers(server, 20), { one: 4, two: 16 })
})

test('a variant that is routed by chance uses all replicas, in no order, and passes by one that is down', async () => {
  await using one = await startNamed('one')
  await using two = await startNamed('two')
  await using server = await startTestGateway()
  const route = server.serve('e', {
    A: { sockets: [one.socket, two.socket, `${one.socket}.gone`] },
  })
  const random = (variant: VariantRoute): VariantRoute => ({ ...variant, routing: 'RANDOM' })
  const fleets = route.fleets.map((fleet) => ({ ...fleet, variants: fleet.variants.map(random) }))
  change(server, route, fleets)

  const counts = await answers(server, 200)
  assert.equal((counts.one ?? 0) + (counts.two ?? 0), 200)
  // each within five standard deviations of a half
  assert.ok(Math.abs((counts.one ?? 0) - 100) <= 36, JSON.stringify(counts))
})

test('requests to a variant that is scaled to zero are held as long as it says, and answered', async () => {
  await using container = await startNamed('late')
  const limits = { waitingRoom: { waitMsMax: 50, waitingMax: 1, heldMax: 3 } }
  await using server = await startTestGateway({ limits })
  const route = server.serve('e', { A: { sockets: [] } })
  const held = route.fleets.map((fleet) => ({
    ...fleet,
    variants: fleet.variants.map((variant) => ({ ...variant, holdMs: 60_000 })),
  }))
  change(server, route, held)
  const [kept] = server.table.meters.all()
  assert.ok(kept)

  const first = answers(server, 1)
  const second = answers(server, 1)
  await eventually(async () => kept.meter.takeConcurrency(0, 0) === 2)
  // longer than any other request would wait
  await assert.rejects(
    (async () => {
      server.serve('g', { A: { sockets: [] } })
      await server.runtime.invokeEndpoint({ EndpointName: 'g', Body: Buffer.from('x') })
    })(),
    { name: 'ServiceUnavailable' },
  )
  server.serve('e', { A: { sockets: [container.socket] } })
  assert.deepEqual(await first, { late: 1 })
  assert.deepEqual(await second, { late: 1 })
})

test('more requests than may be held are refused', async () => {
  const limits = { waitingRoom: { heldMax: 1 } }
  await using container = await startNamed('late')
  await using server = await startTestGateway({ limits })
  const route = server.serve('e', { A: { sockets: [] } })
  const held = route.fleets.map((fleet) => ({
    ...fleet,
    variants: fleet.variants.map((variant) => ({ ...variant, holdMs: 60_000 })),
  }))
  change(server, route, held)
  const [kept] = server.table.meters.all()
  const first = answers(server, 1)
  await eventually(async () => kept?.meter.takeConcurrency(0, 0) === 1)
  await assert.rejects(answers(server, 1), { name: 'ServiceUnavailable' })
  server.serve('e', { A: { sockets: [container.socket] } })
  assert.deepEqual(await first, { late: 1 })
})
