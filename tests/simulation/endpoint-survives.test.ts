import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal, underLoad } from './rehearsal.ts'

let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
  await rehearsal.createModelAndConfig('one', { VERSION: '1' })
  await rehearsal.createModelAndConfig('two', { VERSION: '2', START_SECONDS: '1' })
})
after(() => rehearsal[Symbol.asyncDispose]())

async function replicas(count: number): Promise<void> {
  await eventually(
    async () =>
      (await rehearsal.status()).tasks.filter(({ kind }) => kind === 'Replica').length === count,
    { what: `${count} replicas and no more` },
  )
}

async function deleted(name: string): Promise<void> {
  await rehearsal.sagemaker.deleteEndpoint({ EndpointName: name })
  await replicas(0)
}

test('an endpoint whose control is killed right after CreateEndpoint comes into service, with no replica twice', async () => {
  await rehearsal.sagemaker.createEndpoint({ EndpointName: 'created', EndpointConfigName: 'one' })

  await rehearsal.kill('control')

  assert.equal(await rehearsal.endpointSettles('created'), 'InService')
  assert.equal(await rehearsal.invoke('created'), '1')
  await replicas(2)
  await deleted('created')
})

test('an endpoint whose control is killed while its replicas start comes into service', async () => {
  await rehearsal.sagemaker.createEndpoint({ EndpointName: 'starting', EndpointConfigName: 'two' })
  await replicas(2)

  await rehearsal.kill('control')

  assert.equal(await rehearsal.endpointSettles('starting'), 'InService')
  await replicas(2)
  await deleted('starting')
})

test('an update whose control is killed after the call and while replicas start loses no request and ends once', async () => {
  const { sagemaker } = rehearsal
  await sagemaker.createEndpoint({ EndpointName: 'updated', EndpointConfigName: 'one' })
  assert.equal(await rehearsal.endpointSettles('updated'), 'InService')

  const { failures, answers } = await underLoad(rehearsal, 'updated', async () => {
    await sagemaker.updateEndpoint({ EndpointName: 'updated', EndpointConfigName: 'two' })
    await rehearsal.kill('control')
    await replicas(4)
    await rehearsal.kill('control')
    assert.equal(await rehearsal.endpointSettles('updated'), 'InService')
    await replicas(2)
  })

  assert.deepEqual(failures, [])
  assert.equal(answers.at(-1), '2')
  const { EndpointConfigName } = await sagemaker.describeEndpoint({ EndpointName: 'updated' })
  assert.equal(EndpointConfigName, 'two')
  await deleted('updated')
})

test('an endpoint answers while control and Postgres are dead', async () => {
  const { sagemaker } = rehearsal
  await sagemaker.createEndpoint({ EndpointName: 'steady', EndpointConfigName: 'one' })
  assert.equal(await rehearsal.endpointSettles('steady'), 'InService')

  const { failures } = await underLoad(rehearsal, 'steady', async () => {
    await rehearsal.kill('control')
    await rehearsal.kill('postgres')
    assert.equal(await rehearsal.endpointSettles('steady'), 'InService')
  })

  assert.deepEqual(failures, [])
})

test('a replica that is killed under load is replaced and no request fails', async () => {
  const { tasks } = await rehearsal.status()
  const [victim] = tasks.filter(({ kind }) => kind === 'Replica')
  assert.ok(victim?.pid)
  const pid = victim.pid

  const { failures } = await underLoad(rehearsal, 'steady', async () => {
    process.kill(pid, 'SIGKILL')
    await eventually(async () => {
      const now = (await rehearsal.status()).tasks.filter(({ kind }) => kind === 'Replica')
      return now.length === 2 && now.every(({ taskId }) => taskId !== victim.taskId)
    })
  })

  assert.deepEqual(failures, [])
})

test('endpoints come back by themselves after everything was killed at once', async () => {
  await rehearsal.killAll()
  await rehearsal.up()

  await eventually(async () => (await rehearsal.invoke('steady')) === '1')
  await replicas(2)
})

test('endpoints come back by themselves after down and up', async () => {
  await rehearsal.cli('down')
  await rehearsal.up()

  await eventually(async () => (await rehearsal.invoke('steady')) === '1')
  await replicas(2)
})
