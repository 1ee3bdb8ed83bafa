import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startTrainer, type Trainer } from './trainer-fixture.ts'

let trainer: Trainer

before(async () => {
  trainer = await startTrainer({ config: { testControls: true } })
})
after(() => trainer.close())

const NOT_FOUND = { name: 'ValidationException', message: 'Requested resource not found.' }
const SLEEPER = 'sleep 600 & wait'

async function tasksOf(name: string) {
  const tasks = await trainer.server.platform.engine.list()
  return tasks.filter((task) => task.name === name)
}

async function noTaskIsLeftOf(name: string): Promise<void> {
  await eventually(async () => (await tasksOf(name)).length === 0, { what: `no task of ${name}` })
}

test('StopTrainingJob lets the program save its model and ends the job as Stopped', async () => {
  const { sagemaker } = trainer.server
  const name = await trainer.start(
    'trap "echo saved > /opt/ml/model/m; exit 0" TERM; echo ready; sleep 600 & wait',
  )
  await trainer.reaches(name, 'Training')
  await eventually(async () => (await trainer.logOf(name)).includes('ready'))

  await sagemaker.stopTrainingJob({ TrainingJobName: name })
  await sagemaker.stopTrainingJob({ TrainingJobName: name })
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Stopped')
  assert.equal(job.SecondaryStatus, 'Stopped')
  assert.deepEqual(
    job.SecondaryStatusTransitions?.map(({ Status, StatusMessage }) => [
      Status,
      StatusMessage,
    ]).slice(2),
    [
      ['Training', 'Training image download completed. Training in progress.'],
      ['Stopping', 'Stopping the training job'],
      ['Uploading', 'Uploading generated training model'],
      ['Stopped', 'Training job stopped'],
    ],
  )
  assert.deepEqual(await trainer.archive(`out/${name}/output/model.tar.gz`), { m: 'saved\n' })
  assert.ok(job.ModelArtifacts?.S3ModelArtifacts?.endsWith(`${name}/output/model.tar.gz`))
  await noTaskIsLeftOf(name)
})

test('StopTrainingJob on a finished job is refused and changes nothing', async () => {
  const { sagemaker } = trainer.server
  const { $metadata: _before, ...job } = await trainer.run('true')

  await assert.rejects(sagemaker.stopTrainingJob({ TrainingJobName: job.TrainingJobName }), {
    name: 'ValidationException',
    message: 'The request was rejected because the training job is in status Completed.',
  })

  const { $metadata: _after, ...same } = await trainer.ended(job.TrainingJobName ?? '')
  assert.deepEqual(same, job)
})

test('a job whose time is over is stopped, and says so', async () => {
  const job = await trainer.run('trap "exit 0" TERM; sleep 600 & wait', {
    StoppingCondition: { MaxRuntimeInSeconds: 1 },
  })

  assert.equal(job.TrainingJobStatus, 'Stopped')
  assert.equal(job.SecondaryStatus, 'MaxRuntimeExceeded')
  assert.ok(job.SecondaryStatusTransitions?.some(({ Status }) => Status === 'Stopping'))
  assert.equal(job.FailureReason, undefined)
})

test('a job whose runner dies fails as our fault, and names it', async () => {
  const name = await trainer.start(SLEEPER)
  await trainer.reaches(name, 'Training')
  const [task] = await tasksOf(name)
  assert.ok(task?.runnerPid)

  process.kill(task.runnerPid, 'SIGKILL')
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Failed')
  assert.match(job.FailureReason ?? '', /^InternalServerError: .* was lost: /)
  await noTaskIsLeftOf(name)
})

test('a job with a RetryStrategy starts again after its runner died', async () => {
  const name = await trainer.start(
    `[ -e /opt/ml/checkpoints/tried ] && exit 0; echo 1 > /opt/ml/checkpoints/tried; ${SLEEPER}`,
    {
      CheckpointConfig: { S3Uri: `s3://${trainer.bucket}/marks` },
      RetryStrategy: { MaximumRetryAttempts: 1 },
    },
  )
  await eventually(async () => (await trainer.get('marks/tried')) === '1\n')
  const [task] = await tasksOf(name)
  assert.ok(task?.runnerPid)

  process.kill(task.runnerPid, 'SIGKILL')
  const job = await trainer.ended(name)

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  const statuses = job.SecondaryStatusTransitions?.map(({ Status }) => Status)
  assert.equal(statuses?.filter((status) => status === 'Starting').length, 2)
})

test('a name that is taken is refused as AWS words it, in whatever case', async () => {
  const { sagemaker } = trainer.server
  const { TrainingJobName: name = '' } = await trainer.run('true')
  const message =
    'Training job names must be unique within an AWS account and region, and a training job with ' +
    `this name already exists (arn:aws:sagemaker:us-east-1:${trainer.server.config.account}:training-job/${name})`

  for (const taken of [name, name.toUpperCase()]) {
    const request = trainer.request({ TrainingJobName: taken })
    await assert.rejects(sagemaker.createTrainingJob(request), { name: 'ResourceInUse', message })
  }
})

test('two requests of one name at once make one job', async () => {
  const { sagemaker } = trainer.server
  const request = trainer.request()

  const answers = await Promise.allSettled(
    Array.from({ length: 5 }, () => sagemaker.createTrainingJob(request)),
  )

  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
  const job = await trainer.ended(request.TrainingJobName ?? '')
  assert.equal(job.TrainingJobStatus, 'Completed')
})

test('what is not there is refused by every operation', async () => {
  const { sagemaker } = trainer.server
  const missing = { TrainingJobName: trainer.newName() }

  await assert.rejects(sagemaker.describeTrainingJob(missing), NOT_FOUND)
  await assert.rejects(sagemaker.stopTrainingJob(missing), NOT_FOUND)
  await assert.rejects(sagemaker.updateTrainingJob(missing), NOT_FOUND)
  await assert.rejects(sagemaker.deleteTrainingJob(missing), NOT_FOUND)
})

test('CreateTrainingJob refuses a role, an image, data and machines that cannot be had', async () => {
  const { sagemaker, config } = trainer.server
  const role = `arn:aws:iam::${config.account}:role/nobody`
  const uri = `s3://${trainer.bucket}/nothing/`
  const nothing = { S3DataType: 'S3Prefix', S3Uri: uri } as const

  await assert.rejects(sagemaker.createTrainingJob(trainer.request({ RoleArn: role })), {
    name: 'ValidationException',
    message: /^Could not assume role /,
  })
  await assert.rejects(
    sagemaker.createTrainingJob(
      trainer.request({
        AlgorithmSpecification: { TrainingImage: 'no-such-image:1', TrainingInputMode: 'File' },
      }),
    ),
    {
      name: 'ValidationException',
      message: /^Cannot find the requested image: no-such-image:1\. /,
    },
  )
  await assert.rejects(
    sagemaker.createTrainingJob(
      trainer.request({
        InputDataConfig: [{ ChannelName: 'train', DataSource: { S3DataSource: nothing } }],
      }),
    ),
    {
      name: 'ValidationException',
      message:
        `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the ` +
        'bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, ' +
        `and that the role "${trainer.server.roleArn}" has "s3:ListBucket" permissions on bucket "${trainer.bucket}".`,
    },
  )
  await assert.rejects(
    sagemaker.createTrainingJob(
      trainer.request({
        ResourceConfig: { InstanceType: 'ml.p3.2xlarge', InstanceCount: 1, VolumeSizeInGB: 1 },
      }),
    ),
    { name: 'ResourceLimitExceeded', message: /'ml\.p3\.2xlarge for training job usage' is 0/ },
  )
})

test('UpdateTrainingJob changes profiling while the job runs, and nothing after it', async () => {
  const { sagemaker } = trainer.server
  const name = await trainer.start(SLEEPER, {
    ResourceConfig: {
      InstanceType: 'ml.m5.large',
      InstanceCount: 1,
      VolumeSizeInGB: 1,
      KeepAlivePeriodInSeconds: 60,
    },
    ProfilerConfig: { S3OutputPath: 's3://bucket/profile' },
  })
  await trainer.reaches(name, 'Training')
  const update = {
    TrainingJobName: name,
    ProfilerConfig: { ProfilingIntervalInMilliseconds: 1000 },
    ProfilerRuleConfigurations: [{ RuleConfigurationName: 'r', RuleEvaluatorImage: 'i' }],
    ResourceConfig: { KeepAlivePeriodInSeconds: 120 },
    RemoteDebugConfig: { EnableRemoteDebug: true },
  }

  const { TrainingJobArn } = await sagemaker.updateTrainingJob(update)
  const job = await sagemaker.describeTrainingJob({ TrainingJobName: name })

  assert.equal(TrainingJobArn, job.TrainingJobArn)
  assert.deepEqual(job.ProfilerConfig, {
    S3OutputPath: 's3://bucket/profile',
    ProfilingIntervalInMilliseconds: 1000,
  })
  assert.deepEqual(job.ProfilerRuleConfigurations, update.ProfilerRuleConfigurations)
  assert.equal(job.ResourceConfig?.KeepAlivePeriodInSeconds, 120)
  assert.deepEqual(job.RemoteDebugConfig, { EnableRemoteDebug: true })
  assert.deepEqual(job.WarmPoolStatus, { Status: 'InUse' })

  await sagemaker.stopTrainingJob({ TrainingJobName: name })
  const stopped = await trainer.ended(name)
  assert.equal(stopped.WarmPoolStatus?.Status, 'Terminated')
  await assert.rejects(sagemaker.updateTrainingJob(update), {
    name: 'ValidationException',
    message: 'The request was rejected because the training job is in status Stopped.',
  })
})

test('DeleteTrainingJob is refused while the job runs, and frees its name after', async () => {
  const { sagemaker } = trainer.server
  const name = await trainer.start(SLEEPER, { Tags: [{ Key: 'team', Value: 'a' }] })
  const arn = (await sagemaker.describeTrainingJob({ TrainingJobName: name })).TrainingJobArn
  const { Tags } = await sagemaker.listTags({ ResourceArn: arn })
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }])

  await assert.rejects(sagemaker.deleteTrainingJob({ TrainingJobName: name }), {
    name: 'ResourceInUse',
    message: /in status InProgress/,
  })
  await sagemaker.stopTrainingJob({ TrainingJobName: name })
  await trainer.ended(name)
  await sagemaker.deleteTrainingJob({ TrainingJobName: name })

  await assert.rejects(sagemaker.describeTrainingJob({ TrainingJobName: name }), NOT_FOUND)
  await sagemaker.createTrainingJob(trainer.request({ TrainingJobName: name }))
  assert.deepEqual((await sagemaker.listTags({ ResourceArn: arn })).Tags, [])
  assert.equal((await trainer.ended(name)).TrainingJobStatus, 'Completed')
})

test('a reset ends running jobs and leaves no task', async () => {
  const { sagemaker } = trainer.server
  const name = await trainer.start(SLEEPER)
  await trainer.reaches(name, 'Training')

  const answer = await fetch(`${trainer.server.url}/_sagebrush/reset`, { method: 'POST' })

  assert.equal(answer.status, 200)
  await assert.rejects(sagemaker.describeTrainingJob({ TrainingJobName: name }), NOT_FOUND)
  await noTaskIsLeftOf(name)
})
