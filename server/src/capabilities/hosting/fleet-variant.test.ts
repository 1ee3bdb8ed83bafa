import assert from 'node:assert/strict'
import test from 'node:test'
import type { FleetVariant } from './fleet.ts'
import {
  aimAt,
  arrive,
  fleetVariant,
  type Retention,
  retainProperties,
  retainSettings,
} from './fleet-variant.ts'

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

  const retained = (more: Partial<Retention>) =>
    inShort(
      retainProperties(next, present, { all: true, excluded: [], scaledVariants: [], ...more }),
    )
  assert.deepEqual(retained({}), ['A 5→5 4→4', 'B 3→3 3→3'])
  assert.deepEqual(retained({ excluded: ['DesiredWeight'] }), ['A 2→2 4→4', 'B 3→3 3→3'])
  assert.deepEqual(retained({ excluded: ['DesiredInstanceCount'] }), ['A 5→5 2→2', 'B 3→3 3→3'])
  assert.deepEqual(retained({ all: false }), ['A 2→2 2→2', 'B 3→3 3→3'])
})

test('a variant that is scaled automatically keeps its count over an update that retains nothing', () => {
  const present = arrive(aimAt([variant('A', 1, 1)], [{ variantName: 'A', instanceCount: 4 }]))
  const retention = { all: false, excluded: [], scaledVariants: ['A'] }

  assert.deepEqual(inShort(retainProperties([variant('A', 2, 2)], present, retention)), [
    'A 2→2 4→4',
  ])
})

test('RetainAllVariantProperties keeps what is captured, unless DataCaptureConfig is excluded', () => {
  const capture = (InitialSamplingPercentage: number) => ({
    DataCaptureConfig: {
      InitialSamplingPercentage,
      DestinationS3Uri: 's3://bucket/',
      CaptureOptions: [],
    },
  })
  const retention = { all: true, excluded: [], scaledVariants: [] }

  assert.deepEqual(retainSettings(capture(10), capture(90), retention), capture(90))
  assert.deepEqual(retainSettings(capture(10), {}, retention), {})
  const excluding = { ...retention, excluded: ['DataCaptureConfig' as const] }
  assert.deepEqual(retainSettings(capture(10), capture(90), excluding), capture(10))
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
