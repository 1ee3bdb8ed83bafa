import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { GetLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { appendLogEvents, sweepExpiredLogs } from './index.ts'

const server = await startServer()
after(() => server.close())
const { logs } = server

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const nowMs = (): number => server.clock.now().getTime()

interface Stream {
  readonly logGroupName: string
  readonly logStreamName: string
}

async function givenStream(logGroupName = `/test/${newShortId(12)}`): Promise<Stream> {
  const stream = { logGroupName, logStreamName: `stream-${newShortId(12)}` }
  await logs.createLogGroup({ logGroupName }).catch(() => undefined)
  await logs.createLogStream(stream)
  return stream
}

function lines(count: number, { from = 0, at = nowMs(), stepMs = 1 } = {}) {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: at + index * stepMs,
    message: `line ${from + index}`,
  }))
}

async function read(stream: Stream, more: Partial<GetLogEventsCommandInput> = {}) {
  const page = await logs.getLogEvents({ ...stream, startFromHead: true, ...more })
  return { ...page, messages: (page.events ?? []).map(({ message }) => message ?? '') }
}

/** As the SageMaker SDK does: on from token to token, until it repeats. */
async function readAll(stream: Stream, more: Partial<GetLogEventsCommandInput> = {}) {
  const messages: string[] = []
  let nextToken: string | undefined
  for (;;) {
    const page = await read(stream, { ...more, ...(nextToken && { nextToken }) })
    messages.push(...page.messages)
    if (page.nextForwardToken === nextToken) return messages
    nextToken = page.nextForwardToken
  }
}

test('PutLogEvents stores lines that GetLogEvents reads in order, to the end and on from it', async () => {
  const stream = await givenStream()
  const events = lines(25)
  for (let start = 0; start < 25; start += 10) {
    await logs.putLogEvents({ ...stream, logEvents: events.slice(start, start + 10) })
  }

  assert.deepEqual(
    await readAll(stream, { limit: 7 }),
    events.map(({ message }) => message),
  )
  const whole = await read(stream)
  const atEnd = await read(stream, { nextToken: whole.nextForwardToken })
  assert.deepEqual(atEnd.events, [])
  assert.equal(atEnd.nextForwardToken, whole.nextForwardToken)
  await logs.putLogEvents({ ...stream, logEvents: lines(2, { from: 25, at: nowMs() + 100 }) })
  const grown = await read(stream, { nextToken: atEnd.nextForwardToken })
  assert.deepEqual(grown.messages, ['line 25', 'line 26'])
})

test('GetLogEvents without startFromHead reads from the tail, and back from there', async () => {
  const stream = await givenStream()
  await logs.putLogEvents({ ...stream, logEvents: lines(10) })

  const tail = await read(stream, { startFromHead: false, limit: 4 })
  const before = await read(stream, { limit: 4, nextToken: tail.nextBackwardToken })
  const head = await read(stream, { limit: 4, nextToken: before.nextBackwardToken })
  const beyond = await read(stream, { limit: 4, nextToken: head.nextBackwardToken })
  const forward = await read(stream, { limit: 3, nextToken: head.nextForwardToken })

  assert.deepEqual(tail.messages, ['line 6', 'line 7', 'line 8', 'line 9'])
  assert.deepEqual(before.messages, ['line 2', 'line 3', 'line 4', 'line 5'])
  assert.deepEqual(head.messages, ['line 0', 'line 1'])
  assert.deepEqual(beyond.messages, [])
  assert.equal(beyond.nextBackwardToken, head.nextBackwardToken)
  assert.deepEqual(forward.messages, ['line 2', 'line 3', 'line 4'])
})

test('GetLogEvents cuts out a time: from its start, up to but without its end', async () => {
  const stream = await givenStream()
  const at = nowMs()
  await logs.putLogEvents({ ...stream, logEvents: lines(10, { at }) })

  const cut = { startTime: at + 2, endTime: at + 5 }
  assert.deepEqual((await read(stream, cut)).messages, ['line 2', 'line 3', 'line 4'])
  const tail = await read(stream, { ...cut, startFromHead: false, limit: 2 })
  assert.deepEqual(tail.messages, ['line 3', 'line 4'])
  const rest = await read(stream, { ...cut, nextToken: tail.nextBackwardToken })
  assert.deepEqual(rest.messages, ['line 2'])
})

test('batches whose times overlap are read in the order of time, in both directions', async () => {
  const stream = await givenStream()
  const at = nowMs()
  const batches = [
    [0, 4, 8],
    [1, 2, 9],
    [3, 5, 6, 7],
    [5, 5],
  ]
  for (const [batch, offsets] of batches.entries()) {
    const logEvents = offsets.map((offset) => ({
      timestamp: at + offset,
      message: `${offset}/${batch}`,
    }))
    await logs.putLogEvents({ ...stream, logEvents })
  }
  const expected = [
    '0/0',
    '1/1',
    '2/1',
    '3/2',
    '4/0',
    '5/2',
    '5/3',
    '5/3',
    '6/2',
    '7/2',
    '8/0',
    '9/1',
  ]

  for (const limit of [1, 2, 3, 5, 100]) {
    assert.deepEqual(await readAll(stream, { limit }), expected, `${limit} at a time`)
  }
  const backward: string[] = []
  let page = await read(stream, { startFromHead: false, limit: 3 })
  while (page.messages.length > 0) {
    backward.unshift(...page.messages)
    page = await read(stream, { limit: 3, nextToken: page.nextBackwardToken })
  }
  assert.deepEqual(backward, expected)
})

test('GetLogEvents gives at most 1 MB, or ten thousand events, a page', async () => {
  const [large, many] = [await givenStream(), await givenStream()]
  const at = nowMs()
  const message = 'x'.repeat(400_000)
  for (let index = 0; index < 3; index += 1) {
    const logEvents = [{ timestamp: at + index, message }]
    await logs.putLogEvents({ ...large, logEvents })
    await logs.putLogEvents({
      ...many,
      logEvents: lines(4_000, { at: at + index, stepMs: 0, from: 4_000 * index }),
    })
  }

  assert.equal((await read(large)).messages.length, 2)
  assert.equal((await readAll(large)).length, 3)
  assert.equal((await read(many)).messages.length, 10_000)
  assert.deepEqual(
    await readAll(many),
    lines(12_000).map((line) => line.message),
  )
})

test('GetLogEvents of an empty stream gives tokens that find what comes', async () => {
  const stream = await givenStream()

  const empty = await read(stream, { startFromHead: false })
  await logs.putLogEvents({ ...stream, logEvents: lines(2) })

  const found = await read(stream, { nextToken: empty.nextForwardToken })
  assert.deepEqual(found.messages, ['line 0', 'line 1'])
})

test('PutLogEvents of an older client, with any sequence token, is accepted every time', async () => {
  const stream = await givenStream()
  const logEvents = lines(1)

  const first = await logs.putLogEvents({ ...stream, logEvents })
  const again = await logs.putLogEvents({ ...stream, logEvents, sequenceToken: 'stale' })

  assert.match(first.nextSequenceToken ?? '', /^\d{56}$/)
  assert.notEqual(again.nextSequenceToken, first.nextSequenceToken)
  assert.equal((await readAll(stream)).length, 2)
})

test("PutLogEvents stores a runner's batch once, however often and late it is sent again", async () => {
  const stream = await givenStream()
  const send = (offset: number, from: number) =>
    logs.putLogEvents({
      ...stream,
      logEvents: lines(2, { from }),
      sequenceToken: `sagebrush-${String(offset).padStart(20, '0')}`,
    })

  await send(0, 0)
  await Promise.all([send(120, 2), send(120, 2), send(120, 2)])
  await send(0, 0)
  await send(1_000, 4)
  await send(120, 2)

  assert.deepEqual(
    await readAll(stream),
    lines(6).map(({ message }) => message),
  )
})

test("PutLogEvents keeps a runner's lines whatever their time", async () => {
  const stream = await givenStream()
  const logEvents = lines(1, { at: nowMs() - 30 * DAY_MS })

  const answer = await logs.putLogEvents({ ...stream, logEvents, sequenceToken: 'sagebrush-0' })

  assert.equal(answer.rejectedLogEventsInfo, undefined)
  assert.deepEqual(await readAll(stream), ['line 0'])
})

test('PutLogEvents leaves out what is too old or too new and says so', async () => {
  const stream = await givenStream()
  const at = [-15 * DAY_MS, -HOUR_MS, 0, 3 * HOUR_MS]
  const logEvents = at.map((offset) => ({ timestamp: nowMs() + offset, message: String(offset) }))

  const answer = await logs.putLogEvents({ ...stream, logEvents })

  assert.deepEqual(answer.rejectedLogEventsInfo, {
    tooOldLogEventEndIndex: 1,
    tooNewLogEventStartIndex: 3,
  })
  assert.deepEqual(await readAll(stream), [String(-HOUR_MS), '0'])
})

test('PutLogEvents out of order is refused and stores nothing', async () => {
  const stream = await givenStream()

  await assert.rejects(logs.putLogEvents({ ...stream, logEvents: lines(2).toReversed() }), {
    name: 'InvalidParameterException',
    message: 'Log events in a single PutLogEvents request must be in chronological order.',
  })

  assert.deepEqual(await readAll(stream), [])
})

test('PutLogEvents and GetLogEvents name what is missing', async () => {
  const stream = await givenStream()
  const noGroup = { ...stream, logGroupName: 'nowhere' }
  const noStream = { ...stream, logStreamName: 'none' }
  const logEvents = lines(1)
  const name = 'ResourceNotFoundException'

  for (const call of [
    () => logs.putLogEvents({ ...noGroup, logEvents }),
    () => logs.getLogEvents(noGroup),
  ]) {
    await assert.rejects(call(), { name, message: 'The specified log group does not exist.' })
  }
  for (const call of [
    () => logs.putLogEvents({ ...noStream, logEvents }),
    () => logs.getLogEvents(noStream),
  ]) {
    await assert.rejects(call(), { name, message: 'The specified log stream does not exist.' })
  }
  await assert.rejects(logs.getLogEvents({ ...stream, nextToken: 'nonsense' }), {
    name: 'InvalidParameterException',
    message: 'The specified nextToken is invalid.',
  })
})

test('DescribeLogStreams and DescribeLogGroups follow what is put', async () => {
  const stream = await givenStream()
  const at = nowMs()
  await logs.putLogEvents({ ...stream, logEvents: lines(2, { at }) })
  await logs.putLogEvents({ ...stream, logEvents: lines(1, { at: at - 5, from: 2 }) })

  const { logStreams } = await logs.describeLogStreams(stream)
  const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: stream.logGroupName })

  assert.equal(logStreams?.[0]?.firstEventTimestamp, at - 5)
  assert.equal(logStreams?.[0]?.lastEventTimestamp, at + 1)
  assert.ok((logStreams?.[0]?.lastIngestionTime ?? 0) >= at)
  assert.equal(logGroups?.[0]?.storedBytes, 3 * ('line 0'.length + 26))
})

test('events expire by the clock once the group has a retention, and are then deleted', async () => {
  const stream = await givenStream()
  const at = nowMs()
  await logs.putLogEvents({ ...stream, logEvents: lines(2, { at: at - HOUR_MS }) })
  await logs.putLogEvents({ ...stream, logEvents: lines(1, { at, from: 2 }) })
  await logs.putRetentionPolicy({ logGroupName: stream.logGroupName, retentionInDays: 1 })
  assert.equal((await readAll(stream)).length, 3)

  await server.advance(23.5 * HOUR_MS)

  assert.deepEqual(await readAll(stream), ['line 2'])
  const { events } = await logs.filterLogEvents({ logGroupName: stream.logGroupName })
  assert.equal(events?.length, 1)
  await sweepExpiredLogs(server.platform)
  const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: stream.logGroupName })
  assert.equal(logGroups?.[0]?.storedBytes, 'line 2'.length + 26)
})

test('other capabilities write into logs, whose group and stream come into being', async () => {
  const stream = { logGroupName: `/test/${newShortId(12)}`, logStreamName: 'notes' }
  const identity = await server.platform.database.query<{ realm: number }>(
    'select realm from realm where ended_at is null',
  )
  const scope = {
    ...server.platform,
    realm: identity[0]?.realm ?? 0,
    account: server.config.account,
    region: 'us-east-1',
  }
  const write = (events: { timestamp: number; message: string }[]) =>
    appendLogEvents(scope, { group: stream.logGroupName, stream: 'notes', events })

  await Promise.all([write(lines(1)), write(lines(1)), write(lines(1))])
  await write(lines(2, { at: nowMs() + 10, from: 1 }).toReversed())

  assert.deepEqual((await readAll(stream)).slice(-3), ['line 0', 'line 1', 'line 2'])
})
