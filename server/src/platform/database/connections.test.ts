import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestPostgres, testPostgres } from '../../../../tests/support/postgres.ts'
import { createLog } from '../../base/log.ts'
import { Connections } from './connections.ts'

const log = createLog({}, { level: 'error' })
let postgres: TestPostgres
let url: string

before(async () => {
  postgres = await testPostgres()
  url = await postgres.freshDatabase()
})
after(async () => {
  await postgres[Symbol.asyncDispose]()
})

test('a connection that is given back is the next one that is lent', async () => {
  const connections = new Connections({ url, connectionsMax: 2, log })
  const first = await connections.borrow()
  const second = await connections.borrow()
  connections.giveBack(second, { broken: false })
  connections.giveBack(first, { broken: false })

  assert.equal(connections.borrow(), first)
  assert.equal(connections.borrow(), second)

  for (const client of [first, second]) connections.giveBack(client, { broken: false })
  await connections.close()
})

test('when all are lent, those who ask wait in the order in which they came', async () => {
  const connections = new Connections({ url, connectionsMax: 1, log })
  const lent = await connections.borrow()
  const served: string[] = []
  const asking = ['first', 'second'].map(async (name) => {
    const client = await connections.borrow()
    served.push(name)
    connections.giveBack(client, { broken: false })
  })

  connections.giveBack(lent, { broken: false })
  await Promise.all(asking)

  assert.deepEqual(served, ['first', 'second'])
  await connections.close()
})

test('in place of a broken connection one is opened for who waits', async () => {
  const connections = new Connections({ url, connectionsMax: 1, log })
  const broken = await connections.borrow()
  const waiting = connections.borrow()

  connections.giveBack(broken, { broken: true })
  const next = await waiting

  assert.notEqual(next, broken)
  assert.deepEqual((await next.query('select 1 as one')).rows, [{ one: 1 }])
  connections.giveBack(next, { broken: false })
  await connections.close()
})

test('a database that cannot be reached fails everybody who asks, also those who waited', async () => {
  const nowhere = url.replace(/host=[^&]*/, 'host=%2Fnowhere')
  const connections = new Connections({ url: nowhere, connectionsMax: 1, log })

  const asked = await Promise.allSettled([1, 2, 3].map(async () => await connections.borrow()))

  assert.deepEqual(
    asked.map((one) => one.status === 'rejected' && one.reason.code),
    ['ENOENT', 'ENOENT', 'ENOENT'],
  )
  await connections.close()
})

test('closing waits for what is lent, and lends nothing more', async () => {
  const connections = new Connections({ url, connectionsMax: 2, log })
  const lent = await connections.borrow()
  let isClosed = false
  const closed = connections.close().then(() => {
    isClosed = true
  })

  await assert.rejects(async () => await connections.borrow(), /closed/)
  await lent.query('select 1')
  assert.equal(isClosed, false)

  connections.giveBack(lent, { broken: false })
  await closed
})
