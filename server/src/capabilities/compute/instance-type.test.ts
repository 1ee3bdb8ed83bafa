import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ProcessingInstanceType,
  ProductionVariantInstanceType,
  TrainingInstanceType,
  TransformInstanceType,
} from '@aws-sdk/client-sagemaker'
import { acceleratorRefusal, instanceType } from './index.ts'

const GIB = 2 ** 30

test('every instance type that AWS publishes for jobs and endpoints is known', () => {
  const names = new Set<string>([
    ...Object.values(TrainingInstanceType),
    ...Object.values(ProcessingInstanceType),
    ...Object.values(TransformInstanceType),
    ...Object.values(ProductionVariantInstanceType),
  ])

  const unknown = [...names].filter((name) => instanceType(name) === undefined)

  assert.deepEqual(unknown, [])
})

// source: the tables of "Amazon EC2 Instance Types"
const PUBLISHED = [
  { name: 'ml.t2.medium', vCpus: 2, gib: 4, gpus: 0 },
  { name: 'ml.t3.xlarge', vCpus: 4, gib: 16, gpus: 0 },
  { name: 'ml.m4.10xlarge', vCpus: 40, gib: 160, gpus: 0 },
  { name: 'ml.m5.large', vCpus: 2, gib: 8, gpus: 0 },
  { name: 'ml.m5.24xlarge', vCpus: 96, gib: 384, gpus: 0 },
  { name: 'ml.m8g.medium', vCpus: 1, gib: 4, gpus: 0 },
  { name: 'ml.c4.large', vCpus: 2, gib: 3.75, gpus: 0 },
  { name: 'ml.c4.8xlarge', vCpus: 36, gib: 60, gpus: 0 },
  { name: 'ml.c5.9xlarge', vCpus: 36, gib: 72, gpus: 0 },
  { name: 'ml.c5n.xlarge', vCpus: 4, gib: 10.5, gpus: 0 },
  { name: 'ml.c5n.18xlarge', vCpus: 72, gib: 192, gpus: 0 },
  { name: 'ml.r5.24xlarge', vCpus: 96, gib: 768, gpus: 0 },
  { name: 'ml.g4dn.12xlarge', vCpus: 48, gib: 192, gpus: 4 },
  { name: 'ml.g5.48xlarge', vCpus: 192, gib: 768, gpus: 8 },
  { name: 'ml.g7e.8xlarge', vCpus: 32, gib: 256, gpus: 1 },
  { name: 'ml.p3.2xlarge', vCpus: 8, gib: 61, gpus: 1 },
  { name: 'ml.p4d.24xlarge', vCpus: 96, gib: 1152, gpus: 8 },
]

test('a type has the vCPUs, memory and GPUs that AWS publishes', () => {
  for (const { name, vCpus, gib, gpus } of PUBLISHED) {
    assert.deepEqual(instanceType(name), { vCpus, memoryBytes: gib * GIB, gpus }, name)
  }
})

test('what is not an instance type is undefined', () => {
  for (const name of ['m5.large', 'ml.m5', 'ml.m5.huge', 'ml.z9.large', 'ml.g5.large', 'local']) {
    assert.equal(instanceType(name), undefined, name)
  }
})

test('a type with accelerators is refused as an exhausted quota, one without is not', () => {
  const refusal = acceleratorRefusal({ type: 'ml.p3.2xlarge', count: 2 }, 'training job usage')

  assert.equal(refusal?.code, 'ResourceLimitExceeded')
  const begins =
    "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with " +
    'current utilization of 0 Instances and a request delta of 2 Instances. '
  assert.ok(refusal?.message.startsWith(begins), refusal?.message)
  assert.equal(acceleratorRefusal({ type: 'ml.m5.large', count: 2 }, 'endpoint usage'), undefined)
})
