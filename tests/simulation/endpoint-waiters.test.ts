import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { SageMaker } from '@aws-sdk/client-sagemaker'
import pg from 'pg'
import { postgresUrl } from '../../server/src/platform/database/embedded-postgres.ts'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'

/** Control's own pool, the gateways' and the workflow engine's connections, however many calls are held. */
const CONNECTIONS_MAX = 60
const WAITERS = 1_000

let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
})
after(() => rehearsal[Symbol.asyncDispose]())

/** A client as botocore's waiters are: they mark their requests with the feature B. */
async function waiter(httpAgent: Agent): Promise<SageMaker> {
  const variables = JSON.parse(await rehearsal.cli('env', '--json')) as Record<string, string>
  const client = new SageMaker({
    endpoint: rehearsal.url,
    region: variables.AWS_REGION ?? '',
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
    },
    requestHandler: { httpAgent, requestTimeout: 60_000 },
  })
  client.middlewareStack.add(
    (next) => (call) => {
      const { headers } = call.request as { headers: Record<string, string> }
      headers['user-agent'] = 'Boto3/1.44 md/Botocore#1.44 m/B,Z'
      return next(call)
    },
    { step: 'build', priority: 'low' },
  )
  return client
}

async function postgresConnections(): Promise<number> {
  const url = postgresUrl(join(rehearsal.dataDir, 'run'), 'sagebrush')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int as count from pg_stat_activity where backend_type = 'client backend'",
    )
    return rows[0]?.count ?? 0
  } finally {
    await client.end()
  }
}

test('1,000 held describes cost no connection to Postgres, and are answered across a killed control', async () => {
  await rehearsal.createModelAndConfig('awaited', { START_SECONDS: '14' })
  const before = await postgresConnections()
  await rehearsal.sagemaker.createEndpoint({
    EndpointName: 'awaited',
    EndpointConfigName: 'awaited',
  })
  const agent = new Agent({ keepAlive: true, maxSockets: WAITERS })
  const client = await waiter(agent)
  const describing = Array.from({ length: WAITERS }, () =>
    client.describeEndpoint({ EndpointName: 'awaited' }),
  )
  let answered = 0
  for (const one of describing)
    one.then(
      () => answered++,
      () => answered++,
    )
  await eventually(async () => {
    const sockets = Object.values(agent.sockets).flatMap((of) => of ?? [])
    return sockets.filter(({ bytesWritten }) => bytesWritten > 0).length === WAITERS
  })
  // a plain call is not held, and its answer tells that those before it have been looked at
  await rehearsal.sagemaker.describeEndpoint({ EndpointName: 'awaited' })

  assert.ok((await postgresConnections()) <= Math.max(before, CONNECTIONS_MAX))
  assert.equal(answered, 0, 'they are held while the endpoint is being created')

  await rehearsal.kill('control')
  const answers = await Promise.all(describing)

  assert.deepEqual(
    [...new Set(answers.map(({ EndpointStatus }) => EndpointStatus))],
    ['InService'],
    'each is held again by the next control, until there is news',
  )
  agent.destroy()
})
