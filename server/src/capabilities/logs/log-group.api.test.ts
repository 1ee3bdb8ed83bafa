import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { logs } = server

const NO_GROUP = {
  name: 'ResourceNotFoundException',
  message: 'The specified log group does not exist.',
}
const NO_STREAM = {
  name: 'ResourceNotFoundException',
  message: 'The specified log stream does not exist.',
}

async function givenGroup(name = `/test/${newShortId(12)}`): Promise<string> {
  await logs.createLogGroup({ logGroupName: name })
  return name
}

async function names(input: Parameters<typeof logs.describeLogGroups>[0]): Promise<string[]> {
  const { logGroups = [] } = await logs.describeLogGroups(input)
  return logGroups.map(({ logGroupName }) => logGroupName ?? '')
}

test('CreateLogGroup makes a group that DescribeLogGroups shows', async () => {
  const logGroupName = `/test/${newShortId(12)}`

  await logs.createLogGroup({ logGroupName, tags: { team: 'ml' } })

  const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: logGroupName })
  const [group] = logGroups ?? []
  const arn = `arn:aws:logs:us-east-1:${server.config.account}:log-group:${logGroupName}`
  assert.deepEqual(
    { ...group, creationTime: undefined },
    {
      logGroupName,
      arn: `${arn}:*`,
      logGroupArn: arn,
      creationTime: undefined,
      metricFilterCount: 0,
      storedBytes: 0,
      logGroupClass: 'STANDARD',
      deletionProtectionEnabled: false,
    },
  )
  assert.equal(typeof group?.creationTime, 'number')
  assert.deepEqual((await logs.listTagsForResource({ resourceArn: arn })).tags, { team: 'ml' })
})

test('CreateLogGroup with a name in use is refused; another region has names of its own', async () => {
  const logGroupName = await givenGroup()

  await assert.rejects(logs.createLogGroup({ logGroupName }), {
    name: 'ResourceAlreadyExistsException',
    message: 'The specified log group already exists',
  })
  const elsewhere = server.clients({ region: 'eu-west-1' }).logs
  await elsewhere.createLogGroup({ logGroupName })
})

test('DescribeLogGroups finds by prefix, by part and by name, page by page', async () => {
  const id = `id-${newShortId(12)}` // sorts before what begins with x
  for (const name of [`${id}/b`, `${id}/a`, `x-${id}`]) await givenGroup(name)

  assert.deepEqual(await names({ logGroupNamePrefix: id }), [`${id}/a`, `${id}/b`])
  assert.deepEqual(await names({ logGroupNamePattern: id }), [`${id}/a`, `${id}/b`, `x-${id}`])
  assert.deepEqual(await names({ logGroupIdentifiers: [`x-${id}`] }), [`x-${id}`])
  const first = await logs.describeLogGroups({ logGroupNamePrefix: id, limit: 1 })
  const rest = { logGroupNamePrefix: id, limit: 1, nextToken: first.nextToken }
  assert.deepEqual(await names(rest), [`${id}/b`])
  assert.equal((await logs.describeLogGroups(rest)).nextToken, undefined)
  await assert.rejects(
    logs.describeLogGroups({ logGroupNamePrefix: 'a', logGroupNamePattern: 'a' }),
    { name: 'InvalidParameterException', message: /mutually exclusive/ },
  )
  await assert.rejects(logs.describeLogGroups({ nextToken: 'nonsense' }), {
    name: 'InvalidParameterException',
    message: 'The specified nextToken is invalid.',
  })
})

test('TagResource and UntagResource change the tags of a group, up to fifty', async () => {
  const logGroupName = await givenGroup()
  const resourceArn = `arn:aws:logs:us-east-1:${server.config.account}:log-group:${logGroupName}`

  await logs.tagResource({ resourceArn, tags: { a: '1', b: '2' } })
  await logs.untagResource({ resourceArn, tagKeys: ['a', 'never-there'] })

  assert.deepEqual((await logs.listTagsForResource({ resourceArn })).tags, { b: '2' })
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key-${n}`, '']))
  await assert.rejects(logs.tagResource({ resourceArn, tags: many }), {
    name: 'TooManyTagsException',
  })
  await assert.rejects(logs.listTagsForResource({ resourceArn: `${resourceArn}-x` }), NO_GROUP)
})

test('PutRetentionPolicy takes the published numbers of days, DeleteRetentionPolicy none', async () => {
  const logGroupName = await givenGroup()
  const retention = async () =>
    (await logs.describeLogGroups({ logGroupNamePrefix: logGroupName })).logGroups?.[0]
      ?.retentionInDays

  await logs.putRetentionPolicy({ logGroupName, retentionInDays: 7 })
  assert.equal(await retention(), 7)
  await assert.rejects(logs.putRetentionPolicy({ logGroupName, retentionInDays: 2 }), {
    name: 'InvalidParameterException',
    message: /Value '2' at 'retentionInDays' failed to satisfy constraint: .* \[1, 3, 5, 7,/,
  })
  await logs.deleteRetentionPolicy({ logGroupName })
  assert.equal(await retention(), undefined)
  const missing = { logGroupName: 'nowhere' }
  await assert.rejects(logs.putRetentionPolicy({ ...missing, retentionInDays: 7 }), NO_GROUP)
  await assert.rejects(logs.deleteRetentionPolicy(missing), NO_GROUP)
})

test('DeleteLogGroup deletes all that is in it, but not while it is protected', async () => {
  const logGroupName = await givenGroup()
  await logs.createLogStream({ logGroupName, logStreamName: 's' })
  await logs.putLogEvents({
    logGroupName,
    logStreamName: 's',
    logEvents: [{ timestamp: server.clock.now().getTime(), message: 'x' }],
  })

  await logs.deleteLogGroup({ logGroupName })

  await assert.rejects(logs.describeLogStreams({ logGroupName }), NO_GROUP)
  await assert.rejects(logs.deleteLogGroup({ logGroupName }), NO_GROUP)
  await logs.createLogGroup({ logGroupName, deletionProtectionEnabled: true })
  await assert.rejects(logs.deleteLogGroup({ logGroupName }), { name: 'ValidationException' })
  assert.deepEqual((await logs.describeLogStreams({ logGroupName })).logStreams, [])
})

test('CreateLogStream and DeleteLogStream refuse what is there, or is not', async () => {
  const logGroupName = await givenGroup()
  const stream = { logGroupName, logStreamName: 'job/algo-1-1700000000' }

  await assert.rejects(logs.createLogStream({ ...stream, logGroupName: 'nowhere' }), NO_GROUP)
  await logs.createLogStream(stream)
  await assert.rejects(logs.createLogStream(stream), {
    name: 'ResourceAlreadyExistsException',
    message: 'The specified log stream already exists',
  })
  await logs.deleteLogStream(stream)
  await assert.rejects(logs.deleteLogStream(stream), NO_STREAM)
  await assert.rejects(logs.deleteLogStream({ ...stream, logGroupName: 'nowhere' }), NO_GROUP)
})

test('DescribeLogStreams orders by name or by last event, both ways, page by page', async () => {
  const logGroupName = await givenGroup()
  const nowMs = server.clock.now().getTime()
  for (const [logStreamName, timestamp] of [
    ['job/b', nowMs - 1],
    ['job/a', nowMs - 2],
    ['job/c', nowMs - 3],
    ['other', undefined],
  ] as const) {
    await logs.createLogStream({ logGroupName, logStreamName })
    if (timestamp === undefined) continue
    const logEvents = [{ timestamp, message: 'x' }]
    await logs.putLogEvents({ logGroupName, logStreamName, logEvents })
  }
  const list = async (input: object): Promise<(string | undefined)[]> => {
    const listed = []
    let nextToken: string | undefined
    do {
      const page = await logs.describeLogStreams({
        logGroupName,
        limit: 2,
        ...input,
        ...(nextToken && { nextToken }),
      })
      listed.push(...(page.logStreams ?? []).map(({ logStreamName }) => logStreamName))
      nextToken = page.nextToken
    } while (nextToken)
    return listed
  }

  assert.deepEqual(await list({}), ['job/a', 'job/b', 'job/c', 'other'])
  assert.deepEqual(await list({ descending: true }), ['other', 'job/c', 'job/b', 'job/a'])
  assert.deepEqual(await list({ logStreamNamePrefix: 'job/' }), ['job/a', 'job/b', 'job/c'])
  const byTime = { orderBy: 'LastEventTime' }
  assert.deepEqual(await list(byTime), ['other', 'job/c', 'job/a', 'job/b'])
  assert.deepEqual(await list({ ...byTime, descending: true }), [
    'job/b',
    'job/a',
    'job/c',
    'other',
  ])
  await assert.rejects(list({ ...byTime, logStreamNamePrefix: 'job/' }), {
    name: 'InvalidParameterException',
    message: 'Cannot order by LastEventTime with a logStreamNamePrefix.',
  })
})

test('DescribeLogStreams takes the group by name, identifier or ARN, and needs one of them', async () => {
  const logGroupName = await givenGroup()
  await logs.createLogStream({ logGroupName, logStreamName: 's' })
  const arn = `arn:aws:logs:us-east-1:${server.config.account}:log-group:${logGroupName}`

  for (const logGroupIdentifier of [logGroupName, arn]) {
    const { logStreams } = await logs.describeLogStreams({ logGroupIdentifier })
    assert.deepEqual(
      logStreams?.map((stream) => stream.arn),
      [`${arn}:log-stream:s`],
    )
  }
  for (const input of [{}, { logGroupName, logGroupIdentifier: logGroupName }]) {
    await assert.rejects(logs.describeLogStreams(input), { name: 'InvalidParameterException' })
  }
  await assert.rejects(logs.describeLogStreams({ logGroupName: 'nowhere' }), NO_GROUP)
})
