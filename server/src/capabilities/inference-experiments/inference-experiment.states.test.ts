import assert from 'node:assert/strict'
import test from 'node:test'
import {
  decideExperiment,
  type ExperimentStep,
  type ObservedEndpoint,
  variantStatus,
  wantedConfig,
} from './inference-experiment.states.ts'
import type { ExperimentRequest, InferenceExperiment } from './inference-experiment.ts'

const NOW = new Date('2030-01-08T00:00:00Z')
const LATER = new Date('2030-01-09T00:00:00Z')
const EARLIER = new Date('2030-01-07T00:00:00Z')

function variant(VariantName: string, InstanceCount = 1) {
  return {
    ModelName: `${VariantName}-model`,
    VariantName,
    InfrastructureConfig: {
      InfrastructureType: 'RealTimeInference' as const,
      RealTimeInferenceConfig: { InstanceType: 'ml.m5.large' as const, InstanceCount },
    },
  }
}

const REQUEST: ExperimentRequest = {
  Name: 'test',
  Type: 'ShadowMode',
  RoleArn: 'role',
  EndpointName: 'e',
  ModelVariants: [variant('P'), variant('S')],
  ShadowModeConfig: {
    SourceModelVariantName: 'P',
    ShadowModelVariants: [{ ShadowModelVariantName: 'S', SamplingPercentage: 25 }],
  },
}

function experiment(more: Partial<InferenceExperiment>): InferenceExperiment {
  return {
    place: { realm: 1, account: '1', region: 'us-east-1' },
    experimentName: 'test',
    experimentArn: 'arn',
    request: REQUEST,
    status: 'Created',
    startAt: EARLIER,
    endAt: LATER,
    createdAt: EARLIER,
    modifiedAt: EARLIER,
    ...more,
  }
}

const PLAN = { endpointConfigName: 'planned', asked: false }
const ASKED = { ...PLAN, asked: true }
const IN_SERVICE: ObservedEndpoint = { status: 'InService', endpointConfigName: 'before' }
const THERE: ObservedEndpoint = { status: 'InService', endpointConfigName: 'planned' }

const CASES: readonly {
  readonly because: string
  readonly experiment: Partial<InferenceExperiment>
  readonly endpoint?: ObservedEndpoint
  readonly step: ExperimentStep
}[] = [
  {
    because: 'one that is created waits for its time',
    experiment: { startAt: LATER },
    step: { step: 'wait', dueAt: LATER },
  },
  { because: 'its time has come', experiment: {}, step: { step: 'move', to: 'Starting' } },
  {
    because: 'an endpoint that is not there is made',
    experiment: { status: 'Starting', plan: PLAN },
    step: { step: 'apply' },
  },
  {
    because: 'an endpoint that is busy with something else is waited for',
    experiment: { status: 'Starting', plan: PLAN },
    endpoint: { status: 'Updating', endpointConfigName: 'before' },
    step: { step: 'wait' },
  },
  {
    because: 'control died after it had asked and before it could write that down',
    experiment: { status: 'Starting', plan: PLAN },
    endpoint: THERE,
    step: { step: 'move', to: 'Running' },
  },
  {
    because: 'an endpoint that went back to what it had did not take the shadow',
    experiment: { status: 'Starting', plan: ASKED },
    endpoint: { ...IN_SERVICE, failureReason: 'no ping' },
    step: { step: 'move', to: 'Cancelled', statusReason: 'no ping' },
  },
  {
    because: 'an endpoint that was deleted ends the experiment',
    experiment: { status: 'Running' },
    step: { step: 'move', to: 'Cancelled', statusReason: 'The endpoint was deleted.' },
  },
  {
    because: 'the schedule is over: production stays, the shadow goes',
    experiment: { status: 'Running', endAt: NOW },
    endpoint: THERE,
    step: {
      step: 'move',
      to: 'Stopping',
      stop: { actions: { P: 'Retain', S: 'Remove' }, desiredState: 'Completed' },
    },
  },
  {
    because: 'an experiment whose endpoint has what is to stay is over',
    experiment: {
      status: 'Stopping',
      plan: ASKED,
      stop: { actions: {}, desiredState: 'Cancelled', reason: 'enough' },
    },
    endpoint: THERE,
    step: { step: 'move', to: 'Cancelled', statusReason: 'enough' },
  },
]

for (const { because, experiment: more, endpoint, step } of CASES) {
  test(`decideExperiment: ${because}`, () => {
    assert.deepEqual(decideExperiment(experiment(more), endpoint, NOW), step)
  })
}

test('while it runs, the shadow has the sampling percentage as its weight beside 1', () => {
  const { ProductionVariants, ShadowProductionVariants } = wantedConfig(experiment({}), undefined)
  assert.deepEqual(
    ProductionVariants?.map((one) => [one.VariantName, one.InitialVariantWeight]),
    [['P', 1]],
  )
  assert.deepEqual(ShadowProductionVariants, [
    {
      VariantName: 'S',
      ModelName: 'S-model',
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 1,
      InitialVariantWeight: 0.25,
    },
  ])
})

test('a shadow that is promoted serves with the instances that are asked for, and nothing is in its shadow', () => {
  const stop = {
    actions: { P: 'Remove', S: 'Promote' },
    desiredVariants: [variant('S', 3)],
    desiredState: 'Completed',
  } as const
  const stopping = experiment({ status: 'Stopping', stop })
  const config = wantedConfig(stopping, undefined)
  assert.deepEqual(
    config.ProductionVariants?.map((one) => [one.VariantName, one.InitialInstanceCount]),
    [['S', 3]],
  )
  assert.equal(config.ShadowProductionVariants, undefined)
  assert.equal(variantStatus(stopping, 'P'), 'Deleting')
  assert.equal(variantStatus({ ...stopping, status: 'Completed' }, 'P'), 'Deleted')
  assert.equal(variantStatus({ ...stopping, status: 'Completed' }, 'S'), 'InService')
})

test('what is stored of an experiment ends with it, what the endpoint captured before comes back', () => {
  const request = { ...REQUEST, DataStorageConfig: { Destination: 's3://b/experiment' } }
  const before = {
    DestinationS3Uri: 's3://b/own',
    InitialSamplingPercentage: 5,
    CaptureOptions: [],
  }
  const running = experiment({ request })
  assert.equal(
    wantedConfig(running, before).DataCaptureConfig?.DestinationS3Uri,
    's3://b/experiment',
  )
  const stop = { actions: { P: 'Retain', S: 'Remove' }, desiredState: 'Completed' } as const
  const stopping = experiment({ request, status: 'Stopping', stop })
  assert.equal(wantedConfig(stopping, before).DataCaptureConfig, before)
})
