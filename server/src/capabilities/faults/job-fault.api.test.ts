import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { injectFault } from '../../../../tests/support/inject-fault.ts'
import { startTrainer, type Trainer } from '../training/trainer-fixture.ts'

const trainer: Trainer = await startTrainer({ config: { testControls: true } })
after(() => trainer.close())

const inject = (document: object) => injectFault(trainer.server, document)

const SLEEPER = 'echo up; sleep 600 & wait'

test('an injected exit code ends a training job as its program would, and is listed', async () => {
  const job = await trainer.start(SLEEPER)
  await trainer.reaches(job, 'Training')

  // names that differ by case are one
  const [shown] = await inject({ job: job.toUpperCase(), exitCode: 42 })
  const ended = await trainer.ended(job)

  assert.equal(ended.TrainingJobStatus, 'Failed')
  assert.match(ended.FailureReason ?? '', /exit code: 42/)
  const { target, name, fault } = shown ?? {}
  assert.deepEqual(
    { target, name, fault },
    { target: 'training job', name: job, fault: { exitCode: 42 } },
  )
  assert.deepEqual(await inject({ clear: job }), [])
})

test('a spot interruption takes a job its machine, by its ARN too', async () => {
  const name = await trainer.start(SLEEPER, {
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 600 },
  })
  const { TrainingJobArn: job } = await trainer.reaches(name, 'Training')

  await inject({ job, spotInterruption: true })
  const statuses = await eventually(
    async () => {
      const found = await trainer.server.sagemaker.describeTrainingJob({ TrainingJobName: name })
      const told = found.SecondaryStatusTransitions?.map(({ Status }) => Status) ?? []
      return told.filter((status) => status === 'Training').length === 2 && told
    },
    { what: `${name} in its second life` },
  )

  assert.deepEqual(
    statuses.filter((status) => status === 'Interrupted' || status === 'Restarting'),
    ['Interrupted', 'Restarting'],
  )
  await trainer.server.sagemaker.stopTrainingJob({ TrainingJobName: name })
  await inject({ clear: true })
})

test('what cannot befall a job is refused, with what can', async () => {
  await assert.rejects(
    inject({ job: 'nobody', exitCode: 1 }),
    /there is no training job or transform job 'nobody' in us-east-1: \.\/sagebrush status shows/,
  )
  await assert.rejects(
    inject({ job: 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/x', exitCode: 1 }),
    /is the ARN of no training job or transform job/,
  )
  const elsewhere = 'arn:aws:sagemaker:us-east-1:999999999999:training-job/x'
  for (const document of [{ job: elsewhere, exitCode: 1 }, { clear: elsewhere }]) {
    await assert.rejects(inject(document), /is not of account 123456789012/)
  }
  await assert.rejects(inject({ job: 'nobody', exitCode: 0 }), /a number from 1 to 255/)
  await assert.rejects(inject({ job: 'nobody' }), /give one of exitCode/)
  await assert.rejects(inject({ job: 'nobody', latency: '1s' }), /latency cannot be/)
})
