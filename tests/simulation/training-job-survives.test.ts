import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'

let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
})
after(() => rehearsal[Symbol.asyncDispose]())

async function reaches(name: string, phases: readonly string[]): Promise<void> {
  await eventually(async () => {
    const { SecondaryStatus } = await rehearsal.sagemaker.describeTrainingJob({
      TrainingJobName: name,
    })
    return phases.includes(SecondaryStatus ?? '')
  })
}

async function noTaskIsLeft(): Promise<void> {
  await eventually(async () => (await rehearsal.status()).tasks.length === 0, {
    what: 'every task to be gone',
  })
}

const ORDER = ['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']

for (const phase of ['accepted', 'Downloading', 'Training', 'Uploading']) {
  test(`a job whose control is killed when ${phase} completes, and its program ran once`, async () => {
    const name = `killed-${phase.toLowerCase()}`
    await rehearsal.startJob(name, { seconds: '1', megabytes: phase === 'Uploading' ? '64' : '1' })
    if (phase !== 'accepted') await reaches(name, ORDER.slice(ORDER.indexOf(phase)))

    await rehearsal.kill('control')

    assert.deepEqual(await rehearsal.jobEnds(name), { status: 'Completed', reason: undefined })
    assert.equal(await rehearsal.timesRan(name), 1)
    await noTaskIsLeft()
  })
}

test('a job whose Postgres is killed while it trains completes, and its program ran once', async () => {
  await rehearsal.startJob('killed-postgres', { seconds: '1' })
  await reaches('killed-postgres', ['Training'])

  await rehearsal.kill('postgres')

  assert.deepEqual(await rehearsal.jobEnds('killed-postgres'), {
    status: 'Completed',
    reason: undefined,
  })
  assert.equal(await rehearsal.timesRan('killed-postgres'), 1)
  await noTaskIsLeft()
})

test('a job whose runner is killed fails with that as its reason, and leaves nothing running', async () => {
  await rehearsal.startJob('killed-runner', { seconds: '60' })
  await reaches('killed-runner', ['Training'])
  const { tasks } = await rehearsal.status()
  const task = tasks.find(({ name }) => name === 'killed-runner')
  assert.ok(task?.runnerPid)

  process.kill(task.runnerPid, 'SIGKILL')

  const { status, reason } = await rehearsal.jobEnds('killed-runner')
  assert.equal(status, 'Failed')
  assert.match(reason ?? '', /InternalServerError/)
  await noTaskIsLeft()
})

test('a job goes on over down and is adopted by the next up', async () => {
  await rehearsal.startJob('over-down', { seconds: '4' })
  await reaches('over-down', ['Training'])

  await rehearsal.cli('down')
  await rehearsal.up()

  assert.deepEqual(await rehearsal.jobEnds('over-down'), { status: 'Completed', reason: undefined })
  assert.equal(await rehearsal.timesRan('over-down'), 1)
})

test('after everything was killed at once, rows and objects are there and the job ends with a true reason', async () => {
  await rehearsal.s3.putObject({ Bucket: 'rehearsal', Key: 'acknowledged', Body: 'kept' })
  await rehearsal.startJob('killed-all', { seconds: '30' })
  await reaches('killed-all', ['Training'])

  await rehearsal.killAll()
  await rehearsal.up()

  const object = await rehearsal.s3.getObject({ Bucket: 'rehearsal', Key: 'acknowledged' })
  assert.equal(await object.Body?.transformToString(), 'kept')
  const { status, reason } = await rehearsal.jobEnds('killed-all')
  assert.equal(status, 'Failed')
  assert.match(reason ?? '', /InternalServerError/)
  await noTaskIsLeft()
})
