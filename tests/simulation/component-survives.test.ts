import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal, underLoad } from './rehearsal.ts'

const WAIT_SECONDS = 300
const ENDPOINT = 'shared'

let rehearsal: Rehearsal
let cloudwatch: CloudWatch

before(async () => {
  rehearsal = await startRehearsal()
  await rehearsal.cli('clock', 'freeze')
  for (const [name, environment] of Object.entries({
    one: { VERSION: '1' },
    two: { VERSION: '2' },
    bad: { VERSION: 'bad', STATUS: '500' },
  })) {
    await rehearsal.createModelAndConfig(name, environment)
  }
  const { sagemaker, roleArn, url } = rehearsal
  const { region, credentials } = sagemaker.config
  cloudwatch = new CloudWatch({ endpoint: url, region, credentials })
  await cloudwatch.putMetricAlarm({
    ...{ AlarmName: 'bad', Namespace: 'Rehearsal', MetricName: 'Bad', Statistic: 'Sum' },
    ...{ Period: 60, EvaluationPeriods: 1, Threshold: 1, TreatMissingData: 'notBreaching' },
    ComparisonOperator: 'GreaterThanThreshold',
  })
  await sagemaker.createEndpointConfig({
    EndpointConfigName: ENDPOINT,
    ExecutionRoleArn: roleArn,
    ProductionVariants: [
      { VariantName: 'AllTraffic', InstanceType: 'ml.m5.xlarge', InitialInstanceCount: 1 },
    ],
  })
  await sagemaker.createEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: ENDPOINT })
  assert.equal(await rehearsal.endpointSettles(ENDPOINT), 'InService')
})
after(() => rehearsal[Symbol.asyncDispose]())

function specification(ModelName: string) {
  return { ModelName, ComputeResourceRequirements: { MinMemoryRequiredInMb: 512 } }
}

async function create(InferenceComponentName: string): Promise<void> {
  await rehearsal.sagemaker.createInferenceComponent({
    InferenceComponentName,
    EndpointName: ENDPOINT,
    VariantName: 'AllTraffic',
    Specification: specification('one'),
    RuntimeConfig: { CopyCount: 2 },
  })
}

async function update(InferenceComponentName: string, model: string): Promise<void> {
  await rehearsal.sagemaker.updateInferenceComponent({
    InferenceComponentName,
    Specification: specification(model),
    DeploymentConfig: {
      RollingUpdatePolicy: {
        MaximumBatchSize: { Type: 'COPY_COUNT', Value: 1 },
        WaitIntervalInSeconds: WAIT_SECONDS,
      },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'bad' }] },
    },
  })
}

async function settled(InferenceComponentName: string) {
  return eventually(
    async () => {
      const found = await rehearsal.sagemaker.describeInferenceComponent({ InferenceComponentName })
      return found.InferenceComponentStatus?.endsWith('ing') ? undefined : found
    },
    { timeoutMs: 60_000, what: `inference component ${InferenceComponentName} to settle` },
  )
}

/** The endpoint's tasks: nothing runs beside the copies that are asked for. */
async function copiesRun(count: number): Promise<void> {
  await eventually(
    async () =>
      (await rehearsal.status()).tasks.filter(({ name }) => name === ENDPOINT).length === count,
    { what: `${count} copies and no more` },
  )
}

/** Its requests go to one of its components. */
function asking(InferenceComponentName: string): Rehearsal {
  return {
    ...rehearsal,
    invoke: async (EndpointName) => {
      const { Body } = await rehearsal.runtime.invokeEndpoint({
        ...{ EndpointName, InferenceComponentName, Body: 'x' },
      })
      return Buffer.from(Body ?? []).toString()
    },
  }
}

/** When so many copies are up, old and new. */
async function upBeside(name: string, count: number): Promise<void> {
  await eventually(
    async () => {
      const found = await rehearsal.sagemaker.describeInferenceComponent({
        InferenceComponentName: name,
      })
      return found.RuntimeConfig?.CurrentCopyCount === count
    },
    { timeoutMs: 60_000, what: `${count} copies of ${name}` },
  )
}

/** The first copies of a component, of which so many run on. */
async function oldCopies(of: ReadonlySet<string>): Promise<number> {
  const { tasks } = await rehearsal.status()
  assert.notEqual(tasks.length, 0, 'control is there to say what runs')
  return tasks.filter(({ taskId }) => of.has(taskId)).length
}

/** Advances the clock by waits of a batch until so many old copies are left: no API says that a wait has begun. */
async function waitsPass(of: ReadonlySet<string>, left: number): Promise<void> {
  await eventually(
    async () => {
      if ((await oldCopies(of)) <= left) return true
      await rehearsal.cli('clock', 'advance', `${WAIT_SECONDS}s`)
      return false
    },
    { timeoutMs: 60_000, what: `${left} of the old copies` },
  )
}

async function remove(InferenceComponentName: string): Promise<void> {
  await rehearsal.sagemaker.deleteInferenceComponent({ InferenceComponentName })
  await rehearsal.kill('control')
  await eventually(
    () =>
      rehearsal.sagemaker.describeInferenceComponent({ InferenceComponentName }).then(
        () => false,
        (error: Error) => /Could not find inference component/.test(error.message),
      ),
    { timeoutMs: 60_000, what: `the end of ${InferenceComponentName}` },
  )
  await copiesRun(0)
}

test('a component whose control is killed while it is created, and deleted, comes up once and goes', async () => {
  await create('created')
  await rehearsal.kill('control')
  const found = await settled('created')

  assert.equal(found.InferenceComponentStatus, 'InService')
  assert.deepEqual(found.RuntimeConfig, { DesiredCopyCount: 2, CurrentCopyCount: 2 })
  await copiesRun(2)
  await remove('created')
})

test('a rolling update whose control is killed in each of its phases loses no request and completes', async () => {
  await create('rolled')
  await settled('rolled')
  const { tasks } = await rehearsal.status()
  const old = new Set(tasks.map(({ taskId }) => taskId))

  const { failures, answers } = await underLoad(asking('rolled'), ENDPOINT, async () => {
    await update('rolled', 'two')
    await rehearsal.kill('control')
    for (const left of [1, 0]) {
      await upBeside('rolled', 3)
      await eventually(async () => (await oldCopies(old)) === left + 1)
      await rehearsal.kill('control')
      await waitsPass(old, left)
      await rehearsal.kill('control')
    }
    assert.equal((await settled('rolled')).InferenceComponentStatus, 'InService')
  })

  assert.deepEqual(failures, [])
  assert.equal(answers[0], '1')
  assert.equal(answers.at(-1), '2')
  await copiesRun(2)
  await remove('rolled')
})

test('a rollback whose control is killed loses no request but those of the bad model', async () => {
  await create('back')
  await settled('back')

  const { failures, answers } = await underLoad(asking('back'), ENDPOINT, async () => {
    await update('back', 'bad')
    await upBeside('back', 3)
    await cloudwatch.putMetricData({
      Namespace: 'Rehearsal',
      MetricData: [{ MetricName: 'Bad', Value: 5 }],
    })
    await rehearsal.cli('clock', 'advance', '60s')
    await rehearsal.kill('control')
    const found = await settled('back')
    assert.equal(found.InferenceComponentStatus, 'InService')
    assert.match(found.FailureReason ?? '', /Alarm\(s\) in ALARM state/)
    assert.equal(found.Specification?.ModelName, 'one')
  })

  const lost = failures.filter((error) => !/error \(500\) from primary/.test(String(error)))
  assert.deepEqual(lost, [])
  assert.equal(answers.at(-1), '1')
  await copiesRun(2)
  await remove('back')
})
