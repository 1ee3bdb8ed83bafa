import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { testPostgres } from '../../../../tests/support/postgres.ts'
import { systemClock } from '../../base/clock.ts'
import { createLog } from '../../base/log.ts'
import { readConfig } from '../../config.ts'
import { openChanges } from '../../platform/database/changes.ts'
import { openDatabase } from '../../platform/database/database.ts'
import { createSecrets } from '../../platform/secrets.ts'
import { createCredentialSource } from './credential-source.ts'
import { EXECUTION_ROLE_NAME, EXECUTION_ROLE_PATH, roleArn } from './execution-role.ts'
import { requirePassableRole } from './passable-role.ts'
import { openRealms, realmTopic } from './realm.ts'
import { sweepEndedRealms } from './realm-sweep.ts'
import { deleteRoleRecord, findRole } from './role.store.ts'
import { answerTaskCredentials, issueTaskToken } from './task-credentials.ts'

const ACCOUNT = '123456789012'
const ROLE_ARN = roleArn(ACCOUNT, EXECUTION_ROLE_PATH, EXECUTION_ROLE_NAME)

async function setUp() {
  const postgres = await testPostgres()
  const log = createLog({}, { level: 'error' })
  const database = openDatabase({ url: await postgres.freshDatabase(), connectionsMax: 4, log })
  const changes = await openChanges({ database, clock: systemClock, log })
  const config = readConfig({ SAGEBRUSH_ACCOUNT: ACCOUNT })
  const platform = { database, changes, config, log, clock: systemClock }
  return {
    ...platform,
    secrets: createSecrets(randomBytes(32)),
    open: (hooks = {}) => openRealms(platform, hooks),
    [Symbol.asyncDispose]: async () => {
      await changes.close()
      await database.close()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

test('a new account begins with the ready execution role, once', async () => {
  await using world = await setUp()

  await using first = await world.open()
  await using second = await world.open()

  const realm = first.present(ACCOUNT)
  assert.equal(second.present(ACCOUNT), realm)
  const role = await findRole(world.database, realm, EXECUTION_ROLE_NAME)
  assert.equal(role?.arn, ROLE_ARN)
  assert.throws(() => first.present('999999999999'), { name: 'AssertionFailure' })
})

test('a reset begins a new life here and in other processes, and runs what was handed in', async () => {
  await using world = await setUp()
  const told: string[] = []
  await using realms = await world.open({
    ended: [async (_: unknown, life: { realm: number }) => void told.push(`ended ${life.realm}`)],
    began: [async (_: unknown, life: { realm: number }) => void told.push(`began ${life.realm}`)],
  })
  await using elsewhere = await world.open()
  const before = realms.present(ACCOUNT)

  const after = await realms.reset(ACCOUNT)

  assert.equal(realms.present(ACCOUNT), after)
  assert.deepEqual(told, [`began ${before}`, `ended ${before}`, `began ${after}`])
  const seen = await world.changes.waitFor(
    realmTopic(ACCOUNT),
    async () => (elsewhere.present(ACCOUNT) === after ? true : undefined),
    { sweepMs: 20 },
  )
  assert.ok(seen)
  assert.ok(await findRole(world.database, after, EXECUTION_ROLE_NAME))
})

test('a sweep deletes the rows and tasks of lives that are over, and no others', async () => {
  await using world = await setUp()
  await using realms = await world.open()
  const before = realms.present(ACCOUNT)
  const after = await realms.reset(ACCOUNT)
  await world.database.query(
    `insert into tag (realm, resource_arn, key, value)
     select r, 'arn', 'key' || n, '' from unnest($1::bigint[]) r, generate_series(1, 5001) n`,
    [[before, after]],
  )
  await world.database.query(
    `with made as (insert into bucket (realm, name, region, created_at)
       select r, 'b', 'us-east-1', now() from unnest($1::bigint[]) r returning bucket_id)
     insert into object (bucket_id, key, size_bytes, etag, last_modified, blob_ids, checksum, description)
     select bucket_id, 'k', 1, 'e', now(), array['blob-' || bucket_id], '{}', '{}' from made`,
    [[before, after]],
  )
  const removed: string[] = []
  const tasks = [
    { taskId: 'old', realm: before },
    { taskId: 'new', realm: after },
  ]
  const engine = {
    list: async () => tasks.map((task) => ({ ...task, kind: '', name: '', state: 'Running' })),
    remove: async (taskId: string) => void removed.push(taskId),
  } as unknown as Parameters<typeof sweepEndedRealms>[0]['engine']

  await sweepEndedRealms({ ...world, engine })
  await sweepEndedRealms({ ...world, engine })

  const rows = await world.database.query(
    'select realm, count(*)::integer as count from tag group by realm',
  )
  assert.deepEqual(rows, [{ realm: after, count: 5001 }])
  const objects = await world.database.query(
    'select realm from object join bucket using (bucket_id)',
  )
  assert.deepEqual(objects, [{ realm: after }])
  assert.equal((await world.database.query('select from object_garbage')).length, 1)
  assert.equal(await findRole(world.database, before, EXECUTION_ROLE_NAME), undefined)
  assert.ok(await findRole(world.database, after, EXECUTION_ROLE_NAME))
  assert.deepEqual([...new Set(removed)], ['old'])
})

test("a task's token buys its role's credentials until the role or the account's life is gone", async () => {
  await using world = await setUp()
  await using realms = await world.open()
  const realm = realms.present(ACCOUNT)
  const task = { taskId: 't1', roleArn: ROLE_ARN, realm, account: ACCOUNT, region: 'us-east-1' }
  const token = issueTaskToken(world.secrets, task)
  const ask = (authorization: string | undefined) =>
    answerTaskCredentials({ ...world, presentRealm: realms.present }, authorization)

  const answer = await ask(token)

  assert.equal(answer.status, 200)
  const body = answer.body as Record<string, string>
  assert.match(body.Expiration ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const source = createCredentialSource({
    ...world,
    account: ACCOUNT,
    rootKey: { accessKeyId: 'AKIA', secretAccessKey: 's' },
    clock: systemClock,
  })
  const found = source.find(body.AccessKeyId ?? '', body.Token)
  assert.ok(found.known)
  assert.equal(found.secretAccessKey, body.SecretAccessKey)
  assert.equal(
    found.caller.arn,
    `arn:aws:sts::${ACCOUNT}:assumed-role/${EXECUTION_ROLE_NAME}/SageMaker`,
  )
  assert.equal((await ask(undefined)).status, 403)
  assert.equal((await ask(`${token.slice(0, -4)}AAAA`)).status, 403)

  const role = await findRole(world.database, realm, EXECUTION_ROLE_NAME)
  await deleteRoleRecord(world.database, realm, role?.roleId ?? '')
  assert.equal((await ask(token)).status, 403)
  await realms.reset(ACCOUNT)
  assert.equal((await ask(token)).status, 403)
})

test('a role can be passed when it is of the account, exists and trusts SageMaker', async () => {
  await using world = await setUp()
  await using realms = await world.open()
  const scope = {
    database: world.database,
    realm: realms.present(ACCOUNT),
    account: ACCOUNT,
    region: 'us-east-1',
  }
  const unknown = `arn:aws:iam::${ACCOUNT}:role/Unknown`

  assert.equal((await requirePassableRole(scope, ROLE_ARN)).arn, ROLE_ARN)
  await assert.rejects(requirePassableRole(scope, unknown), {
    code: 'ValidationException',
    message:
      `Could not assume role ${unknown}. Please ensure that the role exists and allows principal ` +
      "'sagemaker.amazonaws.com' to assume the role.",
  })
  await assert.rejects(requirePassableRole(scope, 'arn:aws:iam::999999999999:role/Theirs'), {
    code: 'ValidationException',
    message: 'RoleArn: Cross-account pass role is not allowed.',
  })
  await world.database.query('update iam_role set trust_policy = $1', [
    JSON.stringify({
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'lambda.amazonaws.com' },
      },
    }),
  ])
  await assert.rejects(requirePassableRole(scope, ROLE_ARN), { message: /^Could not assume role/ })
})
