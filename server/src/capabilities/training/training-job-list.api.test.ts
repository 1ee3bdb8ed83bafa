import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ListTrainingJobsCommandInput } from '@aws-sdk/client-sagemaker'
import { encodePageToken } from '../../aws/pagination.ts'
import { startTrainer, type Trainer } from './trainer-fixture.ts'

let trainer: Trainer
/** In the order of creation: a completed job, a failed one, one with a warm pool, one that runs. */
const names = ['list-c', 'list-a', 'list-d', 'list-b'] as const
const [COMPLETED, FAILED, WARM, RUNNING] = names

before(async () => {
  trainer = await startTrainer()
  const KeepAlivePeriodInSeconds = 60
  const { ResourceConfig } = trainer.request()
  await trainer.run('true', { TrainingJobName: COMPLETED })
  await trainer.run('exit 1', { TrainingJobName: FAILED })
  await trainer.run('true', {
    TrainingJobName: WARM,
    ResourceConfig: { ...ResourceConfig, KeepAlivePeriodInSeconds },
  })
  await trainer.start('sleep 600 & wait', { TrainingJobName: RUNNING })
  await trainer.reaches(RUNNING, 'Training')
})
after(async () => {
  await trainer.server.sagemaker.stopTrainingJob({ TrainingJobName: RUNNING })
  await trainer.ended(RUNNING)
  await trainer.close()
})

async function listed(input: ListTrainingJobsCommandInput): Promise<(string | undefined)[]> {
  const { TrainingJobSummaries = [] } = await trainer.server.sagemaker.listTrainingJobs(input)
  return TrainingJobSummaries.map(({ TrainingJobName }) => TrainingJobName)
}

async function times(name: string) {
  const job = await trainer.server.sagemaker.describeTrainingJob({ TrainingJobName: name })
  assert.ok(job.CreationTime && job.LastModifiedTime)
  return { created: job.CreationTime, modified: job.LastModifiedTime }
}

test('ListTrainingJobs orders by time, name and status, newest first by default', async () => {
  const newestFirst = names.toReversed()

  assert.deepEqual(await listed({}), newestFirst)
  assert.deepEqual(await listed({ SortOrder: 'Ascending' }), names)
  assert.deepEqual(await listed({ SortBy: 'Name', SortOrder: 'Ascending' }), names.toSorted())
  assert.deepEqual(await listed({ SortBy: 'Status', SortOrder: 'Ascending' }), [
    COMPLETED,
    WARM,
    FAILED,
    RUNNING,
  ])
})

test('ListTrainingJobs answers what Describe says', async () => {
  const { sagemaker } = trainer.server
  const job = await sagemaker.describeTrainingJob({ TrainingJobName: WARM })

  const { TrainingJobSummaries = [] } = await sagemaker.listTrainingJobs({ NameContains: WARM })

  assert.deepEqual(TrainingJobSummaries, [
    {
      TrainingJobName: WARM,
      TrainingJobArn: job.TrainingJobArn,
      CreationTime: job.CreationTime,
      TrainingEndTime: job.TrainingEndTime,
      LastModifiedTime: job.LastModifiedTime,
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      WarmPoolStatus: { Status: 'Terminated', ResourceRetainedBillableTimeInSeconds: 0 },
    },
  ])
})

test('ListTrainingJobs filters by every filter that it has', async () => {
  const failed = await times(FAILED)

  assert.deepEqual(await listed({ StatusEquals: 'Failed' }), [FAILED])
  assert.deepEqual(await listed({ StatusEquals: 'Stopped' }), [])
  assert.deepEqual(await listed({ NameContains: 'st-a' }), [FAILED])
  assert.deepEqual(await listed({ WarmPoolStatusEquals: 'Terminated' }), [WARM])
  assert.deepEqual(await listed({ WarmPoolStatusEquals: 'InUse' }), [])
  assert.deepEqual(await listed({ CreationTimeAfter: failed.created }), [RUNNING, WARM])
  assert.deepEqual(await listed({ CreationTimeBefore: failed.created }), [COMPLETED])
  assert.deepEqual(await listed({ LastModifiedTimeAfter: failed.modified }), [RUNNING, WARM])
  assert.deepEqual(await listed({ LastModifiedTimeBefore: failed.modified }), [COMPLETED])
  const plan = `arn:aws:sagemaker:us-east-1:${trainer.server.config.account}:training-plan/none`
  assert.deepEqual(await listed({ TrainingPlanArnEquals: plan }), [])
})

// source: the note on ListTrainingJobs in SageMaker's reference
test('with MaxResults, StatusEquals filters the page that was taken without it', async () => {
  const { sagemaker } = trainer.server

  const page = await sagemaker.listTrainingJobs({ MaxResults: 2, StatusEquals: 'Completed' })
  const next = await sagemaker.listTrainingJobs({
    MaxResults: 2,
    StatusEquals: 'Completed',
    NextToken: page.NextToken,
  })

  const shown = (answer: typeof page) =>
    answer.TrainingJobSummaries?.map((job) => job.TrainingJobName)
  assert.deepEqual(shown(page), [WARM])
  assert.deepEqual(shown(next), [COMPLETED])
  assert.equal(next.NextToken, undefined)
})

test('pages are whole though jobs come in between', async () => {
  const { sagemaker } = trainer.server
  const first = await sagemaker.listTrainingJobs({ MaxResults: 2, NameContains: 'list-' })

  const extra = await trainer.run('true', { TrainingJobName: 'list-e' })
  const second = await sagemaker.listTrainingJobs({
    MaxResults: 2,
    NameContains: 'list-',
    NextToken: first.NextToken,
  })

  const all = [...(first.TrainingJobSummaries ?? []), ...(second.TrainingJobSummaries ?? [])]
  assert.deepEqual(
    all.map(({ TrainingJobName }) => TrainingJobName),
    names.toReversed(),
  )
  assert.equal(second.NextToken, undefined)
  await sagemaker.deleteTrainingJob({ TrainingJobName: extra.TrainingJobName })
})

test('a token that ListTrainingJobs did not give is refused', async () => {
  const { sagemaker } = trainer.server
  const { NextToken } = await sagemaker.listTrainingJobs({ MaxResults: 1 })
  const refused = { name: 'ValidationException', message: /^The NextToken is not valid/ }

  await assert.rejects(listed({ NextToken: 'nonsense' }), refused)
  await assert.rejects(listed({ NextToken, SortBy: 'Name' }), refused)
  const forged = { sortBy: 'CreationTime', descending: true, value: 'never', name: 'x' }
  await assert.rejects(listed({ NextToken: encodePageToken(forged) }), refused)
})
