import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'

let rehearsal: Rehearsal

before(async () => {
  rehearsal = await startRehearsal()
  const { sagemaker } = rehearsal
  await rehearsal.createModelAndConfig('model', { VERSION: '1' })
  await sagemaker.createEndpointConfig({
    EndpointConfigName: 'serverless',
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'model',
        ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 4 },
      },
    ],
  })
})
after(() => rehearsal[Symbol.asyncDispose]())

async function environments(): Promise<number> {
  const { tasks } = await rehearsal.status()
  return tasks.filter(({ kind }) => kind === 'Replica').length
}

test('a request to a serverless endpoint without environments is answered though control is killed meanwhile', async () => {
  await rehearsal.sagemaker.createEndpoint({
    EndpointName: 'cold',
    EndpointConfigName: 'serverless',
  })
  assert.equal(await rehearsal.endpointSettles('cold'), 'InService')
  await rehearsal.cli('clock', 'advance', '1800s')
  await eventually(async () => (await environments()) === 0)

  await rehearsal.kill('control')
  const answers = await Promise.all([rehearsal.invoke('cold'), rehearsal.invoke('cold')])

  assert.deepEqual(answers, ['1', '1'])
})
