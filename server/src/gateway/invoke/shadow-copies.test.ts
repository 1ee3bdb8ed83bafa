import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import {
  startTestGateway,
  startUpstream,
  type TestGateway,
} from '../../../../tests/support/test-gateway.ts'
import type { InvocationBucket } from '../../capabilities/inference/invocation-bucket.ts'
import { mergeBuckets } from '../../capabilities/inference/invocation-bucket.ts'

interface Sockets {
  readonly production: string
  readonly shadow: string
}

/** Serves an endpoint whose variant A has the shadow S. */
function serveShadowed(
  { serve, table }: TestGateway,
  { production, shadow, weight = 1 }: Sockets & { weight?: number },
): void {
  const route = serve('e', { A: { weight: 2, sockets: [production] } })
  const version = route.version + 1
  const replicas = [{ replicaId: shadow, address: { unixSocket: shadow } }]
  const shadows = [{ variantName: 'S', weight, replicas }]
  const fleets = route.fleets.map((fleet) => ({ ...fleet, shadows }))
  table.update(version, { routes: [{ ...route, fleets, version }], withdrawn: [] })
}

class Counts {
  private readonly totals = new Map<string, InvocationBucket>()

  of({ table }: TestGateway, variantName: string): InvocationBucket | undefined {
    for (const { variant, meter } of table.meters.all()) {
      for (const bucket of meter.takeAll()) {
        const known = this.totals.get(variant.variantName)
        this.totals.set(variant.variantName, known ? mergeBuckets(known, bucket) : bucket)
      }
    }
    return this.totals.get(variantName)
  }
}

test('a shadow variant gets its share of copies, byte for byte, and counts for itself', async () => {
  const bodies: string[] = []
  await using production = await startUpstream((request, response) => {
    request.resume()
    response.end('production')
  })
  await using shadow = await startUpstream(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    bodies.push(`${request.headers['content-type']} ${body}`)
    response.writeHead(500).end('the shadow fails, and nobody is told')
  })
  await using server = await startTestGateway()
  serveShadowed(server, { production: production.socket, shadow: shadow.socket })
  for (let index = 0; index < 40; index++) {
    const request = { EndpointName: 'e', ContentType: 'text/csv', Body: Buffer.from(`${index}`) }
    const answer = await server.runtime.invokeEndpoint(request)
    assert.equal(Buffer.from(answer.Body ?? []).toString(), 'production')
    assert.equal(answer.InvokedProductionVariant, 'A')
  }

  // a weight of 1 beside one of 2: every second request
  const counts = new Counts()
  const copies = await eventually(async () => {
    const { invocations = 0 } = counts.of(server, 'S') ?? {}
    return Math.abs(invocations - 20) <= 1 && invocations
  })
  assert.equal(bodies.length, copies)
  assert.ok(bodies.every((body) => /^text\/csv \d+$/.test(body)))
  assert.equal(counts.of(server, 'S')?.modelErrors, copies)
  assert.equal(counts.of(server, 'A')?.invocations, 40)
  assert.equal(counts.of(server, 'A')?.modelErrors, 0)
})

test('a shadow variant that hangs slows nobody: copies beyond a bound are dropped and counted', async () => {
  await using production = await startUpstream((request, response) => {
    request.resume()
    response.end('fine')
  })
  await using shadow = await startUpstream(() => undefined)
  await using server = await startTestGateway({ limits: { shadows: { inFlightMax: 3 } } })
  serveShadowed(server, { production: production.socket, shadow: shadow.socket, weight: 2 })
  for (let index = 0; index < 20; index++) {
    await server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') })
  }

  const counts = new Counts()
  await eventually(async () => counts.of(server, 'S')?.shadowDropped === 17)
  assert.equal(counts.of(server, 'A')?.invocations, 20)
})

test('a shadow variant is not to be had by TargetVariant', async () => {
  await using production = await startUpstream((_, response) => response.end())
  await using server = await startTestGateway()
  serveShadowed(server, { production: production.socket, shadow: production.socket })
  const request = { EndpointName: 'e', TargetVariant: 'S', Body: Buffer.from('x') }
  await assert.rejects(server.runtime.invokeEndpoint(request), /Variant S of endpoint e not found/)
})
