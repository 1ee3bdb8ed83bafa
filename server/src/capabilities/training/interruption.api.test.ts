import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { failTrainingJob, interruptTrainingJob } from './index.ts'
import { startTrainer, type Trainer } from './trainer-fixture.ts'

let trainer: Trainer

before(async () => {
  trainer = await startTrainer()
})
after(() => trainer.close())

/** Counts its runs in its checkpoint, which it saves when it is told to end; the second run is the last. */
const RESUMES = [
  'count=$(cat /opt/ml/checkpoints/count 2> /dev/null || echo 0)',
  'count=$((count + 1)); echo "run $count"',
  '[ "$count" = 2 ] && { echo model > /opt/ml/model/m; exit 0; }',
  'trap "echo $count > /opt/ml/checkpoints/count; exit 0" TERM',
  'sleep 600 & wait',
].join('\n')
const SLEEPER = 'echo up; sleep 600 & wait'

function spot(seconds = 600) {
  return {
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: seconds, MaxWaitTimeInSeconds: seconds },
  }
}

function statuses(job: DescribeTrainingJobCommandOutput) {
  return job.SecondaryStatusTransitions?.map(({ Status }) => Status)
}

async function says(name: string, line: string): Promise<void> {
  await eventually(async () => (await linesOf(name, line)) > 0, { what: line })
}

async function linesOf(name: string, line: string): Promise<number> {
  return (await trainer.logOf(name)).filter((printed) => printed === line).length
}

test('an interrupted spot job is restarted and finds its checkpoint', async () => {
  const prefix = trainer.newName()
  const name = await trainer.start(RESUMES, {
    ...spot(),
    CheckpointConfig: { S3Uri: `s3://${trainer.bucket}/${prefix}` },
  })
  await says(name, 'run 1')

  await interruptTrainingJob(trainer.server.platform, { jobName: name })
  await interruptTrainingJob(trainer.server.platform, { jobName: name })
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  assert.deepEqual(statuses(job), [
    ...['Starting', 'Downloading', 'Training', 'Interrupted', 'Restarting'],
    ...['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'],
  ])
  assert.ok((await trainer.logOf(name)).includes('run 2'))
  assert.equal(await trainer.get(`${prefix}/count`), '1\n')
  assert.deepEqual(await trainer.archive(`out/${name}/output/model.tar.gz`), { m: 'model\n' })
  const { TrainingTimeInSeconds: training = 0, BillableTimeInSeconds: billable = 0 } = job
  assert.ok(billable >= 1 && billable <= training)
})

test('an interrupted spot job whose wait is over is stopped for that', async () => {
  const name = await trainer.start(SLEEPER, spot(3600))
  await says(name, 'up')

  await interruptTrainingJob(trainer.server.platform, { jobName: name })
  await eventually(async () => (await linesOf(name, 'up')) === 2, { what: 'the second start' })
  await trainer.server.advance(3_600_000)
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Stopped')
  assert.equal(job.SecondaryStatus, 'MaxWaitTimeExceeded')
  assert.deepEqual(
    statuses(job)?.filter((status) => status !== 'Uploading'),
    [
      ...['Starting', 'Downloading', 'Training', 'Interrupted', 'Restarting'],
      ...['Starting', 'Downloading', 'Training', 'Stopping', 'MaxWaitTimeExceeded'],
    ],
  )
})

test('a job that is not spot fails as our fault when its machine is lost', async () => {
  const name = await trainer.start(SLEEPER)
  await says(name, 'up')
  const { TrainingJobArn: jobArn = '' } = await trainer.server.sagemaker.describeTrainingJob({
    TrainingJobName: name,
  })

  await interruptTrainingJob(trainer.server.platform, { jobArn })
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Failed')
  assert.match(job.FailureReason ?? '', /^InternalServerError: /)
})

test('a job that is made to fail ends as if its program had exited with that code', async () => {
  const name = await trainer.start('trap "" TERM; echo up; sleep 600 & wait')
  await says(name, 'up')

  await failTrainingJob(trainer.server.platform, { jobName: name, exitCode: 137 })
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Failed')
  assert.match(job.FailureReason ?? '', /^AlgorithmError: .*, exit code: 137\. /)
})

test('what is not there, has ended or has no such exit code is not interrupted', async () => {
  const { platform } = trainer.server
  const { TrainingJobName: done = '' } = await trainer.run('true')

  for (const [target, message] of [
    [{ jobName: trainer.newName() }, 'Requested resource not found.'],
    [{ jobArn: 'arn:aws:s3:::bucket' }, /is not the ARN of a training job/],
    [{ jobName: done }, /the training job is in status Completed\./],
  ] as const) {
    await assert.rejects(interruptTrainingJob(platform, target), { message })
  }
  await assert.rejects(failTrainingJob(platform, { jobName: done, exitCode: 0 }), {
    message: /it must be a whole number, 1 to 255/,
  })
})
