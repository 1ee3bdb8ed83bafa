import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { startTrainer, type Trainer } from './trainer-fixture.ts'

const IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.23-1-cpu-py3'
const PROGRAM = `
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument('--epochs', type=int)
parser.add_argument('--model-dir', default=os.environ['SM_MODEL_DIR'])
arguments = parser.parse_args()
print('Accuracy: 0.9', flush=True)
if arguments.epochs < 0:
    raise ValueError('epochs must not be negative')
rows = open(os.path.join(os.environ['SM_CHANNEL_TRAIN'], 'rows.csv')).read()
open(os.path.join(arguments.model_dir, 'model'), 'w').write(f'{arguments.epochs} {rows}')
`

let trainer: Trainer

before(async () => {
  trainer = await startTrainer()
  await trainer.put('train/rows.csv', '1,2')
  const { s3 } = trainer.server
  await s3.putObject({ Bucket: trainer.bucket, Key: 'sourcedir.tar.gz', Body: await sourceDir() })
})
after(() => trainer.close())

async function sourceDir(): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name: 'train.py' }, PROGRAM)
  tar.finalize()
  return Buffer.concat(await tar.pipe(createGzip()).toArray())
}

/** Asks as the SageMaker Python SDK's framework estimators do. */
async function fit(epochs: string) {
  return trainer.run('unused', {
    AlgorithmSpecification: {
      TrainingImage: IMAGE,
      TrainingInputMode: 'File',
      EnableSageMakerMetricsTimeSeries: true,
      MetricDefinitions: [{ Name: 'Accuracy', Regex: 'Accuracy: ([0-9\\.]+)' }],
    },
    HyperParameters: {
      epochs,
      sagemaker_container_log_level: '20',
      sagemaker_program: '"train.py"',
      sagemaker_region: '"us-east-1"',
      sagemaker_submit_directory: `"s3://${trainer.bucket}/sourcedir.tar.gz"`,
    },
    InputDataConfig: [
      {
        ChannelName: 'train',
        DataSource: {
          S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${trainer.bucket}/train` },
        },
      },
    ],
  })
}

test('a script runs in the runtime that stands for an AWS image', async () => {
  const job = await fit('3')

  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason)
  const files = await trainer.archive(`out/${job.TrainingJobName}/output/model.tar.gz`)
  assert.deepEqual(files, { model: '3 1,2' })
  assert.equal(job.FinalMetricDataList?.[0]?.Value?.toFixed(1), '0.9')
  const log = await trainer.logOf(job.TrainingJobName ?? '')
  assert.ok(log.some((line) => line.includes(`${IMAGE} is served by runtime scikit-learn`)))
})

test('a script that raises gives its error to FailureReason', async () => {
  const job = await fit('-1')

  assert.equal(job.TrainingJobStatus, 'Failed')
  const reason = job.FailureReason ?? ''
  assert.ok(
    reason.startsWith('AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "'),
  )
  assert.match(
    reason,
    /ValueError: epochs must not be negative"\nCommand ".* train\.py --epochs -1/,
  )
  assert.match(reason, /", exit code: 1\. See log group /)
})
