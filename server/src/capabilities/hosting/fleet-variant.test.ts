import assert from 'node:assert/strict'
import test from 'node:test'
import type { FleetVariant } from './fleet.ts'
import { aimAt, arrive, fleetVariant, retainProperties } from './fleet-variant.ts'

function variant(variantName: string, weight: number, instanceCount: number): FleetVariant {
  return fleetVariant({
    production: {
      VariantName: variantName,
      ModelName: 'm',
      InstanceType: 'ml.m5.large',
      InitialVariantWeight: weight,
      InitialInstanceCount: instanceCount,
    },
    model: {
      modelName: 'm',
      modelArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/m',
      request: {
        ModelName: 'm',
        Containers: [{ Image: 'image', ModelDataUrl: 's3://bucket/model.tar.gz' }],
        ExecutionRoleArn: 'arn:aws:iam::123456789012:role/r',
        EnableNetworkIsolation: true,
      },
      createdAt: new Date(0),
    },
    resolvedImage: 'runtime',
    resolvedAt: new Date(0),
    networkIsolation: false,
  })
}

function inShort(variants: readonly FleetVariant[]): string[] {
  return variants.map(
    (one) =>
      `${one.variantName} ${one.weight}→${one.desiredWeight} ` +
      `${one.instanceCount}→${one.desiredInstanceCount}`,
  )
}

test('a fleet variant takes the only container, its data, role and isolation from the model', () => {
  const { container, modelData, executionRoleArn, networkIsolation } = variant('V', 1, 1)

  assert.equal(container.Image, 'image')
  assert.deepEqual(modelData, {
    s3Uri: 's3://bucket/model.tar.gz',
    s3DataType: 'Object',
    unpack: 'tar.gz',
  })
  assert.equal(executionRoleArn, 'arn:aws:iam::123456789012:role/r')
  assert.equal(networkIsolation, true)
})

test('RetainAllVariantProperties keeps weights and counts of variants that stay, none of new ones', () => {
  const present = arrive(
    aimAt([variant('A', 1, 1)], [{ variantName: 'A', weight: 5, instanceCount: 4 }]),
  )
  const next = [variant('A', 2, 2), variant('B', 3, 3)]

  assert.deepEqual(inShort(retainProperties(next, present, [])), ['A 5→5 4→4', 'B 3→3 3→3'])
  assert.deepEqual(inShort(retainProperties(next, present, ['DesiredWeight'])), [
    'A 2→2 4→4',
    'B 3→3 3→3',
  ])
  assert.deepEqual(inShort(retainProperties(next, present, ['DesiredInstanceCount'])), [
    'A 5→5 2→2',
    'B 3→3 3→3',
  ])
})

test('towards targets a variant grows first; weights and shrinking come on arrival', () => {
  const present = [variant('A', 1, 3), variant('B', 1, 1)]

  const aimed = aimAt(present, [
    { variantName: 'A', weight: 0, instanceCount: 1 },
    { variantName: 'B', weight: 9, instanceCount: 4 },
  ])

  assert.deepEqual(inShort(aimed), ['A 1→0 3→1', 'B 1→9 4→4'])
  assert.deepEqual(inShort(arrive(aimed)), ['A 0→0 1→1', 'B 9→9 4→4'])
})

test('a member that a target leaves out stays as it is', () => {
  assert.deepEqual(inShort(aimAt([variant('A', 2, 3)], [{ variantName: 'A', weight: 7 }])), [
    'A 2→7 3→3',
  ])
})
