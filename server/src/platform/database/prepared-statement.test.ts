import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type TestPostgres, testPostgres } from '../../../../tests/support/postgres.ts'
import { createLog } from '../../base/log.ts'
import { type Database, isUniqueViolation, openDatabase } from './database.ts'

let postgres: TestPostgres
let database: Database

before(async () => {
  postgres = await testPostgres()
  const log = createLog({}, { level: 'error' })
  database = openDatabase({ url: await postgres.freshDatabase(), connectionsMax: 1, log })
  await database.query('create table note (id bigint primary key, text text, at timestamptz)')
})
after(async () => {
  await database.close()
  await postgres[Symbol.asyncDispose]()
})

test('a statement answers values in their types, the first time and again', async () => {
  const at = new Date('2026-02-03T04:05:06.789Z')
  const expected = {
    ...{
      text: 'zwölf "€" \\ 🌿',
      nothing: null,
      absent: null,
      at,
      yes: true,
      count: 9_007_199_254,
    },
    json: { a: [1, null, 'ü'] },
  }
  const statement = `select $1::text as text, $2::text as nothing, $3::text as absent, $4::timestamptz as at,
    $5::boolean as yes, $6::bigint as count, $7::jsonb as json`
  const values = [expected.text, null, undefined, at, true, expected.count]

  for (let run = 0; run < 3; run++) {
    const rows = await database.query(statement, [...values, JSON.stringify(expected.json)])
    assert.deepEqual(rows, [expected])
  }
})

test('a statement takes what only pg converts, beside what it does not', async () => {
  const statement = 'select $1::text[] as list'

  assert.deepEqual(await database.query(statement, ['{a,b}']), [{ list: ['a', 'b'] }])
  assert.deepEqual(await database.query(statement, [['c', 'd']]), [{ list: ['c', 'd'] }])
  assert.deepEqual(await database.query(statement, ['{e}']), [{ list: ['e'] }])
})

test('a statement without columns answers no rows, the first time and again', async () => {
  for (const id of [1, 2]) {
    assert.deepEqual(await database.query('insert into note (id) values ($1)', [id]), [])
  }

  assert.deepEqual(await database.query('select id from note where id < $1 order by id', [3]), [
    { id: 1 },
    { id: 2 },
  ])
})

test('a statement that failed, at its first run or a later one, runs again on the same connection', async () => {
  const session = 'select pg_backend_pid() as pid'
  const before = await database.query(session)
  const add = 'insert into note (id, text) values ($1, $2) returning id'
  const number = 'select $1::integer as number'

  await assert.rejects(database.query(number, ['no number']), { code: '22P02' })
  assert.deepEqual(await database.query(number, ['7']), [{ number: 7 }])
  assert.deepEqual(await database.query(add, [10, 'a']), [{ id: 10 }])
  await assert.rejects(database.query(add, [10, 'b']), isUniqueViolation)
  assert.deepEqual(await database.query(add, [11, 'b']), [{ id: 11 }])
  await assert.rejects(database.query('select nothing from nowhere'), { code: '42P01' })

  assert.deepEqual(await database.query(session), before)
})

test('a statement whose connection is lost fails, and the next one has a new connection', async () => {
  const waiting = database.query('select pg_sleep(60)')
  const other = openDatabase({
    url: database.url,
    connectionsMax: 1,
    log: createLog({}, { level: 'error' }),
  })
  const find = `select pid from pg_stat_activity where query like 'select pg_sleep(%'`
  let found = await other.query(find)
  while (found.length === 0) found = await other.query(find)

  await Promise.all([
    assert.rejects(waiting, { code: '57P01' }),
    other.query('select pg_terminate_backend($1)', [found[0]?.pid]),
  ])

  assert.deepEqual(await database.query('select 1 as one'), [{ one: 1 }])
  await other.close()
})

test('a transaction runs prepared statements on its one connection and undoes them when it throws', async () => {
  const undone = database.transaction(async (transaction) => {
    await transaction.query('insert into note (id) values ($1)', [20])
    throw new Error('undo')
  })

  await assert.rejects(undone, { message: 'undo' })
  assert.deepEqual(await database.query('select id from note where id = $1', [20]), [])
})
