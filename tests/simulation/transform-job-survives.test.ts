import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'

const BUCKET = 'rehearsal'
const OBJECTS = 6
const LINES = 4
/** A model that answers each line with this. */
const ANSWER = 'answered'

let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
  const answering = { VERSION: ANSWER, WORK_SECONDS: '0.1' }
  await rehearsal.createModelAndConfig('answering', answering)
  const { sagemaker, roleArn } = rehearsal
  const { PrimaryContainer = {} } = await sagemaker.describeModel({ ModelName: 'answering' })
  await sagemaker.createModel({
    ModelName: 'pipeline',
    ExecutionRoleArn: roleArn,
    Containers: [PrimaryContainer, PrimaryContainer],
  })
})
after(() => rehearsal[Symbol.asyncDispose]())

async function startJob(name: string, modelName = 'answering'): Promise<void> {
  const { s3, sagemaker } = rehearsal
  for (let index = 0; index < OBJECTS; index++) {
    const Key = `${name}/in/${index}.csv`
    await s3.putObject({ Bucket: BUCKET, Key, Body: '1,2\n'.repeat(LINES) })
  }
  await sagemaker.createTransformJob({
    TransformJobName: name,
    ModelName: modelName,
    BatchStrategy: 'SingleRecord',
    TransformInput: {
      DataSource: {
        S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/${name}/in/` },
      },
      SplitType: 'Line',
    },
    TransformOutput: { S3OutputPath: `s3://${BUCKET}/${name}/out`, AssembleWith: 'Line' },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
  })
}

async function outputsOf(name: string): Promise<readonly string[]> {
  const { Contents = [] } = await rehearsal.s3.listObjectsV2({
    Bucket: BUCKET,
    Prefix: `${name}/out/`,
  })
  return Contents.map(({ Key = '' }) => Key)
}

async function works(name: string): Promise<void> {
  await eventually(async () => (await outputsOf(name)).length > 0, {
    what: `a first output of ${name}`,
  })
}

/** Every object has its whole output, nothing is left of anything else, and the job says so. */
async function completes(name: string): Promise<void> {
  const { sagemaker, s3, status } = rehearsal
  const job = await eventually(
    async () => {
      const found = await sagemaker.describeTransformJob({ TransformJobName: name })
      return found.TransformJobStatus !== 'InProgress' && found
    },
    { timeoutMs: 60_000, what: `the end of ${name}` },
  )
  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  const keys = await outputsOf(name)
  assert.equal(keys.length, OBJECTS)
  for (const Key of keys) {
    const { Body } = await s3.getObject({ Bucket: BUCKET, Key })
    assert.equal(await Body?.transformToString(), `${ANSWER}\n`.repeat(LINES), Key)
  }
  const { Uploads = [] } = await s3.listMultipartUploads({ Bucket: BUCKET })
  assert.deepEqual(Uploads, [])
  await eventually(async () => (await status()).tasks.every((task) => task.name !== name), {
    what: 'every task to be gone',
  })
}

async function taskOf(name: string) {
  const { tasks } = await rehearsal.status()
  const task = tasks.find((one) => one.name === name)
  assert.ok(task?.runnerPid)
  return { taskId: task.taskId, runnerPid: task.runnerPid }
}

for (const phase of ['accepted', 'working']) {
  test(`a transform job whose control is killed when ${phase} completes, and its task ran once`, async () => {
    const name = `transform-${phase}`
    await startJob(name)
    if (phase === 'working') await works(name)

    await rehearsal.kill('control')

    await completes(name)
    assert.equal((await containersOf(name)).length, 1)
  })
}

test('a transform job whose Postgres is killed while it works completes', async () => {
  await startJob('transform-postgres')
  await works('transform-postgres')

  await rehearsal.kill('postgres')

  await completes('transform-postgres')
})

test('a transform job whose runner is killed is begun again, and its outputs are whole', async () => {
  await startJob('transform-runner')
  await works('transform-runner')
  const { runnerPid } = await taskOf('transform-runner')

  process.kill(runnerPid, 'SIGKILL')

  await completes('transform-runner')
  assert.equal((await containersOf('transform-runner')).length, 2)
})

test('after everything was killed at once a transform job is begun again and completes', async () => {
  await startJob('transform-all')
  await works('transform-all')

  await rehearsal.killAll()
  await rehearsal.up()

  await completes('transform-all')
})

test('a transform job of two containers whose control is killed completes, and its tasks ran once', async () => {
  await startJob('pipeline-control', 'pipeline')
  await works('pipeline-control')

  await rehearsal.kill('control')

  await completes('pipeline-control')
  assert.equal((await containersOf('pipeline-control')).length, 1)
})

test('a transform job of two containers is begun again after everything was killed at once', async () => {
  await startJob('pipeline-all', 'pipeline')
  await works('pipeline-all')

  await rehearsal.killAll()
  await rehearsal.up()

  await completes('pipeline-all')
})

test('a machine that is to be lost is lost once, though control is killed at that moment', async () => {
  await startJob('transform-lost')
  await works('transform-lost')

  await rehearsal.cli('inject', 'job', 'transform-lost', '--lose-machine')
  await rehearsal.kill('control')

  await completes('transform-lost')
  assert.equal((await containersOf('transform-lost')).length, 2)
})

/** Each of them has its own data log, whose first line is said before anything is sent. */
async function containersOf(name: string): Promise<readonly string[]> {
  const { logStreams = [] } = await rehearsal.logs.describeLogStreams({
    logGroupName: '/aws/sagemaker/TransformJobs',
    logStreamNamePrefix: `${name}/`,
  })
  return logStreams
    .map(({ logStreamName = '' }) => logStreamName)
    .filter((stream) => stream.endsWith('/data-log'))
}
