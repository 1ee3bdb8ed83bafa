import assert from 'node:assert/strict'
import test from 'node:test'
import type { MetricSample } from '../metrics/index.ts'
import { concurrencySamples, serverlessSamples, zeroSamples } from './concurrency-samples.ts'
import { InvocationMeter } from './invocation-meter.ts'
import type { MeteredVariant } from './invocation-meters.ts'
import { samplesOf } from './invocation-samples.ts'

const VARIANT: MeteredVariant = {
  ...{ realm: 1, account: '123456789012', region: 'us-east-1', generation: 1 },
  ...{ endpointName: 'e', endpointArn: 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/e' },
  ...{ endpointConfigName: 'c', variantName: 'A' },
}
const COMPONENT: MeteredVariant = { ...VARIANT, inferenceComponentName: 'ic' }
const OF_VARIANT = { EndpointName: 'e', VariantName: 'A' }
const OF_COMPONENT = { InferenceComponentName: 'ic' }
const OUTCOME = {
  ...{ atMs: 0, status: 200, isModelError: false, instances: 2 },
  ...{ overheadUs: 100, modelUs: 1_000, setupUs: undefined },
}
const STREAM = { chunkUs: 900, chunkModelUs: 800, chunkOverheadUs: 100, isBroken: false }

/** The names that are told of exactly these dimensions, in order. */
function namesOf(
  samples: readonly MetricSample[],
  dimensions: Readonly<Record<string, string>>,
): readonly string[] {
  return samples
    .filter((one) => JSON.stringify(one.dimensions) === JSON.stringify(dimensions))
    .map(({ metricName }) => metricName)
    .sort()
}

test('a component’s requests are told of it by copy, and of its variant without instances', () => {
  const meter = new InvocationMeter()
  meter.count(OUTCOME)
  meter.tally('noCapacity', 0)
  const samples = meter.takeAll().flatMap((bucket) => samplesOf(COMPONENT, bucket))

  // source: AWS's guide, "Metric name mapping: legacy to OTel", rows 8, 11, 19, 25, 31, 37, 43
  const common = ['Invocation4XXErrors', 'Invocation5XXErrors', 'InvocationModelErrors']
  const latencies = ['ModelLatency', 'OverheadLatency']
  assert.deepEqual(
    namesOf(samples, OF_COMPONENT),
    [
      ...common,
      'Invocations',
      'InvocationsPerCopy',
      ...latencies,
      'NoCapacityInvocationFailures',
    ].sort(),
  )
  assert.deepEqual(namesOf(samples, OF_VARIANT), [...common, 'Invocations', ...latencies].sort())
  const perCopy = samples.find(({ metricName }) => metricName === 'InvocationsPerCopy')
  assert.equal(perCopy?.sum, 0.5)
})

test('a component without requests says that it has none per copy, and how many are under way', () => {
  const at = new Date(0)
  assert.deepEqual(namesOf(zeroSamples(COMPONENT, at), OF_COMPONENT), ['InvocationsPerCopy'])
  const [sample, ...more] = concurrencySamples(COMPONENT, { mean: 1.5, at })
  assert.deepEqual(more, [])
  assert.equal(sample?.metricName, 'ConcurrentRequestsPerCopy')
  assert.equal(sample?.resolutionSeconds, 1)
  assert.deepEqual(sample?.dimensions, OF_COMPONENT)
})

test('streamed answers are told by their first chunk, and those that broke off', () => {
  const meter = new InvocationMeter()
  meter.count({ ...OUTCOME, stream: STREAM })
  meter.count({ ...OUTCOME, stream: { ...STREAM, isBroken: true } })
  const samples = meter.takeAll().flatMap((bucket) => samplesOf(VARIANT, bucket))

  const streaming = namesOf(samples, OF_VARIANT).filter((name) => /Chunk|MidStream/.test(name))
  assert.deepEqual(streaming, [
    ...['FirstChunkLatency', 'FirstChunkModelLatency', 'FirstChunkOverheadLatency'],
    'MidStreamErrors',
  ])
  const [first] = samples.filter(({ metricName }) => metricName === 'FirstChunkLatency')
  assert.deepEqual([first?.unit, first?.sampleCount, first?.sum], ['Microseconds', 2, 1_800])
  const [broken] = samples.filter(({ metricName }) => metricName === 'MidStreamErrors')
  assert.deepEqual([broken?.sampleCount, broken?.sum], [2, 1])
})

test('a serverless variant’s requests are told by whether a kept environment was free for them', () => {
  const meter = new InvocationMeter()
  for (const tally of ['provisioned', 'provisioned', 'spilled'] as const) meter.tally(tally, 0)
  const samples = meter.takeAll().flatMap((bucket) => samplesOf(VARIANT, bucket))

  const counts = samples
    .filter(({ dimensions }) => Object.keys(dimensions).length === 2)
    .map(({ metricName, unit, sum }) => [metricName, unit, sum])
  assert.deepEqual(counts, [
    ['ServerlessProvisionedConcurrencyInvocations', 'Count', 2],
    ['ServerlessProvisionedConcurrencySpilloverInvocations', 'Count', 1],
  ])
})

const SERVERLESS = [
  {
    what: 'that keeps environments says how many of these are at work',
    given: { maxConcurrency: 10, provisioned: 2, mean: 3 },
    told: {
      ServerlessConcurrentExecutionsUtilization: 0.3,
      ServerlessProvisionedConcurrencyExecutions: 3,
      ServerlessProvisionedConcurrencyUtilization: 1,
    },
  },
  {
    what: 'that keeps none says nothing of them',
    given: { maxConcurrency: 4, provisioned: 0, mean: 1 },
    told: { ServerlessConcurrentExecutionsUtilization: 0.25 },
  },
]
for (const { what, given, told } of SERVERLESS) {
  test(`a serverless variant ${what}`, () => {
    const samples = serverlessSamples(VARIANT, { ...given, at: new Date(0) })
    const ofOneSet = samples.filter(({ dimensions }) => Object.keys(dimensions).length === 2)
    assert.deepEqual(
      Object.fromEntries(ofOneSet.map(({ metricName, sum }) => [metricName, sum])),
      told,
    )
  })
}
