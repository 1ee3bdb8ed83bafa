import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { DeploymentConfig } from '@aws-sdk/client-sagemaker'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal, underLoad } from './rehearsal.ts'

let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
  await rehearsal.cli('clock', 'freeze')
  await rehearsal.createModelAndConfig('one', { VERSION: '1' })
  await rehearsal.createModelAndConfig('two', { VERSION: '2' })
  await rehearsal.createModelAndConfig('bad', { VERSION: 'bad', STATUS: '500' })
})
after(() => rehearsal[Symbol.asyncDispose]())

const WAIT_SECONDS = 300

function blueGreen(Type: 'CANARY' | 'LINEAR'): DeploymentConfig {
  const size = { Type: 'INSTANCE_COUNT', Value: 1 } as const
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type,
        WaitIntervalInSeconds: WAIT_SECONDS,
        ...(Type === 'CANARY' ? { CanarySize: size } : { LinearStepSize: size }),
      },
      TerminationWaitInSeconds: WAIT_SECONDS,
    },
  }
}

const ROLLING: DeploymentConfig = {
  RollingUpdatePolicy: {
    MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 },
    WaitIntervalInSeconds: WAIT_SECONDS,
  },
}

const STRATEGIES = { canary: blueGreen('CANARY'), linear: blueGreen('LINEAR'), rolling: ROLLING }

/** How the endpoint's last deployment ended, by its record. */
async function recordedStatus(name: string): Promise<string | undefined> {
  const answer = await rehearsal.cli('deployments', name, '--json')
  return (JSON.parse(answer) as { deployments: { status: string }[] }).deployments.at(-1)?.status
}

async function given(name: string): Promise<void> {
  const { sagemaker } = rehearsal
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: 'one' })
  assert.equal(await rehearsal.endpointSettles(name), 'InService')
}

async function update(name: string, config: string, policy: DeploymentConfig): Promise<void> {
  await rehearsal.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: config,
    DeploymentConfig: policy,
  })
}

/** The status of the new fleet's variant, as DescribeEndpoint says it. */
async function statusMessage(EndpointName: string): Promise<string> {
  const { PendingDeploymentSummary } = await rehearsal.sagemaker.describeEndpoint({ EndpointName })
  return PendingDeploymentSummary?.ProductionVariants?.[0]?.VariantStatus?.[0]?.StatusMessage ?? ''
}

/** When so many of the new instances bake. */
async function bakes(name: string, instances: number): Promise<void> {
  const message = new RegExp(`^Baking for .* capacity of ${instances} instance`)
  await eventually(async () => message.test(await statusMessage(name)), {
    timeoutMs: 60_000,
    what: `${name}: ${message}`,
  })
}

/** Once the control that was killed is back. */
async function advance(seconds: number): Promise<void> {
  await eventually(() => rehearsal.cli('clock', 'show'))
  await rehearsal.cli('clock', 'advance', `${seconds}s`)
}

async function settlesAs(name: string, config: string): Promise<void> {
  assert.equal(await rehearsal.endpointSettles(name), 'InService')
  const { EndpointConfigName, ProductionVariants } = await rehearsal.sagemaker.describeEndpoint({
    EndpointName: name,
  })
  assert.equal(EndpointConfigName, config)
  assert.equal(ProductionVariants?.[0]?.CurrentInstanceCount, 2)
  await eventually(
    async () => (await rehearsal.status()).tasks.filter((task) => task.name === name).length === 2,
    { what: `two replicas of ${name} and no more` },
  )
}

async function deleted(name: string): Promise<void> {
  await rehearsal.sagemaker.deleteEndpoint({ EndpointName: name })
  await eventually(async () => !(await rehearsal.status()).tasks.some((task) => task.name === name))
}

for (const [name, policy] of Object.entries(STRATEGIES)) {
  test(`a ${name} deployment whose control is killed in each of its phases loses no request and completes`, async () => {
    await given(name)

    const { failures, answers } = await underLoad(rehearsal, name, async () => {
      await update(name, 'two', policy)
      await rehearsal.kill('control')
      for (const bake of [1, 2]) {
        await bakes(name, bake)
        await rehearsal.kill('control')
        await advance(WAIT_SECONDS - 1)
        await bakes(name, bake)
        await advance(1)
      }
      await rehearsal.kill('control')
      await settlesAs(name, 'two')
    })

    assert.deepEqual(failures, [])
    assert.equal(answers[0], '1')
    assert.equal(answers.at(-1), '2')
    await deleted(name)
  })

  test(`a ${name} rollback whose control is killed while it goes on loses no request but those of the bad model`, async () => {
    const endpoint = `${name}-back`
    await given(endpoint)

    const { failures, answers } = await underLoad(rehearsal, endpoint, async () => {
      await update(endpoint, 'bad', policy)
      await bakes(endpoint, 1)
      await rehearsal.cli('deploy', 'abort', endpoint)
      await rehearsal.kill('control')
      await settlesAs(endpoint, 'one')
    })

    const lost = failures.filter(
      (error) => !/error \(500\) from primary with message "bad"/.test(String(error)),
    )
    assert.deepEqual(lost, [])
    assert.ok(failures.length > 0, 'the bad model had its share')
    assert.equal(answers.at(-1), '1')
    assert.equal(await recordedStatus(endpoint), 'RolledBack')
    await deleted(endpoint)
  })
}
