import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker'
import type { TaskEnd } from '../../platform/engines/engine.ts'
import { decideEnding } from './ending.states.ts'
import type { HostObservation } from './host.states.ts'
import { createdState, type JobState, retriedState, stoppingState } from './training-job.states.ts'
import type { TrainingJob } from './training-job.store.ts'
import { validateCreateTrainingJob } from './training-job.validation.ts'

const NOW = new Date(Date.UTC(2030, 0, 1))
const MODEL = 's3://bucket/out/job/output/model.tar.gz'
const CREATED = createdState(NOW)
const STOPPING = stoppingState(CREATED, 'Requested', NOW)
const TWICE = { RetryStrategy: { MaximumRetryAttempts: 1 } }

function job(state: JobState, change: Partial<CreateTrainingJobRequest> = {}): TrainingJob {
  const request = validateCreateTrainingJob({
    TrainingJobName: 'job',
    AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' },
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...change,
  })
  return {
    id: 'id',
    realm: 1,
    account: '123456789012',
    region: 'us-east-1',
    name: 'job',
    arn: 'arn',
    request,
    createdAt: NOW,
    state,
  }
}

function ended(
  end: Omit<TaskEnd, 'uploaded'>,
  uploaded: TaskEnd['uploaded'] = {},
): HostObservation {
  return {
    host: 'algo-1',
    state: 'Ended',
    phases: [{ phase: 'Ended', at: NOW.toISOString() }],
    metrics: [],
    end: { ...end, uploaded },
  }
}

const LOST: HostObservation = { host: 'algo-1', state: 'Lost', phases: [], metrics: [] }
const DONE = ended({ cause: 'Exited', exitCode: 0 }, { model: MODEL })
const BROKEN = ended({ cause: 'Exited', exitCode: 1 }, { model: MODEL })

const CASES = [
  {
    why: 'the program ended with 0',
    job: job(CREATED),
    host: DONE,
    status: 'Completed',
    model: MODEL,
  },
  {
    why: 'it did, and left no model: AWS names the place all the same',
    job: job(CREATED),
    host: ended({ cause: 'Exited', exitCode: 0 }),
    status: 'Completed',
    model: MODEL,
  },
  {
    why: 'the program ended with 1, and its model is kept',
    job: job(CREATED),
    host: BROKEN,
    status: 'Failed',
    model: MODEL,
  },
  {
    why: 'a stopped program was killed by the signal',
    job: job(STOPPING),
    host: ended({ cause: 'Stopped', exitCode: 143 }, { model: MODEL }),
    status: 'Stopped',
    model: MODEL,
  },
  {
    why: 'a stopped program ended well',
    job: job(STOPPING),
    host: DONE,
    status: 'Stopped',
    model: MODEL,
  },
  { why: 'a stopped job never had a task', job: job(STOPPING), host: LOST, status: 'Stopped' },
  {
    why: 'what a stopped program saved could not be stored',
    job: job(STOPPING),
    host: ended({ cause: 'OutputFailed', message: 'gone' }),
    status: 'Failed',
  },
  { why: 'the task was lost', job: job(CREATED), host: LOST, status: 'Failed' },
  {
    why: 'it was lost for the second time, with one retry',
    job: job(retriedState(CREATED, NOW), TWICE),
    host: LOST,
    status: 'Failed',
  },
  {
    why: 'the program is broken, which a retry does not cure',
    job: job(CREATED, TWICE),
    host: ended({ cause: 'Exited', exitCode: 1 }),
    status: 'Failed',
  },
]

for (const { why, job, host, status, model } of CASES) {
  test(`a job ends as ${status} when ${why}`, () => {
    const ending = decideEnding(job, [host], NOW)

    assert.ok(typeof ending !== 'string')
    assert.equal(ending.status, status)
    assert.equal(ending.modelArtifacts, model)
    assert.equal('failureReason' in ending, status === 'Failed')
  })
}

test('a job whose task was lost is tried again as often as its RetryStrategy says', () => {
  assert.equal(decideEnding(job(CREATED, TWICE), [LOST], NOW), 'try again')
})

test('a job whose spot instances went is restarted, unless it had ended, failed or is stopping', () => {
  const state: JobState = { ...CREATED, interruption: { kind: 'SpotReclaimed' } }
  const stopped = ended({ cause: 'Stopped', exitCode: 143 })
  const statusOf = (state: JobState, host: HostObservation) => {
    const ending = decideEnding(job(state), [host], NOW)
    return typeof ending === 'string' ? ending : ending.status
  }

  assert.equal(statusOf(state, stopped), 'restart')
  assert.equal(statusOf(state, LOST), 'restart')
  assert.equal(statusOf(state, ended({ cause: 'Exited', exitCode: 0 })), 'Completed')
  assert.equal(statusOf(state, ended({ cause: 'Exited', exitCode: 1 })), 'Failed')
  assert.equal(statusOf(stoppingState(state, 'MaxWaitTimeExceeded', NOW), stopped), 'Stopped')
})
