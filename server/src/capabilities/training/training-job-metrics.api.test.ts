import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startTrainer, type Trainer } from './trainer-fixture.ts'

let trainer: Trainer

before(async () => {
  trainer = await startTrainer()
})
after(() => trainer.close())

const NAMESPACE = '/aws/sagemaker/TrainingJobs'

/** Count, sum and maximum of a metric over the last hour; undefined where there is no sample. */
async function figuresOf(metricName: string, [Name, Value]: readonly [string, string]) {
  const { cloudwatch, clock } = trainer.server
  const nowMs = clock.now().getTime()
  const { Datapoints } = await cloudwatch.getMetricStatistics({
    Namespace: NAMESPACE,
    MetricName: metricName,
    Dimensions: [{ Name, Value }],
    StartTime: new Date(nowMs - 3_000_000),
    EndTime: new Date(nowMs + 600_000),
    Period: 3_600,
    Statistics: ['SampleCount', 'Sum', 'Maximum'],
  })
  const [point] = Datapoints ?? []
  return point && { count: point.SampleCount, sum: point.Sum, maximum: point.Maximum }
}

test('values that metric definitions read are metrics of the job, each once', async () => {
  const job = await trainer.run(
    'for v in 1 2 4; do echo "auc=$v;"; sleep 0.6; done; echo "auc=8;"; echo "other=9;"',
    {
      AlgorithmSpecification: {
        TrainingImage: trainer.image,
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: 'validation:auc', Regex: 'auc=([0-9.]+);' }],
      },
    },
  )

  const figures = await figuresOf('validation:auc', ['TrainingJobName', job.TrainingJobName ?? ''])
  // the values are bits of the sum; one that is told twice would be another bit
  assert.equal(figures?.maximum, 8)
  assert.equal(
    [...(figures?.sum ?? 0).toString(2)].filter((bit) => bit === '1').length,
    figures?.count,
  )
})

test('what a host takes is recorded once a minute of the platform’s clock', async () => {
  const name = await trainer.start("trap 'exit 0' TERM; while :; do :; done", {
    StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
  })
  const host = ['Host', `${name}/algo-1`] as const
  await trainer.reaches(name, 'Training')

  const first = await eventually(
    async () => {
      await trainer.server.advance(60_000)
      return figuresOf('CPUUtilization', host)
    },
    { what: 'usage' },
  )
  // minute by minute: a busy machine may have nothing to tell of one of them
  const later = await eventually(async () => {
    await trainer.server.advance(60_000)
    const found = await figuresOf('CPUUtilization', host)
    return (found?.count ?? 0) >= (first.count ?? 0) + 3 && found
  })

  // a shell that spins takes one core, or what of it the machine has to give
  assert.ok((later.maximum ?? 0) > 5 && (later.maximum ?? 0) < 130, `${later.maximum} %`)
  for (const metricName of ['MemoryUtilization', 'DiskUtilization']) {
    const found = await figuresOf(metricName, host)
    assert.ok((found?.count ?? 0) >= (later.count ?? 0))
    assert.ok((found?.maximum ?? -1) >= 0 && (found?.maximum ?? 101) < 100)
  }
  await trainer.server.sagemaker.stopTrainingJob({ TrainingJobName: name })
  await trainer.ended(name)
})
