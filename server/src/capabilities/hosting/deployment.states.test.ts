import assert from 'node:assert/strict'
import test from 'node:test'
import type { CapacitySize, DeploymentConfig } from '@aws-sdk/client-sagemaker'
import { planDeployment, planRollback } from './deployment.states.ts'
import type { DeploymentPhase, PresentFleet } from './deployment.ts'
import type { FleetVariant } from './fleet.ts'

function variant(desiredInstanceCount: number, variantName = 'V'): FleetVariant {
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
    instanceCount: 0,
    desiredInstanceCount,
  }
}

function present(counts: Record<string, number>): PresentFleet {
  return { generation: 1, endpointConfigName: 'config-1', share: 1, counts }
}

function percent(Value: number): CapacitySize {
  return { Type: 'CAPACITY_PERCENT', Value }
}

function instances(Value: number): CapacitySize {
  return { Type: 'INSTANCE_COUNT', Value }
}

function canary(CanarySize: CapacitySize): DeploymentConfig {
  const TrafficRoutingConfiguration = {
    Type: 'CANARY',
    WaitIntervalInSeconds: 300,
    CanarySize,
  } as const
  return { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration, TerminationWaitInSeconds: 120 } }
}

function linear(LinearStepSize: CapacitySize): DeploymentConfig {
  const TrafficRoutingConfiguration = {
    Type: 'LINEAR',
    WaitIntervalInSeconds: 180,
    LinearStepSize,
  } as const
  return { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration, TerminationWaitInSeconds: 60 } }
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

function allAtOnce(WaitIntervalInSeconds: number, TerminationWaitInSeconds: number) {
  const TrafficRoutingConfiguration = { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds } as const
  return { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration, TerminationWaitInSeconds } }
}

/** `canary V 33% on 1 of 3, wait 300`, for rolling with `, old 3→2`. */
function inShort(phase: DeploymentPhase): string {
  const variants = phase.variants.map(
    ({ variantName, share, activeCount, instanceCount }) =>
      `${variantName} ${Math.round(share * 100)}% on ${activeCount} of ${instanceCount}`,
  )
  const { presentCounts: old, presentCountsAfter: after } = phase
  const batch = old && after ? `, old ${old.V}→${after.V}` : ''
  return `${phase.capacity} ${variants.join(', ')}, wait ${phase.wait.seconds}${batch}`
}

const PLANS: readonly {
  readonly because: string
  readonly config: DeploymentConfig | undefined
  readonly next: readonly FleetVariant[]
  readonly old?: Record<string, number>
  readonly phases: readonly string[]
}[] = [
  {
    because: 'without a policy everything moves at once and nothing is waited for',
    config: undefined,
    next: [variant(2)],
    phases: ['full V 100% on 2 of 2, wait 0'],
  },
  {
    because: 'all at once is watched for the termination wait',
    config: allAtOnce(0, 600),
    next: [variant(2)],
    phases: ['full V 100% on 2 of 2, wait 600'],
  },
  {
    because: 'an interval that all at once does not need comes before the other wait',
    config: allAtOnce(300, 600),
    next: [variant(2)],
    phases: ['full V 100% on 2 of 2, wait 300', 'full V 100% on 2 of 2, wait 600'],
  },
  {
    because: "the canary of AWS's notebook: one instance of three, then all",
    config: canary(instances(1)),
    next: [variant(3)],
    phases: ['canary V 33% on 1 of 3, wait 300', 'full V 100% on 3 of 3, wait 120'],
  },
  {
    because: 'a percentage is kept to even where there are not so many instances',
    config: canary(percent(10)),
    next: [variant(1)],
    phases: ['canary V 10% on 1 of 1, wait 300', 'full V 100% on 1 of 1, wait 120'],
  },
  {
    because: 'a canary gets no less capacity than its share needs',
    config: canary(percent(50)),
    next: [variant(3)],
    phases: ['canary V 50% on 2 of 3, wait 300', 'full V 100% on 3 of 3, wait 120'],
  },
  {
    because: 'three linear steps of 33 % are the whole',
    config: linear(percent(33)),
    next: [variant(3)],
    phases: [
      'partial V 33% on 1 of 3, wait 180',
      'partial V 66% on 2 of 3, wait 180',
      'full V 100% on 3 of 3, wait 60',
    ],
  },
  {
    because: 'the last linear step is what is left',
    config: linear(percent(40)),
    next: [variant(10)],
    phases: [
      'partial V 40% on 4 of 10, wait 180',
      'partial V 80% on 8 of 10, wait 180',
      'full V 100% on 10 of 10, wait 60',
    ],
  },
  {
    because: 'linear steps by instances',
    config: linear(instances(1)),
    next: [variant(2)],
    phases: ['partial V 50% on 1 of 2, wait 180', 'full V 100% on 2 of 2, wait 60'],
  },
  {
    because: 'each variant goes its own way when it is counted by instances',
    config: linear(instances(1)),
    next: [variant(2, 'A'), variant(4, 'B')],
    phases: [
      'partial A 50% on 1 of 2, B 25% on 1 of 4, wait 180',
      'partial A 100% on 2 of 2, B 50% on 2 of 4, wait 180',
      'partial A 100% on 2 of 2, B 75% on 3 of 4, wait 180',
      'full A 100% on 2 of 2, B 100% on 4 of 4, wait 60',
    ],
  },
  {
    because: 'rolling replaces instance by instance and waits after each, the last one too',
    config: rolling(percent(33)),
    next: [variant(3)],
    old: { V: 3 },
    phases: [
      'partial V 25% on 1 of 1, wait 180, old 3→2',
      'partial V 50% on 2 of 2, wait 180, old 2→1',
      'full V 75% on 3 of 3, wait 180, old 1→0',
    ],
  },
  {
    because: 'rolling out more instances never has fewer than before',
    config: rolling(percent(50)),
    next: [variant(4)],
    old: { V: 2 },
    phases: [
      'partial V 50% on 2 of 2, wait 180, old 2→1',
      'full V 80% on 4 of 4, wait 180, old 1→0',
    ],
  },
  {
    because: 'rolling out fewer instances never has fewer than after',
    config: rolling(percent(50)),
    next: [variant(2)],
    old: { V: 4 },
    phases: [
      'partial V 20% on 1 of 1, wait 180, old 4→2',
      'full V 50% on 2 of 2, wait 180, old 2→0',
    ],
  },
]

for (const { because, config, next, old = { V: 9 }, phases } of PLANS) {
  test(`planDeployment: ${because}`, () => {
    const plan = planDeployment({ config, next, present: [present(old)] })

    assert.deepEqual(plan.phases.map(inShort), phases)
  })
}

test('planDeployment: capacity never falls below the smaller of what was and what shall be', () => {
  for (let before = 1; before <= 12; before++) {
    for (let after = 1; after <= 12; after++) {
      for (const size of [5, 20, 33, 50].map(percent)) {
        const { phases } = planDeployment({
          config: rolling(size),
          next: [variant(after)],
          present: [present({ V: before })],
        })
        for (const { variants, presentCountsAfter = {} } of phases) {
          const capacity = (variants[0]?.instanceCount ?? 0) + (presentCountsAfter.V ?? 0)
          assert.ok(capacity >= Math.min(before, after), `${before} → ${after} by ${size.Value} %`)
        }
        assert.equal(phases.at(-1)?.variants[0]?.instanceCount, after)
        assert.equal(phases.at(-1)?.presentCountsAfter?.V, 0)
      }
    }
  }
})

test('planDeployment takes alarms once each, and the time-out, or the longest', () => {
  const config: DeploymentConfig = {
    ...canary(percent(10)),
    AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'a' }, { AlarmName: 'a' }] },
  }
  const plan = planDeployment({ config, next: [variant(1)], present: [present({ V: 1 })] })

  assert.deepEqual(plan.alarmNames, ['a'])
  assert.equal(plan.timeoutSeconds, 28_800)
})

test('planRollback: blue/green gives all traffic back at once and waits for nothing', () => {
  const plan = planDeployment({
    config: canary(instances(1)),
    next: [variant(3)],
    present: [present({ V: 3 })],
  })

  assert.deepEqual(planRollback(plan, { present: { V: 3 }, next: { V: 3 } }), [
    { presentCounts: { V: 3 }, share: 0, nextCounts: { V: 3 }, grows: false },
  ])
})

test('planRollback: rolling brings all old capacity back before any traffic, unless it has a batch size', () => {
  const update = { next: [variant(4)], present: [present({ V: 4 })] }
  const reached = { present: { V: 1 }, next: { V: 3 } }

  const atOnce = planDeployment({ config: rolling(instances(1)), ...update })
  assert.deepEqual(planRollback(atOnce, reached), [
    { presentCounts: { V: 4 }, share: 0, nextCounts: { V: 3 }, grows: true },
  ])

  const inBatches = planDeployment({ config: rolling(instances(1), instances(1)), ...update })
  assert.deepEqual(planRollback(inBatches, reached), [
    { presentCounts: { V: 2 }, share: 0.5, nextCounts: { V: 2 }, grows: true },
    { presentCounts: { V: 3 }, share: 0.25, nextCounts: { V: 1 }, grows: true },
    { presentCounts: { V: 4 }, share: 0, nextCounts: { V: 3 }, grows: true },
  ])

  const whole = planDeployment({ config: rolling(instances(1), percent(100)), ...update })
  assert.equal(planRollback(whole, reached).length, 1)
})
