import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import type { DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker'
import { waitUntilTrainingJobCompletedOrStopped } from '@aws-sdk/client-sagemaker'
import { startTrainer, type Trainer } from './trainer-fixture.ts'

let trainer: Trainer

before(async () => {
  trainer = await startTrainer()
})
after(() => trainer.close())

const history = (job: DescribeTrainingJobCommandOutput): (string | undefined)[] =>
  (job.SecondaryStatusTransitions ?? []).map(({ Status }) => Status)

function channel(name: string, source: object = {}, more: object = {}) {
  return {
    ChannelName: name,
    DataSource: {
      S3DataSource: {
        S3DataType: 'S3Prefix' as const,
        S3Uri: `s3://${trainer.bucket}/${name}/`,
        ...source,
      },
    },
    ...more,
  }
}

test('CreateTrainingJob runs the program, and DescribeTrainingJob tells its whole history', async () => {
  const { sagemaker } = trainer.server
  const request = trainer.request({
    HyperParameters: { epochs: '3' },
    DebugHookConfig: { S3OutputPath: `s3://${trainer.bucket}/debug`, CollectionConfigurations: [] },
    ProfilerConfig: { S3OutputPath: `s3://${trainer.bucket}/profile`, DisableProfiler: false },
    Environment: { SCRIPT: 'echo epochs; cat /opt/ml/input/config/hyperparameters.json' },
  })

  const { TrainingJobArn } = await sagemaker.createTrainingJob(request)
  const name = request.TrainingJobName ?? ''
  await waitUntilTrainingJobCompletedOrStopped(
    { client: sagemaker, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { TrainingJobName: name },
  )
  const job = await sagemaker.describeTrainingJob({ TrainingJobName: name })

  assert.equal(
    TrainingJobArn,
    `arn:aws:sagemaker:us-east-1:${trainer.server.config.account}:training-job/${name.toLowerCase()}`,
  )
  assert.equal(job.TrainingJobStatus, 'Completed')
  assert.equal(job.SecondaryStatus, 'Completed')
  assert.deepEqual(history(job), ['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'])
  for (const [index, entry] of (job.SecondaryStatusTransitions ?? []).entries()) {
    assert.ok(entry.EndTime && entry.StartTime && entry.EndTime >= entry.StartTime)
    assert.deepEqual(
      entry.EndTime,
      job.SecondaryStatusTransitions?.[index + 1]?.StartTime ?? entry.StartTime,
    )
  }
  assert.ok(
    job.CreationTime && job.TrainingStartTime && job.TrainingEndTime && job.LastModifiedTime,
  )
  assert.ok(job.CreationTime <= job.TrainingStartTime)
  assert.ok(job.TrainingStartTime <= job.TrainingEndTime)
  assert.ok(job.TrainingEndTime <= job.LastModifiedTime)
  assert.ok((job.TrainingTimeInSeconds ?? 0) >= 1)
  assert.equal(job.BillableTimeInSeconds, job.TrainingTimeInSeconds)
  assert.deepEqual(job.ModelArtifacts, {
    S3ModelArtifacts: `s3://${trainer.bucket}/out/${name}/output/model.tar.gz`,
  })
  assert.deepEqual(job.OutputDataConfig, {
    S3OutputPath: `s3://${trainer.bucket}/out`,
    KmsKeyId: '',
  })
  assert.deepEqual(job.HyperParameters, request.HyperParameters)
  assert.deepEqual(job.Environment, request.Environment)
  assert.deepEqual(job.DebugHookConfig, request.DebugHookConfig)
  assert.deepEqual(job.ProfilerConfig, request.ProfilerConfig)
  assert.equal(job.AlgorithmSpecification?.EnableSageMakerMetricsTimeSeries, false)
  assert.equal(job.EnableNetworkIsolation, false)
  assert.equal(job.EnableManagedSpotTraining, false)
  assert.equal(job.FailureReason, undefined)
  assert.equal(job.DebugRuleEvaluationStatuses, undefined)
  const log = await trainer.logOf(name)
  assert.ok(log.includes('epochs'), log.join('\n'))
  assert.ok(log.includes('{"epochs":"3"}'), log.join('\n'))
})

test('a job reads its channels and leaves its model and output', async () => {
  await trainer.put('train/rows.csv', '1,2\n')
  await trainer.put('train/more/rows.csv', '3,4\n')

  const job = await trainer.run(
    'cp -r /opt/ml/input/data/train/. /opt/ml/model; echo seen > /opt/ml/output/data/report',
    { InputDataConfig: [channel('train')] },
  )

  const folder = `out/${job.TrainingJobName}/output`
  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  assert.deepEqual(await trainer.archive(`${folder}/model.tar.gz`), {
    'rows.csv': '1,2\n',
    'more/rows.csv': '3,4\n',
  })
  assert.deepEqual(await trainer.archive(`${folder}/output.tar.gz`), { report: 'seen\n' })
})

test('a manifest names the objects of a channel', async () => {
  await trainer.put('listed/a', 'a')
  await trainer.put('listed/b', 'b')
  await trainer.put('manifest', JSON.stringify([{ prefix: `s3://${trainer.bucket}/listed/` }, 'b']))

  const job = await trainer.run('cp /opt/ml/input/data/listed/* /opt/ml/model', {
    InputDataConfig: [
      channel('listed', { S3DataType: 'ManifestFile', S3Uri: `s3://${trainer.bucket}/manifest` }),
    ],
  })

  const files = await trainer.archive(`out/${job.TrainingJobName}/output/model.tar.gz`)
  assert.deepEqual(files, { b: 'b' })
})

test('a program that fails makes the job fail with its words, its exit code and where the log is', async () => {
  const job = await trainer.run(
    'echo kept > /opt/ml/model/m; printf "no such column: age" > /opt/ml/output/failure; exit 3',
  )

  assert.equal(job.TrainingJobStatus, 'Failed')
  assert.equal(job.SecondaryStatus, 'Failed')
  const reason = job.FailureReason ?? ''
  assert.match(reason, /^AlgorithmError: no such column: age, exit code: 3\. See log group /)
  assert.match(reason, /\/aws\/sagemaker\/TrainingJobs, stream job-\w+\/algo-1-\d{10}\.$/)
  assert.equal(history(job).at(-1), 'Failed')
  assert.equal(job.SecondaryStatusTransitions?.at(-1)?.StatusMessage, 'Training job failed')
})

test('an entrypoint and its arguments run in place of train', async () => {
  const { image } = trainer

  const job = await trainer.run('false', {
    AlgorithmSpecification: {
      TrainingImage: image,
      TrainingInputMode: 'File',
      ContainerEntrypoint: ['/bin/sh', '-c', 'echo "$0 $TRAINING_JOB_NAME" > /opt/ml/model/m'],
      ContainerArguments: ['given'],
    },
  })

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  const name = job.TrainingJobName
  const files = await trainer.archive(`out/${name}/output/model.tar.gz`)
  assert.deepEqual(files, { m: `given ${name}\n` })
})

test('metrics that the log says end up in FinalMetricDataList with their last value', async () => {
  const { image } = trainer

  const job = await trainer.run('echo "auc=0.5;"; echo "auc=0.75;"; echo "loss=2;"', {
    AlgorithmSpecification: {
      TrainingImage: image,
      TrainingInputMode: 'File',
      MetricDefinitions: [
        { Name: 'validation:auc', Regex: 'auc=([0-9.]+);' },
        { Name: 'loss', Regex: '(?i)LOSS=(?P<value>[0-9.]+);' },
        { Name: 'never', Regex: 'never=([0-9.]+)' },
      ],
    },
  })

  const metrics = job.FinalMetricDataList?.map(({ MetricName, Value }) => [MetricName, Value])
  assert.deepEqual(metrics?.sort(), [
    ['loss', 2],
    ['validation:auc', 0.75],
  ])
  assert.ok(job.FinalMetricDataList?.every(({ Timestamp }) => Timestamp instanceof Date))
  assert.equal(job.AlgorithmSpecification?.EnableSageMakerMetricsTimeSeries, true)
})

test('checkpoints are fetched before the program starts and stored as it goes', async () => {
  await trainer.put('points/step-1', 'one')

  const job = await trainer.run('cat /opt/ml/checkpoints/step-1 > /opt/ml/checkpoints/step-2', {
    CheckpointConfig: { S3Uri: `s3://${trainer.bucket}/points` },
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 600 },
  })

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  assert.equal(await trainer.get('points/step-2'), 'one')
  assert.equal(job.EnableManagedSpotTraining, true)
  assert.equal(job.BillableTimeInSeconds, job.TrainingTimeInSeconds)
})

test('several hosts share the data, have a log each, and leave one model', async () => {
  await trainer.put('shards/a', 'a')
  await trainer.put('shards/b', 'b')
  const script = [
    'cp -r /opt/ml/input/data/shards/. /opt/ml/model',
    'H=$(sed "s/.*current_host.:.\\(algo-.\\).*/\\1/" /opt/ml/input/config/resourceconfig.json)',
    'echo here is $H; echo $H > /opt/ml/model/host-$H',
  ].join('\n')

  const job = await trainer.run(script, {
    InputDataConfig: [channel('shards', { S3DataDistributionType: 'ShardedByS3Key' })],
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
  })

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  const name = job.TrainingJobName ?? ''
  assert.deepEqual(await trainer.archive(`out/${name}/output/model.tar.gz`), {
    a: 'a',
    b: 'b',
    'host-algo-1': 'algo-1\n',
    'host-algo-2': 'algo-2\n',
  })
  const { logStreams = [] } = await trainer.server.logs.describeLogStreams({
    logGroupName: '/aws/sagemaker/TrainingJobs',
    logStreamNamePrefix: `${name}/`,
  })
  assert.deepEqual(
    logStreams.map(({ logStreamName }) => logStreamName?.replace(/\d{10}$/, 'epoch')),
    [`${name}/algo-1-epoch`, `${name}/algo-2-epoch`],
  )
  const { Contents = [] } = await trainer.server.s3.listObjectsV2({
    Bucket: trainer.bucket,
    Prefix: `out/${name}/`,
  })
  assert.deepEqual(
    Contents.map(({ Key }) => Key),
    [`out/${name}/output/model.tar.gz`],
  )
})

test('hosts of an isolated job reach each other by name, and not the machine that they run on', async (t) => {
  const outside = createServer((peer) => peer.end('seen')).listen(0, '127.0.0.1')
  t.after(() => outside.close())
  await once(outside, 'listening')
  const { port } = outside.address() as AddressInfo
  await trainer.put(
    'programs/peer.js',
    `const { connect, createServer } = require('net')
    const ask = (port, host, then) => connect(port, host)
      .on('data', data => then(String(data)))
      .on('error', ({ code }) => host === 'algo-1' ? setTimeout(ask, 50, port, host, then) : then(code))
    if (require('os').hostname() === 'algo-1')
      createServer(peer => { peer.end('weights'); peer.on('close', () => process.exit()) }).listen(7777, 'algo-1')
    else ask(${port}, '127.0.0.1', outside => ask(7777, 'algo-1', peer =>
      require('fs').writeFileSync('/opt/ml/model/found', outside + ' ' + peer)))`,
  )

  const job = await trainer.run(`exec ${process.execPath} /opt/ml/input/data/programs/peer.js`, {
    EnableNetworkIsolation: true,
    InputDataConfig: [channel('programs')],
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
  })

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  const files = await trainer.archive(`out/${job.TrainingJobName}/output/model.tar.gz`)
  assert.deepEqual(files, { found: 'ECONNREFUSED weights' })
})

test('when one host fails the others are stopped, and its reason is the job’s', async () => {
  const script =
    'grep -q "current_host.:.algo-2" /opt/ml/input/config/resourceconfig.json && exit 9; sleep 600'

  const job = await trainer.run(script, {
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
  })

  assert.equal(job.TrainingJobStatus, 'Failed')
  assert.match(job.FailureReason ?? '', /exit code: 9\. .*\/algo-2-\d{10}\.$/)
})
