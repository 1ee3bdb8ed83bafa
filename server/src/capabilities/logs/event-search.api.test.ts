import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { FilterLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { logs } = server
const AT = server.clock.now().getTime()

/** A group whose streams hold messages at given milliseconds after `AT`. */
async function givenGroup(
  streams: Readonly<Record<string, readonly (readonly [atMs: number, message: string])[]>>,
): Promise<string> {
  const logGroupName = `/test/${newShortId(12)}`
  await logs.createLogGroup({ logGroupName })
  for (const [logStreamName, messages] of Object.entries(streams)) {
    await logs.createLogStream({ logGroupName, logStreamName })
    const logEvents = messages.map(([atMs, message]) => ({ timestamp: AT + atMs, message }))
    await logs.putLogEvents({ logGroupName, logStreamName, logEvents })
  }
  return logGroupName
}

async function search(input: FilterLogEventsCommandInput): Promise<string[]> {
  const found: string[] = []
  let nextToken: string | undefined
  do {
    const page = await logs.filterLogEvents({ ...input, ...(nextToken && { nextToken }) })
    assert.ok((page.events?.length ?? 0) <= (input.limit ?? 10_000))
    found.push(...(page.events ?? []).map((event) => `${event.logStreamName}:${event.message}`))
    nextToken = page.nextToken
  } while (nextToken)
  return found
}

const STREAMS = {
  'job-1/algo-1': [
    [0, 'start'],
    [2, 'ERROR one'],
    [4, '{"loss": 0.5, "step": 1}'],
  ],
  'job-1/algo-2': [
    [1, 'start'],
    [3, 'ERROR two'],
  ],
  'job-2/algo-1': [[2, 'ERROR three']],
} as const

test('FilterLogEvents interleaves the streams of a group by time, forward and backward', async () => {
  const logGroupName = await givenGroup(STREAMS)
  const expected = [
    'job-1/algo-1:start',
    'job-1/algo-2:start',
    'job-1/algo-1:ERROR one',
    'job-2/algo-1:ERROR three',
    'job-1/algo-2:ERROR two',
    'job-1/algo-1:{"loss": 0.5, "step": 1}',
  ]

  for (const limit of [1, 2, 100]) {
    assert.deepEqual(await search({ logGroupName, limit }), expected)
    const backward = { logGroupName, limit, startFromHead: false, startTime: AT - 10 }
    assert.deepEqual(await search(backward), expected.toReversed())
  }
})

test('FilterLogEvents keeps to a pattern, to streams, to a prefix and to a time', async () => {
  const logGroupName = await givenGroup(STREAMS)
  const errors = { logGroupName, filterPattern: 'ERROR' }

  assert.deepEqual(await search({ ...errors, logStreamNamePrefix: 'job-1/' }), [
    'job-1/algo-1:ERROR one',
    'job-1/algo-2:ERROR two',
  ])
  const logStreamNames = ['job-2/algo-1', 'job-1/algo-2']
  assert.deepEqual(await search({ ...errors, logStreamNames }), [
    'job-2/algo-1:ERROR three',
    'job-1/algo-2:ERROR two',
  ])
  assert.deepEqual(await search({ ...errors, startTime: AT + 3, endTime: AT + 3 }), [
    'job-1/algo-2:ERROR two',
  ])
  assert.deepEqual(await search({ logGroupName, filterPattern: '{ $.loss < 1 }' }), [
    'job-1/algo-1:{"loss": 0.5, "step": 1}',
  ])
  assert.deepEqual(await search({ logGroupName, filterPattern: 'nothing' }), [])
})

test('FilterLogEvents says of each event where and when it is, under an id of its own', async () => {
  const logGroupName = await givenGroup({ only: [[7, 'x']] })

  const { events, searchedLogStreams } = await logs.filterLogEvents({ logGroupName })

  assert.deepEqual(searchedLogStreams, [])
  const [event] = events ?? []
  assert.equal(event?.logStreamName, 'only')
  assert.equal(event?.timestamp, AT + 7)
  assert.ok((event?.ingestionTime ?? 0) >= AT)
  assert.match(event?.eventId ?? '', /^\d{56}$/)
})

test('FilterLogEvents refuses what cannot be meant', async () => {
  const logGroupName = await givenGroup(STREAMS)
  const name = 'InvalidParameterException'

  await assert.rejects(search({ logGroupName, filterPattern: 'a@b' }), {
    name,
    message: "Invalid filter pattern: Invalid character(s) in term 'a@b'",
  })
  await assert.rejects(search({ logGroupName, logStreamNames: ['x'], logStreamNamePrefix: 'x' }), {
    name,
  })
  await assert.rejects(logs.filterLogEvents({ logGroupName, nextToken: 'nonsense' }), {
    name,
    message: 'The specified nextToken is invalid.',
  })
  await assert.rejects(search({ logGroupName, logStreamNames: ['job-2/algo-1', 'none'] }), {
    name: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  })
  await assert.rejects(search({ logGroupName: 'nowhere' }), {
    name: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  })
})
