import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { Credentials } from '@aws-sdk/client-sts'
import { startServer } from '../../../../tests/support/server.ts'
import { systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { iam, sts } = server
const { account } = server.config

async function givenRole(statement: object, more: object = {}): Promise<string> {
  const { Role } = await iam.createRole({
    RoleName: `role-${newShortId(12)}`,
    Path: '/team/',
    AssumeRolePolicyDocument: JSON.stringify({
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', ...statement },
    }),
    ...more,
  })
  return Role?.Arn ?? ''
}

function actingAs(credentials: Partial<Credentials> | undefined) {
  return server.clients({
    credentials: {
      accessKeyId: credentials?.AccessKeyId ?? '',
      secretAccessKey: credentials?.SecretAccessKey ?? '',
      sessionToken: credentials?.SessionToken ?? '',
    },
  })
}

const EVERYONE_HERE = { Principal: { AWS: account } }
const RoleSessionName = 'ana'

test("GetCallerIdentity shows the platform's key as a session of the execution role", async () => {
  const identity = await sts.getCallerIdentity({})

  assert.equal(identity.Account, account)
  const role = 'AmazonSageMaker-ExecutionRole-Sagebrush'
  assert.equal(identity.Arn, `arn:aws:sts::${account}:assumed-role/${role}/sagebrush`)
  const { Role } = await iam.getRole({ RoleName: role })
  assert.equal(identity.UserId, `${Role?.RoleId}:sagebrush`)
})

test('AssumeRole gives credentials with which the caller is the role', async () => {
  const RoleArn = await givenRole(EVERYONE_HERE)
  const before = systemClock.now().getTime()

  const assumed = await sts.assumeRole({ RoleArn, RoleSessionName, DurationSeconds: 900 })
  const identity = await actingAs(assumed.Credentials).sts.getCallerIdentity({})

  const name = RoleArn.split('/').at(-1)
  assert.equal(identity.Arn, `arn:aws:sts::${account}:assumed-role/${name}/ana`)
  assert.equal(assumed.AssumedRoleUser?.Arn, identity.Arn)
  assert.equal(assumed.AssumedRoleUser?.AssumedRoleId, identity.UserId)
  assert.match(assumed.Credentials?.AccessKeyId ?? '', /^ASIA[0-9A-Z]{16}$/)
  const expiry = assumed.Credentials?.Expiration?.getTime() ?? 0
  assert.ok(expiry > before + 899_000)
})

test('AssumeRole is refused where the role is missing or does not trust the caller', async () => {
  const { Arn: caller } = await sts.getCallerIdentity({})
  const arns = [
    `arn:aws:iam::${account}:role/nobody`,
    'arn:aws:iam::999999999999:role/elsewhere',
    await givenRole({ Principal: { Service: 'sagemaker.amazonaws.com' } }),
    await givenRole({
      ...EVERYONE_HERE,
      Condition: { StringEquals: { 'sts:ExternalId': 'secret' } },
    }),
  ]
  for (const RoleArn of arns) {
    await assert.rejects(sts.assumeRole({ RoleArn, RoleSessionName }), {
      name: 'AccessDenied',
      message: `User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    })
  }
  const RoleArn = arns.at(-1)
  await sts.assumeRole({ RoleArn, RoleSessionName, ExternalId: 'secret' })
  await assert.rejects(
    sts.assumeRole({ RoleArn: 'arn:aws:iam::123456789012:user/ana', RoleSessionName }),
    { name: 'ValidationError' },
  )
})

test('AssumeRole by the role of the caller works from that role only', async () => {
  const first = await givenRole(EVERYONE_HERE)
  const second = await givenRole({ Principal: { AWS: first } })

  await assert.rejects(sts.assumeRole({ RoleArn: second, RoleSessionName }), {
    name: 'AccessDenied',
  })
  const { Credentials } = await sts.assumeRole({ RoleArn: first, RoleSessionName })
  const chained = actingAs(Credentials)
  await chained.sts.assumeRole({ RoleArn: second, RoleSessionName })
})

test('AssumeRole for longer than the role or a chain of roles allows is refused', async () => {
  const short = await givenRole(EVERYONE_HERE)
  const long = await givenRole(EVERYONE_HERE, { MaxSessionDuration: 43_200 })
  const asked = { RoleSessionName, DurationSeconds: 7_200 }

  await assert.rejects(sts.assumeRole({ RoleArn: short, ...asked }), {
    name: 'ValidationError',
    message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  })
  const { Credentials } = await sts.assumeRole({ RoleArn: long, ...asked })
  await assert.rejects(actingAs(Credentials).sts.assumeRole({ RoleArn: long, ...asked }), {
    name: 'ValidationError',
    message: /exceeds the 1 hour session limit for roles assumed by role chaining/,
  })
})

test('AssumeRole checks the form and the size of a session policy', async () => {
  const RoleArn = await givenRole(EVERYONE_HERE)
  const policy = (resource: string): string =>
    JSON.stringify({ Statement: { Effect: 'Allow', Action: 's3:*', Resource: resource } })

  const { PackedPolicySize } = await sts.assumeRole({
    RoleArn,
    RoleSessionName,
    Policy: policy('*'),
  })
  assert.ok((PackedPolicySize ?? 0) > 0)
  await assert.rejects(sts.assumeRole({ RoleArn, RoleSessionName, Policy: '{' }), {
    name: 'MalformedPolicyDocumentException',
  })
  await assert.rejects(
    sts.assumeRole({ RoleArn, RoleSessionName, Policy: policy('x'.repeat(2_048)) }),
    { name: 'PackedPolicyTooLargeException' },
  )
})

test('AssumeRole for a duration outside of the published range is refused', async () => {
  const RoleArn = await givenRole(EVERYONE_HERE)

  await assert.rejects(sts.assumeRole({ RoleArn, RoleSessionName, DurationSeconds: 60 }), {
    name: 'ValidationError',
    message: /durationSeconds/,
  })
})

test('GetSessionToken keeps who the caller is, and is not for sessions', async () => {
  const identity = await sts.getCallerIdentity({})

  const { Credentials } = await sts.getSessionToken({})
  const session = actingAs(Credentials)

  const { Arn, UserId } = await session.sts.getCallerIdentity({})
  assert.deepEqual({ Arn, UserId }, { Arn: identity.Arn, UserId: identity.UserId })
  await assert.rejects(session.sts.getSessionToken({}), {
    name: 'AccessDenied',
    message: 'Cannot call GetSessionToken with session credentials',
  })
})

test('credentials with another secret, or another token, are refused', async () => {
  const { Credentials } = await sts.getSessionToken({})
  const other = (await sts.getSessionToken({})).Credentials

  const wrongSecret = actingAs({ ...Credentials, SecretAccessKey: 'x' })
  await assert.rejects(wrongSecret.sts.getCallerIdentity({}), { name: 'SignatureDoesNotMatch' })
  const wrongToken = actingAs({ ...Credentials, SessionToken: other?.SessionToken })
  await assert.rejects(wrongToken.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' })
})

test('a session ends by the platform’s clock, and says when that is on the client’s', async () => {
  const RoleArn = await givenRole(EVERYONE_HERE)
  const before = await sts.assumeRole({ RoleArn, RoleSessionName, DurationSeconds: 3_600 })
  await actingAs(before.Credentials).sts.getCallerIdentity({})

  await server.advance(2 * 3_600_000)

  await assert.rejects(actingAs(before.Credentials).sts.getCallerIdentity({}), {
    name: 'ExpiredToken',
  })
  await assert.rejects(
    actingAs(before.Credentials).runtime.invokeEndpoint({ EndpointName: 'none', Body: '' }),
    { name: 'ExpiredTokenException' },
  )
  const afterwards = await sts.assumeRole({ RoleArn, RoleSessionName, DurationSeconds: 3_600 })
  await actingAs(afterwards.Credentials).sts.getCallerIdentity({})
  const leftMs = (afterwards.Credentials?.Expiration?.getTime() ?? 0) - systemClock.now().getTime()
  assert.ok(leftMs > 3_500_000 && leftMs <= 3_600_000, `${leftMs} ms are left`)
})
