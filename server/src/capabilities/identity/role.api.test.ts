import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { iam } = server

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'sagemaker.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
})
const READ_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:Get*', Resource: '*' }],
})
const FULL_ACCESS = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess'
const READ_ONLY = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'

async function givenRole(more: object = {}): Promise<string> {
  const RoleName = `role-${newShortId(12)}`
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST, ...more })
  return RoleName
}

test('CreateRole answers the role, and GetRole the same', async () => {
  const RoleName = `Role-${newShortId(12)}`

  const { Role: created } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: TRUST,
    Path: '/team/',
    Description: 'for tests',
    MaxSessionDuration: 7200,
    Tags: [{ Key: 'team', Value: 'ml' }],
  })
  const { Role: found } = await iam.getRole({ RoleName })

  assert.deepEqual(found, created)
  assert.equal(found?.Arn, `arn:aws:iam::${server.config.account}:role/team/${RoleName}`)
  assert.match(found?.RoleId ?? '', /^AROA[0-9A-Z]{17}$/)
  assert.equal(decodeURIComponent(found?.AssumeRolePolicyDocument ?? ''), TRUST)
  assert.equal(found?.CreateDate?.getMilliseconds(), 0)
  assert.deepEqual(found?.Tags, [{ Key: 'team', Value: 'ml' }])
})

test('CreateRole with a name that differs in case only is refused', async () => {
  const name = await givenRole()

  await assert.rejects(
    iam.createRole({ RoleName: name.toUpperCase(), AssumeRolePolicyDocument: TRUST }),
    {
      name: 'EntityAlreadyExistsException',
      message: `Role with name ${name.toUpperCase()} already exists.`,
    },
  )
})

test('CreateRole twenty times at once makes one role', async () => {
  const RoleName = `role-${newShortId(12)}`

  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST })),
  )

  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) {
    if (result.status === 'rejected') {
      assert.equal(result.reason.name, 'EntityAlreadyExistsException')
    }
  }
})

test('CreateRole with a trust policy that cannot be read, or is too long, is refused', async () => {
  const RoleName = `role-${newShortId(12)}`

  await assert.rejects(iam.createRole({ RoleName, AssumeRolePolicyDocument: '{' }), {
    name: 'MalformedPolicyDocumentException',
    message: 'This policy contains invalid Json',
  })
  const services = Array.from({ length: 100 }, (_, n) => `service-number-${n}.amazonaws.com`)
  const AssumeRolePolicyDocument = JSON.stringify({
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: services } },
  })
  await assert.rejects(iam.createRole({ RoleName, AssumeRolePolicyDocument }), {
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for ACLSizePerRole: 2048',
  })
})

test('GetRole, DeleteRole and the policy operations on a missing role are refused', async () => {
  const RoleName = 'nobody'
  const calls = [
    () => iam.getRole({ RoleName }),
    () => iam.deleteRole({ RoleName }),
    () => iam.attachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS }),
    () => iam.detachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS }),
    () => iam.listAttachedRolePolicies({ RoleName }),
    () => iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: READ_ALL }),
    () => iam.getRolePolicy({ RoleName, PolicyName: 'p' }),
    () => iam.deleteRolePolicy({ RoleName, PolicyName: 'p' }),
    () => iam.listRolePolicies({ RoleName }),
  ]
  for (const call of calls) {
    await assert.rejects(call(), {
      name: 'NoSuchEntityException',
      message: 'The role with name nobody cannot be found.',
    })
  }
})

test('ListRoles pages through the roles below a path, in the order of names', async () => {
  const Path = `/${newShortId(8)}/`
  const names = await Promise.all(Array.from({ length: 5 }, () => givenRole({ Path })))
  await givenRole({ Path: '/elsewhere/' })

  const listed: (string | undefined)[] = []
  let Marker: string | undefined
  let pages = 0
  do {
    const page = await iam.listRoles({ PathPrefix: Path, MaxItems: 2, ...(Marker && { Marker }) })
    listed.push(...(page.Roles ?? []).map((role) => role.RoleName))
    assert.equal(page.IsTruncated, page.Marker !== undefined)
    Marker = page.Marker
    pages += 1
  } while (Marker)

  assert.deepEqual(listed, names.toSorted())
  assert.equal(pages, 3)
  await assert.rejects(iam.listRoles({ Marker: 'nonsense' }), { name: 'ValidationError' })
})

test('DeleteRole waits until no policy is attached or embedded', async () => {
  const RoleName = await givenRole()
  await iam.attachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS })
  await iam.putRolePolicy({ RoleName, PolicyName: 'read', PolicyDocument: READ_ALL })

  await assert.rejects(iam.deleteRole({ RoleName }), {
    name: 'DeleteConflictException',
    message: 'Cannot delete entity, must detach all policies first.',
  })
  await iam.detachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS })
  await assert.rejects(iam.deleteRole({ RoleName }), {
    name: 'DeleteConflictException',
    message: 'Cannot delete entity, must delete policies first.',
  })
  await iam.deleteRolePolicy({ RoleName, PolicyName: 'read' })
  await iam.deleteRole({ RoleName })

  await assert.rejects(iam.getRole({ RoleName }), { name: 'NoSuchEntityException' })
})

test('AttachRolePolicy attaches policies of AWS once each, up to ten, and no unknown ones', async () => {
  const RoleName = await givenRole()

  await iam.attachRolePolicy({ RoleName, PolicyArn: READ_ONLY })
  await iam.attachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS })
  await iam.attachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS })

  const { AttachedPolicies, IsTruncated } = await iam.listAttachedRolePolicies({ RoleName })
  assert.deepEqual(AttachedPolicies, [
    { PolicyName: 'AmazonS3ReadOnlyAccess', PolicyArn: READ_ONLY },
    { PolicyName: 'AmazonSageMakerFullAccess', PolicyArn: FULL_ACCESS },
  ])
  assert.equal(IsTruncated, false)
  const unknown = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAcces'
  await assert.rejects(iam.attachRolePolicy({ RoleName, PolicyArn: unknown }), {
    name: 'NoSuchEntityException',
    message: `Policy ${unknown} does not exist or is not attachable.`,
  })
  const more = ['AmazonS3FullAccess', 'AmazonSQSFullAccess', 'AmazonSNSFullAccess']
  const most = ['IAMFullAccess', 'ReadOnlyAccess', 'AdministratorAccess', 'AmazonEC2FullAccess']
  for (const name of [...more, ...most, 'AmazonVPCFullAccess']) {
    await iam.attachRolePolicy({ RoleName, PolicyArn: `arn:aws:iam::aws:policy/${name}` })
  }
  await assert.rejects(
    iam.attachRolePolicy({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' }),
    { name: 'LimitExceededException', message: 'Cannot exceed quota for PoliciesPerRole: 10' },
  )
})

test('ListAttachedRolePolicies pages, and looks below a path', async () => {
  const RoleName = await givenRole()
  const basic = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'
  for (const PolicyArn of [READ_ONLY, FULL_ACCESS, basic]) {
    await iam.attachRolePolicy({ RoleName, PolicyArn })
  }

  const first = await iam.listAttachedRolePolicies({ RoleName, MaxItems: 2 })
  const second = await iam.listAttachedRolePolicies({
    RoleName,
    MaxItems: 2,
    Marker: first.Marker,
  })
  const below = await iam.listAttachedRolePolicies({ RoleName, PathPrefix: '/service-role/' })

  assert.equal(first.IsTruncated, true)
  assert.equal(second.IsTruncated, false)
  const names = [...(first.AttachedPolicies ?? []), ...(second.AttachedPolicies ?? [])]
  assert.deepEqual(
    names.map(({ PolicyArn }) => PolicyArn),
    [READ_ONLY, FULL_ACCESS, basic],
  )
  assert.deepEqual(
    below.AttachedPolicies?.map(({ PolicyName }) => PolicyName),
    ['AWSLambdaBasicExecutionRole'],
  )
})

test('DetachRolePolicy of a policy that is not attached is refused', async () => {
  const RoleName = await givenRole()

  await assert.rejects(iam.detachRolePolicy({ RoleName, PolicyArn: FULL_ACCESS }), {
    name: 'NoSuchEntityException',
    message: `Policy ${FULL_ACCESS} was not found.`,
  })
})

test('PutRolePolicy embeds and replaces a policy, which can be read, listed and deleted', async () => {
  const RoleName = await givenRole()
  const changed = READ_ALL.replace('s3:Get*', 's3:*')

  await iam.putRolePolicy({ RoleName, PolicyName: 'read', PolicyDocument: READ_ALL })
  await iam.putRolePolicy({ RoleName, PolicyName: 'read', PolicyDocument: changed })
  await iam.putRolePolicy({ RoleName, PolicyName: 'also', PolicyDocument: READ_ALL })

  const policy = await iam.getRolePolicy({ RoleName, PolicyName: 'read' })
  assert.equal(policy.RoleName, RoleName)
  assert.equal(decodeURIComponent(policy.PolicyDocument ?? ''), changed)
  const first = await iam.listRolePolicies({ RoleName, MaxItems: 1 })
  const second = await iam.listRolePolicies({ RoleName, MaxItems: 1, Marker: first.Marker })
  assert.deepEqual([first.PolicyNames, second.PolicyNames], [['also'], ['read']])
  await iam.deleteRolePolicy({ RoleName, PolicyName: 'read' })
  for (const call of [
    () => iam.getRolePolicy({ RoleName, PolicyName: 'read' }),
    () => iam.deleteRolePolicy({ RoleName, PolicyName: 'read' }),
  ]) {
    await assert.rejects(call(), {
      name: 'NoSuchEntityException',
      message: 'The role policy with name read cannot be found.',
    })
  }
})

test('PutRolePolicy refuses what cannot be read and what is too long in all', async () => {
  const RoleName = await givenRole()
  const big = (length: number): string =>
    READ_ALL.replace('"*"', JSON.stringify(`arn:aws:s3:::${'x'.repeat(length)}`))
  await iam.putRolePolicy({ RoleName, PolicyName: 'big', PolicyDocument: big(6_000) })

  await assert.rejects(iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: TRUST }), {
    name: 'MalformedPolicyDocumentException',
    message: 'Policy document should not specify a principal.',
  })
  await assert.rejects(
    iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: big(5_000) }),
    {
      name: 'LimitExceededException',
      message: `Maximum policy size of 10240 bytes exceeded for role ${RoleName}`,
    },
  )
  await iam.putRolePolicy({ RoleName, PolicyName: 'big', PolicyDocument: big(9_000) })
})

test('GetUser finds no users, and no user behind a session', async () => {
  await assert.rejects(iam.getUser({ UserName: 'ana' }), {
    name: 'NoSuchEntityException',
    message: 'The user with name ana cannot be found.',
  })
  await assert.rejects(iam.getUser({}), {
    name: 'ValidationError',
    message: 'Must specify userName when calling with non-User credentials',
  })
})
