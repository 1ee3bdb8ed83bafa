import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFront } from '../../../tests/support/front.ts'
import type { Hold } from './handler.ts'
import { type RawAnswer, sendSigned } from './raw-request.ts'
import { holdMs } from './steps/hold.ts'

const WAITER =
  'Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7 m/Z,b,B cfg/retry-mode#legacy'
const SDK = `AWS-SageMaker-Python-SDK/2.257.6 Python/3.11.7 ${WAITER.replace(',B', '')}`

test('a hold is for clients that only poll', () => {
  const cases: readonly [string | undefined, number][] = [
    [WAITER, 20_000],
    [WAITER.replace('m/Z,b,B', 'm/B'), 20_000],
    [WAITER.replace('m/Z,b,B', 'm/B,Z'), 20_000],
    [WAITER.replace('m/Z,b,B', 'm/Z,b'), 0],
    [WAITER.replace('m/Z,b,B', 'm/Z,BB'), 0],
    [`${WAITER.replace('m/Z,b,B', 'm/Z,b')} md/B`, 0],
    [SDK, 8_000],
    [`${WAITER} lib/AWS-SageMaker-Python-SDK#2.257.6`, 20_000],
    ['aws-sdk-js/3.1142.0 ua/2.1 os/linux lang/js md/nodejs#24 m/E,n', 0],
    [undefined, 0],
  ]
  for (const [userAgent, expected] of cases) assert.equal(holdMs(userAgent), expected, userAgent)
})

const hold: Hold = {
  topic: (output) => String(output.ModelArn),
  isSettled: (output) => output.ModelName === 'Settled',
}

async function startDescribing(options: { held?: boolean } = {}) {
  const state = { name: 'Pending', asked: 0, fails: false }
  const front = await startFront({
    holds: options.held === false ? {} : { sagemaker: { DescribeModel: hold } },
    operations: {
      sagemaker: {
        DescribeModel: async () => {
          state.asked += 1
          if (state.fails) throw new Error('gone')
          return { ModelName: state.name, ModelArn: 'arn', CreationTime: new Date(0) }
        },
      },
    },
  })
  const describe = (userAgent: string): Promise<RawAnswer> =>
    sendSigned({
      port: front.port,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'SageMaker.DescribeModel',
        'user-agent': userAgent,
      },
      body: '{"ModelName":"m"}',
    })
  const held = async (count: number) => {
    while (front.changes.waiting() < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { front, state, describe, held }
}

test('a waiter’s Describe is answered as soon as the state settles', async () => {
  const { front, state, describe, held } = await startDescribing()
  await using _ = front
  const answers = Promise.all(Array.from({ length: 20 }, () => describe(WAITER)))
  await held(20)
  front.changes.tell()
  state.name = 'Settled'
  front.changes.tell()
  for (const { body } of await answers) assert.equal(JSON.parse(body).ModelName, 'Settled')
})

test('other clients are answered at once, and so are all when holding is off', async () => {
  const { front, describe } = await startDescribing()
  await using _ = front
  assert.equal(JSON.parse((await describe('curl/8')).body).ModelName, 'Pending')
  const off = await startDescribing({ held: false })
  await using __ = off.front
  assert.equal(JSON.parse((await off.describe(WAITER)).body).ModelName, 'Pending')
})

test('a settled state is not held, and costs one look', async () => {
  const { front, state, describe } = await startDescribing()
  await using _ = front
  state.name = 'Settled'
  await describe(WAITER)
  assert.equal(state.asked, 1)
})

test('a shutdown answers what is held with the state as it is', async () => {
  const { front, describe, held } = await startDescribing()
  await using _ = front
  const answer = describe(WAITER)
  await held(1)
  front.changes.release()
  assert.equal(JSON.parse((await answer).body).ModelName, 'Pending')
})

test('a client that has gone is not waited for', async () => {
  const { front, describe, held } = await startDescribing()
  await using _ = front
  const answer = describe(WAITER).catch(() => 'gone')
  await held(1)
  front.closeConnections()
  assert.equal(await answer, 'gone')
  while (front.changes.waiting() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a failure while held is answered as a failure', async () => {
  const { front, state, describe, held } = await startDescribing()
  await using _ = front
  const answer = describe(WAITER)
  await held(1)
  state.fails = true
  front.changes.tell()
  assert.equal((await answer).status, 500)
})
