import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as applicationAutoScaling from '@aws-sdk/client-application-auto-scaling'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as sagemaker from '@aws-sdk/client-sagemaker'
import { JsonCodec } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { fromBase64, toBase64 } from '@smithy/core/serde'
import { readModel } from '../operation.ts'
import { jsonForm } from './json-form.ts'

/** Smithy's number for epoch seconds. */
const EPOCH_SECONDS = 7
/** Structures hold themselves: deeper ones are left out. */
const DEPTH_MAX = 6

const codec = new JsonCodec({
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
  jsonName: false,
})
codec.setSerdeContext({ base64Encoder: toBase64, base64Decoder: fromBase64 } as never)

const MODELS = { sagemaker, logs, cloudwatch, applicationAutoScaling }

for (const [name, sdkModule] of Object.entries(MODELS)) {
  test(`${name}: what an SDK writes for each operation reads as an SDK reads it`, () => {
    for (const { operation, schema } of structuresOf(sdkModule)) {
      const value = sampleOf(schema, DEPTH_MAX)
      const serializer = codec.createSerializer()
      serializer.write(schema, value)
      const text = String(serializer.flush())

      assert.deepEqual(JSON.parse(JSON.stringify(jsonForm(schema).write(value))), JSON.parse(text))
      assert.deepEqual(
        jsonForm(schema).read(JSON.parse(text)),
        codec.createDeserializer().readObject(schema, JSON.parse(text)),
        operation,
      )
    }
  })
}

const { CreateModel, DescribeModel } = operationsOf(sagemaker)

test('what a structure does not declare is neither read nor written', () => {
  const undeclared = { ModelName: 'm', Unheard: 'of', PrimaryContainer: { Image: 'i', Of: 1 } }

  const declared = { ModelName: 'm', PrimaryContainer: { Image: 'i' } }
  assert.deepEqual(jsonForm(CreateModel.input).read(undeclared), declared)
  assert.deepEqual(jsonForm(DescribeModel.output).write(undeclared), declared)
})

test('null is no member; in a map it is kept as read, and not written', () => {
  const { input, output } = { input: CreateModel.input, output: DescribeModel.output }
  const value = { ModelName: null, PrimaryContainer: { Environment: { A: 'a', B: null } } }

  assert.deepEqual(jsonForm(input).read(value), {
    PrimaryContainer: { Environment: { A: 'a', B: null } },
  })
  assert.deepEqual(jsonForm(output).write(value), { PrimaryContainer: { Environment: { A: 'a' } } })
})

test('a key __proto__ is a key like any other', () => {
  const text = '{"PrimaryContainer":{"Environment":{"__proto__":"x"}}}'

  const read = jsonForm(CreateModel.input).read(JSON.parse(text))
  assert.equal(JSON.stringify(read), text)
  assert.equal(JSON.stringify(jsonForm(DescribeModel.output).write(read)), text)
})

test('a choice that the model does not know is kept', () => {
  const { CreateTrialComponent } = operationsOf(sagemaker)
  const json = { Parameters: { a: { TenthValue: 'x' }, b: { NumberValue: 'NaN' } } }

  const read = jsonForm(CreateTrialComponent.input).read(json)
  assert.deepEqual(read, {
    Parameters: { a: { $unknown: ['TenthValue', 'x'] }, b: { NumberValue: Number.NaN } },
  })
  assert.deepEqual(jsonForm(CreateTrialComponent.input).write(read), json)
})

function operationsOf(sdkModule: object) {
  const model = readModel(sdkModule)
  return new Proxy({} as Record<string, { input: NormalizedSchema; output: NormalizedSchema }>, {
    get: (_, name) => model.operation(String(name)),
  }) as Record<
    'CreateModel' | 'DescribeModel' | 'CreateTrialComponent',
    { input: NormalizedSchema; output: NormalizedSchema }
  >
}

function structuresOf(sdkModule: object): { operation: string; schema: NormalizedSchema }[] {
  const model = readModel(sdkModule)
  return model.operationNames.flatMap((operation) => {
    const { input, output } = model.operation(operation) ?? assert.fail(operation)
    return [input, output]
      .filter((schema) => !schema.isUnitSchema())
      .map((schema) => ({ operation, schema }))
  })
}

/** A value with every member that there can be. */
function sampleOf(schema: NormalizedSchema, depth: number): unknown {
  if (schema.isStructSchema()) {
    const members = [...schema.structIterator()]
      .filter(([, member]) => isLeaf(member) || depth > 0)
      // of text that is JSON the SDK makes an object of its own, which servers have no use for
      .filter(([, member]) => member.getMergedTraits().mediaType === undefined)
    const held = schema.isUnionSchema() ? members.slice(0, 1) : members
    return Object.fromEntries(held.map(([name, member]) => [name, sampleOf(member, depth - 1)]))
  }
  if (schema.isListSchema()) return depth > 0 ? [sampleOf(schema.getValueSchema(), depth - 1)] : []
  if (schema.isMapSchema()) {
    return {
      key:
        depth > 0 || isLeaf(schema.getValueSchema())
          ? sampleOf(schema.getValueSchema(), depth - 1)
          : null,
    }
  }
  if (schema.isTimestampSchema()) return new Date('2026-02-03T04:05:06.789Z')
  if (schema.isBlobSchema()) return new Uint8Array([1, 2, 250])
  if (schema.isBooleanSchema()) return false
  if (schema.isNumericSchema()) return depth % 2 === 0 ? 1.5 : Number.POSITIVE_INFINITY
  return 'zwölf "€"'
}

function isLeaf(schema: NormalizedSchema): boolean {
  return !schema.isStructSchema() && !schema.isListSchema() && !schema.isMapSchema()
}
