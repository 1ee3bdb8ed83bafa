import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import type { Clock } from '../../base/clock.ts'
import { createSecrets } from '../../platform/secrets.ts'
import { createCredentialSource } from './credential-source.ts'
import { issueSession } from './session.ts'

const ACCOUNT = '123456789012'
const ROOT_KEY = { accessKeyId: 'AKIAROOT', secretAccessKey: 'root-secret' }
const CALLER = {
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/me`,
  userId: 'AROAREADER:me',
}

function setUp(options: { presentRealm?: (account: string) => number | undefined } = {}) {
  const secrets = createSecrets(randomBytes(32))
  const time = { now: new Date('2026-01-01T00:00:00Z') }
  const wall = { now: time.now }
  const clockOf = (hand: { now: Date }): Clock => ({
    now: () => hand.now,
    until: async () => undefined,
  })
  const source = createCredentialSource({
    secrets,
    account: ACCOUNT,
    rootKey: ROOT_KEY,
    clock: clockOf(time),
    wallClock: clockOf(wall),
    ...options,
  })
  const session = issueSession(secrets, {
    caller: CALLER,
    realm: 1,
    expiresAt: new Date('2026-01-01T01:00:00Z'),
    endsBy: 'platform',
  })
  return { source, session, time, wall, secrets }
}

test('the root key bears a session of the execution role, as the SageMaker SDK wants it', () => {
  const { source } = setUp()

  const found = source.find(ROOT_KEY.accessKeyId, undefined)

  assert.ok(found.known)
  assert.equal(found.secretAccessKey, ROOT_KEY.secretAccessKey)
  assert.equal(
    found.caller.arn,
    `arn:aws:sts::${ACCOUNT}:assumed-role/AmazonSageMaker-ExecutionRole-Sagebrush/sagebrush`,
  )
  assert.match(found.caller.userId, /^AROA[A-Z2-7]{17}:sagebrush$/)
})

test('a session is found again by its key and token, with the secret that was handed out', () => {
  const { source, session } = setUp()

  const found = source.find(session.accessKeyId, session.sessionToken)

  assert.ok(found.known)
  assert.equal(found.secretAccessKey, session.secretAccessKey)
  assert.equal(session.secretAccessKey.length, 40)
  assert.deepEqual(found.caller, { ...CALLER, accessKeyId: session.accessKeyId })
})

test('an unknown key, a foreign, an altered and a mismatched token are refused', () => {
  const { source, session } = setUp()
  const foreign = setUp().session
  const altered = Buffer.from(session.sessionToken, 'base64')
  altered[20] = (altered[20] ?? 0) ^ 1

  const cases = [
    { key: 'AKIAOTHER', token: undefined, because: 'unknown key' },
    { key: session.accessKeyId, token: undefined, because: 'unknown key' },
    { key: foreign.accessKeyId, token: foreign.sessionToken, because: 'invalid token' },
    { key: session.accessKeyId, token: altered.toString('base64'), because: 'invalid token' },
    { key: 'ASIAOTHER', token: session.sessionToken, because: 'invalid token' },
    { key: ROOT_KEY.accessKeyId, token: session.sessionToken, because: 'invalid token' },
    { key: session.accessKeyId, token: 'nonsense', because: 'invalid token' },
  ]
  for (const { key, token, because } of cases) {
    assert.deepEqual(source.find(key, token), { known: false, because }, `${key} ${token}`)
  }
})

test('a session ends at its expiry, also when its token was seen before', () => {
  const { source, session, time } = setUp()

  assert.ok(source.find(session.accessKeyId, session.sessionToken).known)
  time.now = new Date('2026-01-01T01:00:00Z')

  assert.deepEqual(source.find(session.accessKeyId, session.sessionToken), {
    known: false,
    because: 'expired token',
  })
})

test('a task’s session does not end by the platform’s clock', () => {
  const { source, secrets, time, wall } = setUp()
  const expiresAt = new Date('2026-01-01T01:00:00Z')
  const session = issueSession(secrets, { caller: CALLER, realm: 1, expiresAt, endsBy: 'wall' })

  time.now = new Date('2026-01-03T00:00:00Z')
  assert.ok(source.find(session.accessKeyId, session.sessionToken).known)
  wall.now = expiresAt

  assert.deepEqual(source.find(session.accessKeyId, session.sessionToken), {
    known: false,
    because: 'expired token',
  })
})

test('a session of a life of the account that is over is refused where that is known', () => {
  let realm = 1
  const { source, session } = setUp({ presentRealm: () => realm })

  assert.ok(source.find(session.accessKeyId, session.sessionToken).known)
  realm = 2

  assert.deepEqual(source.find(session.accessKeyId, session.sessionToken), {
    known: false,
    because: 'invalid token',
  })
})
