import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { injectFault } from '../../../../tests/support/inject-fault.ts'
import {
  type Change,
  startTransformer,
  type Transformer,
} from '../transform/transformer-fixture.ts'

let transformer: Transformer
/** Answers each line after a while, so that there is a job to strike. */
let model: string
let change: Change

before(async () => {
  transformer = await startTransformer({ config: { testControls: true } })
  model = await transformer.createModel({ WORK_SECONDS: '0.2' })
  await transformer.put('in/a.csv', '1,2\n'.repeat(8))
  change = { BatchStrategy: 'SingleRecord' }
})
after(() => transformer.close())

const inject = (document: object) => injectFault(transformer.server, document)

/** A job whose first record is with the model. */
async function givenWorkingJob(): Promise<string> {
  const name = await transformer.start(model, change)
  await eventually(async () => (await transformer.payloads(name)).length > 0, { what: 'work' })
  return name
}

test('an injected exit code ends a transform job as its container would, is listed, and gone on clear', async () => {
  const job = await givenWorkingJob()

  const [shown] = await inject({ job, exitCode: 42 })
  const ended = await transformer.ended(job)

  assert.equal(ended.TransformJobStatus, 'Failed')
  assert.match(
    ended.FailureReason ?? '',
    /^AlgorithmError: The model's container ended while it was in use, exit code: 42\. /,
  )
  const { target, name, fault } = shown ?? {}
  assert.deepEqual(
    { target, name, fault },
    { target: 'transform job', name: job, fault: { exitCode: 42 } },
  )
  assert.deepEqual(await inject({ clear: job }), [])
  await assert.rejects(inject({ job, loseMachine: true }), /transform job is in status Failed/)
})

test('a transform job that loses its machine starts anew and does all objects', async () => {
  const name = await givenWorkingJob()
  const { TransformJobArn: job, TransformOutput } =
    await transformer.server.sagemaker.describeTransformJob({ TransformJobName: name })

  await inject({ job, loseMachine: true })
  const ended = await transformer.ended(name)

  assert.equal(ended.TransformJobStatus, 'Completed', ended.FailureReason)
  assert.ok((await transformer.payloads(name)).length > 8)
  const folder = TransformOutput?.S3OutputPath?.split('/').at(-1)
  assert.equal(await transformer.get(`${folder}/a.csv.out`), '3\n'.repeat(8))
  await inject({ clear: true })
})

test('a transform job has no spot instances, and a name that two jobs have is not enough', async () => {
  const { sagemaker, roleArn } = transformer.server
  const job = await givenWorkingJob()
  await assert.rejects(inject({ job, spotInterruption: true }), /have no spot instances/)
  await sagemaker.createTrainingJob({
    TrainingJobName: job,
    RoleArn: roleArn,
    AlgorithmSpecification: { TrainingImage: transformer.image, TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: `s3://${transformer.bucket}/models` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
  })

  await assert.rejects(
    inject({ job, exitCode: 1 }),
    /more than one job '.*': give an ARN, one of arn:.*:training-job\/.*, arn:.*:transform-job\//,
  )
})
