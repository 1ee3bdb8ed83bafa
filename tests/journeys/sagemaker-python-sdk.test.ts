import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test, { after, before } from 'node:test'
import { runPython, type StartedPlatform, startPlatform } from '../support/platform.ts'

/** The SageMaker Python SDK 2.x, unmodified, attached through the proxy: as on AWS, no setting of ours in its code. */
let platform: StartedPlatform

before(async () => {
  platform = await startPlatform()
})
after(() => platform[Symbol.asyncDispose]())

test('the breast-cancer example trains in script mode, deploys, and predicts through the SDK and the AWS CLI', async () => {
  const output = await runPython(platform, ['examples/breast-cancer/main.py'], { proxy: true })

  assert.match(output, /accuracy\s+9\d\.\d%/)
  assert.match(output, /Training job completed|Completed - Training job completed/)
  assert.match(output, /training on 455 patients/, 'fit() streams the log of the job')
})

test('the built-in XGBoost algorithm trains on CSV, attaches, deploys, predicts and is cleaned up', async () => {
  const output = await runPython(platform, ['tests/journeys/python/xgboost_algorithm.py'], {
    proxy: true,
  })

  assert.match(output, /#011validation-auc:/)
  assert.match(output, /accuracy 0\.9\d/)
})

test('a model trained elsewhere deploys with SKLearnModel, and UpdateEndpoint replaces it', async () => {
  const output = await runPython(platform, ['tests/journeys/python/existing_model.py'], {
    proxy: true,
  })

  assert.match(output, /updated and deleted/)
})

test('a PipelineModel of a preprocessor and XGBoost deploys, predicts as the two do by themselves, and transforms', async () => {
  const output = await runPython(platform, ['tests/journeys/python/pipeline_model.py'], {
    proxy: true,
  })

  assert.match(output, /pipeline accuracy (0\.9|1\.0)/)
  assert.match(output, /pipeline transformed 400 rows/)
})

test('a model deploys with ServerlessInferenceConfig, predicts, and gets provisioned concurrency', async () => {
  const output = await runPython(platform, ['tests/journeys/python/serverless.py'], {
    proxy: true,
  })

  assert.match(output, /serverless and deleted/)
})

test('a model transforms a file through Transformer, filtered, joined and in order', async () => {
  const output = await runPython(platform, ['tests/journeys/python/batch_transform.py'], {
    proxy: true,
  })

  assert.match(
    output,
    /MaxConcurrentTransforms=\d+, MaxPayloadInMB=1, BatchStrategy=MULTI_RECORD|sagemaker/,
  )
  assert.match(output, /transformed 2000/)
})

test('a folder image trains and serves behind the generic Estimator', async () => {
  await platform.cli('image', 'add', 'mean', 'examples/my-algorithm')
  const output = await runPython(platform, ['tests/journeys/python/folder_image.py'], {
    proxy: true,
  })

  assert.match(output, /mean of 4 values: 7\.0/)
  assert.match(output, /mean 7\.0/)
})

test('the AWS CLI lists, waits for and reads the log of what the SDK made', async () => {
  const env = await platform.environment()
  const aws = (...args: readonly string[]): string =>
    execFileSync('aws', [...args, '--output', 'json'], { env, encoding: 'utf8' })

  const { TrainingJobSummaries: jobs } = JSON.parse(
    aws(
      'sagemaker',
      'list-training-jobs',
      '--status-equals',
      'Completed',
      '--name-contains',
      'breast',
    ),
  )
  const [job] = jobs as { TrainingJobName: string }[]
  assert.ok(job)
  aws(
    'sagemaker',
    'wait',
    'training-job-completed-or-stopped',
    '--training-job-name',
    job.TrainingJobName,
  )
  const events = aws('logs', 'filter-log-events', '--log-group-name', '/aws/sagemaker/TrainingJobs')
  assert.match(events, /Accuracy: 0\.9/)
})
