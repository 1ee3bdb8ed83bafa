import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { monotonicMs } from '../../base/clock.ts'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'
import type { EndpointFault, FaultShown } from './index.ts'

const host: Host = await startHost({ config: { testControls: true } })
after(() => host.close())
const { server } = host
const endpoint = await host.givenEndpoint(
  host.variant(await host.createModel(), { InitialInstanceCount: 2 }),
)

async function inject(document: object): Promise<readonly FaultShown[]> {
  const body = JSON.stringify(document)
  const answer = await fetch(`${server.url}/_sagebrush/inject`, { method: 'POST', body })
  const { faults, message } = (await answer.json()) as {
    faults: readonly FaultShown[]
    message?: string
  }
  if (answer.status !== 200) throw new Error(message)
  return faults
}

function clear(): Promise<unknown> {
  return inject({ clear: true })
}

/** What a request was answered, with how long that took. */
async function answered(): Promise<{ status: number; message: string; ms: number }> {
  const beganMs = monotonicMs()
  const outcome = await host.invoke(endpoint).then(
    () => ({ status: 200, message: '' }),
    (error: { OriginalStatusCode?: number; message: string }) => ({
      status: error.OriginalStatusCode ?? 0,
      message: error.message,
    }),
  )
  return { ...outcome, ms: monotonicMs() - beganMs }
}

async function readyReplicas(): Promise<readonly string[]> {
  const { ProductionVariants: [variant] = [] } = await host.describe(endpoint)
  const tasks = await host.tasks(endpoint)
  return variant?.CurrentInstanceCount === 2 ? tasks.map(({ taskId }) => taskId) : []
}

test('an injected error looks like the container’s own, and comes as often as was asked', async () => {
  await inject({ endpoint, errorRate: 0.5, status: 507 })

  const answers = []
  for (let count = 0; count < 10; count++) answers.push(await answered())
  await clear()
  const afterwards = await answered()

  assert.equal(answers.filter(({ status }) => status === 507).length, 5)
  assert.equal(answers.filter(({ status }) => status === 200).length, 5)
  const { message = '' } = answers.find(({ status }) => status === 507) ?? {}
  assert.match(message, /^Received server error \(507\) from .* with message "An injected error/)
  assert.match(message, new RegExp(`/aws/sagemaker/Endpoints/${endpoint} in account`))
  assert.equal(afterwards.status, 200)
})

test('injected latency slows requests until it is cleared', async () => {
  await inject({ endpoint, latency: '300ms' })
  const slow = await answered()
  await clear()

  assert.ok(slow.ms >= 300 && slow.status === 200, `${slow.ms} ms, ${slow.status}`)
  // again where it was the machine that was slow
  await eventually(async () => (await answered()).ms < 300, { what: 'a quick answer' })
})

test('a fault is for the variant or configuration that it names', async () => {
  await inject({ endpoint, config: 'to-come', errorRate: 1 })

  assert.equal((await answered()).status, 200)
  await assert.rejects(inject({ endpoint, variant: 'Nobody', latency: '1s' }), /has no variant/)
  await assert.rejects(
    inject({ endpoint: 'nobody', latency: '1s' }),
    /there is no endpoint 'nobody'/,
  )
  await clear()
})

test('a crashed replica is replaced, and no request fails', async () => {
  const before = await readyReplicas()

  const [shown] = await inject({ endpoint, crash: true })

  const { crashed: crash } = (shown?.fault ?? {}) as EndpointFault
  const crashed = crash?.replicaIds ?? []
  assert.equal(crashed.length, 1)
  for (let count = 0; count < 20; count++) assert.equal((await answered()).status, 200)
  const replaced = await eventually(async () => {
    const ready = await readyReplicas()
    return ready.length === 2 && !ready.includes(crashed[0] ?? '') && ready
  })
  assert.equal(replaced.filter((replicaId) => before.includes(replicaId)).length, 1)
  await clear()
})

test('replicas whose ping fails are unrouted, replaced when the clock says so, and back on clear', async () => {
  const before = await eventually(readyOrNothing)
  await server.steering.freeze()

  await inject({ endpoint, failingPing: true })
  await eventually(async () => (await countOf()) === 0)
  await server.advance(31_000)
  await eventually(async () => {
    const tasks = await host.tasks(endpoint)
    return tasks.length === 2 && tasks.every(({ taskId }) => !before.includes(taskId))
  })
  assert.equal(await countOf(), 0)
  await clear()

  await eventually(readyOrNothing)
  assert.equal((await answered()).status, 200)
  await server.steering.resume()
})

test('replicas that start under a slow start are ready when that is over', async () => {
  await server.steering.freeze()
  await inject({ endpoint, slowStart: '60s', crash: true })
  await eventually(async () => (await countOf()) === 1)

  await server.advance(40_000)
  const early = await countOf()
  await server.advance(60_000)

  assert.equal(early, 1)
  await eventually(readyOrNothing)
  await clear()
  await server.steering.resume()
})

test('what is injected is listed until it is cleared, and gone with the account', async () => {
  await inject({ endpoint, latency: '1ms' })
  const [shown] = await inject({ endpoint, variant: 'AllTraffic', errorRate: 0.1 })
  const faults = await inject({ clear: endpoint })

  assert.deepEqual(shown?.fault, { latencyMs: 1 })
  assert.equal(shown?.target, 'endpoint')
  assert.equal(shown?.name, endpoint)
  assert.deepEqual(faults, [])
  await assert.rejects(inject({ clear: endpoint }), /nothing is injected for/)
  await inject({ endpoint, latency: '1ms' })
  await fetch(`${server.url}/_sagebrush/reset`, { method: 'POST' })
  const listed = await fetch(`${server.url}/_sagebrush/inject`)
  assert.deepEqual(await listed.json(), { faults: [] })
})

async function countOf(): Promise<number> {
  const { ProductionVariants: [variant] = [] } = await host.describe(endpoint)
  return variant?.CurrentInstanceCount ?? -1
}

async function readyOrNothing(): Promise<readonly string[] | undefined> {
  const ready = await readyReplicas()
  return ready.length === 2 ? ready : undefined
}
