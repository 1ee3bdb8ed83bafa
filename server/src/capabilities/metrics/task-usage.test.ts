import assert from 'node:assert/strict'
import test from 'node:test'
import type { TaskUsage } from '../../platform/engines/engine.ts'
import { usageSamples } from './task-usage.ts'

const AT = new Date('2026-03-01T12:00:30Z')
const USAGE: TaskUsage = {
  taskId: 'r-1',
  kind: 'Replica',
  name: 'my-endpoint',
  realm: 1,
  account: '123456789012',
  region: 'us-east-1',
  log: { group: '/aws/sagemaker/Endpoints/my-endpoint', stream: 'AllTraffic/r-1' },
  vCpus: 4,
  cpuPercent: 187.5,
  memoryPercent: 12,
  diskPercent: 3,
  sampledAt: '2026-03-01T12:00:21Z',
}

test('replicas are told by endpoint and variant, jobs by host', () => {
  const identities = (usage: Partial<TaskUsage>) =>
    usageSamples({ ...USAGE, ...usage }, AT).map(({ namespace, metricName, dimensions, sum }) => [
      namespace,
      metricName,
      dimensions,
      sum,
    ])
  const job = { kind: 'TrainingJob', name: 'my-job' }
  const three = (namespace: string, dimensions: object) => [
    [namespace, 'CPUUtilization', dimensions, 187.5],
    [namespace, 'MemoryUtilization', dimensions, 12],
    [namespace, 'DiskUtilization', dimensions, 3],
  ]

  assert.deepEqual(
    identities({}),
    three('/aws/sagemaker/Endpoints', { EndpointName: 'my-endpoint', VariantName: 'AllTraffic' }),
  )
  assert.deepEqual(identities(job), three('/aws/sagemaker/TrainingJobs', { Host: 'my-job/algo-1' }))
  assert.deepEqual(
    identities({ ...job, host: 'algo-2' }),
    three('/aws/sagemaker/TrainingJobs', { Host: 'my-job/algo-2' }),
  )
  assert.deepEqual(identities({ kind: 'Other' }), [])
})

test('copies of an inference component are told by its name too, of what they were given', () => {
  const log = { group: '/aws/sagemaker/InferenceComponents/my-component', stream: 'AllTraffic/r-1' }

  const figures = usageSamples({ ...USAGE, log }, AT)
    .filter(({ namespace }) => namespace === '/aws/sagemaker/InferenceComponents')
    .map(({ metricName, dimensions, sum }) => [metricName, dimensions, sum])

  const dimensions = { InferenceComponentName: 'my-component' }
  assert.deepEqual(figures, [
    ['CPUUtilizationNormalized', dimensions, 187.5 / 4],
    ['MemoryUtilizationNormalized', dimensions, 12],
  ])
})
