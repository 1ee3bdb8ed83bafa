import assert from 'node:assert/strict'
import test from 'node:test'
import type { TaskEnd } from '../../platform/engines/engine.ts'
import { decideEnding } from './ending.states.ts'
import { type InstanceObservation, nextCommand } from './instance.states.ts'
import { createdState, finishedState, stoppingState } from './transform-job.states.ts'

const JOB = {
  model: { ModelName: 'model', PrimaryContainer: {} },
  id: '0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3',
  name: 'job',
  createdAt: new Date('2024-05-06T07:08:09Z'),
}

function instance(
  number: number,
  more: Partial<InstanceObservation> & { readonly end?: TaskEnd } = {},
): InstanceObservation {
  const state = more.end ? 'Ended' : 'Running'
  return { instance: number, attempt: 1, state, jobIsStopping: false, ...more }
}

const DONE: TaskEnd = {
  cause: 'Stopped',
  uploaded: {},
  transformed: { objectCount: 2, failureCount: 0, failures: [] },
}
const PARTLY: TaskEnd = {
  ...DONE,
  transformed: {
    objectCount: 5,
    failureCount: 2,
    failures: [{ s3Uri: 's3://in/bad.csv', reason: 'It is bad.' }],
  },
}
const CRASHED: TaskEnd = { cause: 'Exited', exitCode: 3, uploaded: {} }
const STOPPED: TaskEnd = { cause: 'Stopped', uploaded: {} }

const ENDINGS: readonly (readonly [
  string,
  readonly InstanceObservation[],
  RegExp | 'Completed',
])[] = [
  ['all came to their end', [instance(0, { end: DONE }), instance(1, { end: DONE })], 'Completed'],
  [
    'objects failed on one',
    [instance(0, { end: DONE }), instance(1, { end: PARTLY })],
    /^ClientError: See job logs for more information\. s3:\/\/in\/bad\.csv: It is bad\.; 1 more object failed\. See log group \/aws\/sagemaker\/TransformJobs, stream job\/i-0a1b2c3d4e5f003e9-\d+\/data-log\.$/,
  ],
  [
    'a container died, and the other was stopped for it',
    [instance(0, { end: STOPPED }), instance(1, { end: CRASHED })],
    /^AlgorithmError: .*exit code: 3\. See log group .*003e9-\d+\.$/,
  ],
  [
    'a container died while objects failed elsewhere',
    [instance(0, { end: PARTLY }), instance(1, { end: CRASHED })],
    /^AlgorithmError: /,
  ],
  ['one was lost for good', [instance(0, { state: 'Lost' })], /^InternalServerError: .*was lost/],
  [
    'one ran out of memory',
    [instance(0, { end: { cause: 'OutOfMemory', uploaded: {} } })],
    /^ClientError: .*more memory/,
  ],
  [
    'nothing was there',
    [instance(0, { end: { cause: 'InputFailed', message: 'No S3 objects', uploaded: {} } })],
    /^ClientError: No S3 objects\. See log/,
  ],
]

for (const [title, instances, expected] of ENDINGS) {
  test(`how a job ends of which ${title}`, () => {
    const ending = decideEnding(JOB, instances)

    if (expected === 'Completed') return assert.deepEqual(ending, { status: 'Completed' })
    assert.equal(ending.status, 'Failed')
    assert.match('failureReason' in ending ? ending.failureReason : '', expected)
  })
}

test('the reason and the log are those of the container that ended, where a model has several', () => {
  const Containers = [{ ContainerHostname: 'one' }, { ContainerHostname: 'two' }]
  const job = { ...JOB, model: { ModelName: 'model', Containers } }
  const reasonOf = (instances: readonly InstanceObservation[]) => {
    const ending = decideEnding(job, instances)
    return 'failureReason' in ending ? ending.failureReason : ''
  }

  const died = reasonOf([instance(0, { end: CRASHED, container: 1 })])
  const partly = reasonOf([instance(0, { end: PARTLY, container: 0 })])

  assert.match(died, /^AlgorithmError: The model's container 'two' ended while it was in use/)
  assert.match(died, /stream job\/i-0a1b2c3d4e5f003e8-\d+\/two\.$/)
  assert.match(partly, /stream job\/i-0a1b2c3d4e5f003e8-\d+\/data-log\.$/)
})

test('a reason is never longer than FailureReason may be, and keeps its log', () => {
  const transformed = {
    objectCount: 1,
    failureCount: 1,
    failures: [{ s3Uri: `s3://in/${'x'.repeat(1000)}`, reason: 'y'.repeat(1000) }],
  }
  const ending = decideEnding(JOB, [instance(0, { end: { ...DONE, transformed } })])

  const reason = 'failureReason' in ending ? ending.failureReason : ''
  assert.equal(reason.length, 1024)
  assert.ok(reason.endsWith('/data-log.'))
})

const COMMANDS: readonly (readonly [string, readonly InstanceObservation[], string])[] = [
  ['all work', [instance(0), instance(1)], 'wait'],
  ['one is done', [instance(0, { end: DONE }), instance(1)], 'wait'],
  ['objects failed on one', [instance(0, { end: PARTLY }), instance(1)], 'wait'],
  ['one is lost', [instance(0, { state: 'Lost' }), instance(1)], 'wait'],
  ['a container died', [instance(0, { end: CRASHED }), instance(1)], 'stop instances 1'],
  ['the job is stopping', [instance(0, { jobIsStopping: true })], 'stop instances 0'],
  [
    'a container of several still runs after the others',
    [instance(0, { end: DONE, lingers: true }), instance(1)],
    'stop instances 0',
  ],
  [
    'all are over, but one lingers',
    [instance(0, { state: 'Lost', lingers: true })],
    'stop instances 0',
  ],
  ['all are over', [instance(0, { end: CRASHED }), instance(1, { state: 'Unknown' })], 'end'],
]

for (const [title, instances, expected] of COMMANDS) {
  test(`what the story does where ${title}`, () => {
    const command = nextCommand(instances, new Set())

    const told = command.do === 'stop instances' ? ` ${command.instances.join(' ')}` : ''
    assert.equal(command.do + told, expected)
  })
}

test('instances are told to stop once', () => {
  const command = nextCommand([instance(0, { jobIsStopping: true })], new Set([0]))

  assert.deepEqual(command, { do: 'wait' })
})

test('a job that is stopping is Stopped, whatever its tasks came to', () => {
  const now = new Date('2024-05-06T07:10:00Z')
  const stopping = stoppingState(createdState(JOB.createdAt), now)

  const failed = finishedState(stopping, { status: 'Failed', failureReason: 'x' }, now)

  assert.deepEqual(failed, { status: 'Stopped', endedAt: now, modifiedAt: now })
})
