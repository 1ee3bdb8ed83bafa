import assert from 'node:assert/strict'
import test from 'node:test'
import type {
  CapacitySize,
  DeploymentConfig,
  TrafficRoutingConfig,
} from '@aws-sdk/client-sagemaker'
import { validateDeployment, validateDeploymentConfig } from './deployment.validation.ts'
import type { FleetVariant } from './fleet.ts'

function variant(variantName: string, desiredInstanceCount: number): FleetVariant {
  return {
    variantName,
    production: { VariantName: variantName },
    container: {},
    executionRoleArn: 'arn:aws:iam::123456789012:role/r',
    networkIsolation: false,
    resolvedImage: 'runtime',
    resolvedAt: '2026-03-01T12:00:00Z',
    weight: 1,
    desiredWeight: 1,
    instanceCount: desiredInstanceCount,
    desiredInstanceCount,
  }
}

function percent(Value: number): CapacitySize {
  return { Type: 'CAPACITY_PERCENT', Value }
}

function instances(Value: number): CapacitySize {
  return { Type: 'INSTANCE_COUNT', Value }
}

function routing(more: Partial<TrafficRoutingConfig>): DeploymentConfig {
  const TrafficRoutingConfiguration: TrafficRoutingConfig = {
    Type: 'ALL_AT_ONCE',
    WaitIntervalInSeconds: 300,
    ...more,
  }
  return { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration } }
}

function rolling(MaximumBatchSize: CapacitySize, rollback?: CapacitySize): DeploymentConfig {
  return {
    RollingUpdatePolicy: {
      MaximumBatchSize,
      WaitIntervalInSeconds: 180,
      ...(rollback && { RollbackMaximumBatchSize: rollback }),
    },
  }
}

const CANARY = { Type: 'CANARY', CanarySize: percent(10) } as const

const CONFIGS: readonly { config: DeploymentConfig; refusal?: RegExp }[] = [
  { config: {} },
  { config: routing({}) },
  { config: routing(CANARY) },
  { config: routing({ ...CANARY, CanarySize: percent(50) }) },
  { config: routing({ ...CANARY, CanarySize: percent(51) }), refusal: /less than or equal to 50%/ },
  { config: routing({ Type: 'CANARY' }), refusal: /CanarySize is required/ },
  { config: routing({ Type: 'LINEAR' }), refusal: /LinearStepSize is required/ },
  { config: routing({ ...CANARY, Type: 'LINEAR' }), refusal: /LinearStepSize is required/ },
  { config: routing({ CanarySize: percent(10) }), refusal: /CanarySize cannot be specified/ },
  {
    config: routing({ ...CANARY, LinearStepSize: percent(10) }),
    refusal: /LinearStepSize cannot be specified/,
  },
  { config: routing({ Type: 'LINEAR', LinearStepSize: percent(10) }) },
  {
    config: routing({ Type: 'LINEAR', LinearStepSize: percent(9) }),
    refusal: /LinearStepSize is 9 percent: its value must be between 10% and 50%/,
  },
  { config: rolling(percent(5)) },
  { config: rolling(percent(4)), refusal: /MaximumBatchSize is 4 percent.*between 5% and 50%/ },
  { config: rolling(percent(50), percent(100)) },
  { config: rolling(percent(50), percent(101)), refusal: /RollbackMaximumBatchSize/ },
  {
    config: { ...routing({}), ...rolling(percent(50)) },
    refusal: /only one update policy can be used/,
  },
  {
    config: {
      BlueGreenUpdatePolicy: {
        ...routing({ ...CANARY, WaitIntervalInSeconds: 600 }).BlueGreenUpdatePolicy,
        TrafficRoutingConfiguration: { ...CANARY, WaitIntervalInSeconds: 600 },
        TerminationWaitInSeconds: 600,
        MaximumExecutionTimeoutInSeconds: 1_200,
      },
    },
    refusal: /must be larger than the total waiting time of 1200 seconds/,
  },
]

for (const { config, refusal } of CONFIGS) {
  test(`a deployment configuration is ${refusal ? `refused: ${refusal.source}` : 'accepted'}: ${JSON.stringify(config)}`, () => {
    if (refusal) assert.throws(() => validateDeploymentConfig(config), { message: refusal })
    else validateDeploymentConfig(config)
  })
}

test('sizes by count are held against the instances of each variant', () => {
  const validate = (config: DeploymentConfig, count: number) => () =>
    validateDeployment(config, { present: [variant('V', 1)], next: [variant('V', count)] })
  const canary = routing({ ...CANARY, CanarySize: instances(1) })
  const linear = routing({ Type: 'LINEAR', LinearStepSize: instances(1) })

  validate(canary, 2)()
  assert.throws(validate(canary, 1), { message: /1 of variant "V"'s 1 instance\(s\)/ })
  validate(linear, 10)()
  assert.throws(validate(linear, 11), { message: /between 10% and 50%/ })
  validate(rolling(instances(1)), 20)()
  assert.throws(validate(rolling(instances(1)), 21), { message: /between 5% and 50%/ })
  validate(rolling(instances(1), instances(3)), 3)()
  assert.throws(validate(rolling(instances(1), instances(4)), 3), { message: /100%/ })
})

test('steps need the same variants, rolling one that is not serverless; all at once needs neither', () => {
  const two = [variant('A', 2), variant('B', 2)]
  const fleets = { present: two, next: [variant('A', 2), variant('C', 2)] }

  assert.throws(() => validateDeployment(routing(CANARY), fleets), {
    message: /"A, C".*must have the same names as the present ones, "A, B"/,
  })
  validateDeployment(routing({}), fleets)
  validateDeployment(undefined, fleets)
  validateDeployment(routing(CANARY), { present: two, next: two })
  assert.throws(() => validateDeployment(rolling(percent(50)), { present: two, next: two }), {
    message: /not supported for endpoints with several production variants/,
  })
  const serverless = [
    { ...variant('A', 2), production: { VariantName: 'A', ServerlessConfig: {} } },
  ] as unknown as readonly FleetVariant[]
  assert.throws(
    () => validateDeployment(rolling(percent(50)), { present: serverless, next: serverless }),
    { message: /not supported for serverless endpoints/ },
  )
})
