import assert from 'node:assert/strict'
import test from 'node:test'
import type { StepScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling'
import {
  decideScaling,
  followActivity,
  type Proposal,
  type ScalingDecision,
  type ScalingSituation,
  stepCapacity,
  trackedCapacity,
} from './scaling.states.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const SOON = new Date('2026-03-01T12:01:00Z')
const COOLDOWNS = { Out: 300, In: 300 }

/** Target tracking that sees so much of its target. */
function tracking(ratio: number, policyName = 'tracking'): Proposal {
  const direction = ratio > 1 ? 'Out' : 'In'
  return {
    kind: 'Tracking',
    policyName,
    alarmName: `alarm of ${policyName}`,
    cooldownSeconds: COOLDOWNS,
    direction,
    ratio,
  }
}

/** Step scaling that changes the capacity by so much. */
function step(change: number, policyName = 'step'): Proposal {
  return {
    kind: 'Step',
    policyName,
    alarmName: `alarm of ${policyName}`,
    cooldownSeconds: COOLDOWNS,
    steps: {
      AdjustmentType: 'ChangeInCapacity',
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: change }],
    },
    breach: 1,
    side: 'Above',
  }
}

function situation(
  proposals: readonly Proposal[],
  more: Partial<Omit<ScalingSituation, 'target'>> & {
    target?: Partial<ScalingSituation['target']>
  },
): ScalingSituation {
  const { target, ...rest } = more
  return {
    capacity: 2,
    mayTrackIn: true,
    now: NOW,
    proposals,
    ...rest,
    target: { minCapacity: 1, maxCapacity: 10, suspended: {}, ...target },
  }
}

/** What a decision comes to, in a word or a number. */
function told(decision: ScalingDecision): unknown {
  if (decision.decision === 'Scale') return decision.capacity
  return decision.decision === 'NotScaled' ? decision.reason.Code : decision.decision
}

test('target tracking asks for capacity in proportion to the metric, rounded up', () => {
  const cases: readonly [capacity: number, ratio: number, expected: number][] = [
    [2, 2, 4],
    [3, 1.01, 4],
    [10, 0.71, 8],
    [10, 0.7, 7],
    [1, 70 / 0.7 / 100, 1],
    [4, 0, 0],
    // with none the metric is that of the whole load
    [0, 1.2, 2],
    [0, 0.2, 1],
  ]
  for (const [capacity, ratio, expected] of cases) {
    assert.equal(trackedCapacity(capacity, ratio), expected, `${capacity} × ${ratio}`)
  }
})

test('step adjustments are found by the breach and rounded as AWS rounds', () => {
  // source: Application Auto Scaling User Guide, "Step adjustments": threshold 50
  const out: StepScalingPolicyConfiguration = {
    AdjustmentType: 'PercentChangeInCapacity',
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 0 },
      { MetricIntervalLowerBound: 10, MetricIntervalUpperBound: 20, ScalingAdjustment: 10 },
      { MetricIntervalLowerBound: 20, ScalingAdjustment: 30 },
    ],
  }
  const into: StepScalingPolicyConfiguration = {
    AdjustmentType: 'PercentChangeInCapacity',
    StepAdjustments: [
      { MetricIntervalLowerBound: -10, MetricIntervalUpperBound: 0, ScalingAdjustment: 0 },
      { MetricIntervalLowerBound: -20, MetricIntervalUpperBound: -10, ScalingAdjustment: -10 },
      { MetricIntervalUpperBound: -20, ScalingAdjustment: -30 },
    ],
  }
  const percent = (change: number, least?: number): StepScalingPolicyConfiguration => ({
    AdjustmentType: 'PercentChangeInCapacity',
    ...(least !== undefined && { MinAdjustmentMagnitude: least }),
    StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: change }],
  })
  const cases: readonly [StepScalingPolicyConfiguration, number, number, number, string][] = [
    [out, 9, 10, 10, 'below 60 nothing changes'],
    [out, 10, 10, 11, 'at 60 one more: 10 percent of 10'],
    [out, 20, 11, 14, 'at 70 three more: 30 percent of 11, rounded down'],
    [into, -9, 14, 14, 'above 40 nothing changes'],
    [into, -10, 14, 13, 'at 40 one less: 10 percent of 14, rounded down'],
    [into, -19, 13, 12, 'above 30 still the second step'],
    [into, -20, 13, 10, 'at 30 three less: 30 percent of 13, rounded down'],
    [percent(67), 0, 1, 2, '.67 is 1'],
    [percent(25, 2), 0, 4, 6, '25 percent of 4 is 1, but at least 2'],
    [percent(-25, 2), 0, 4, 2, 'the same downwards'],
    [percent(50), 0, 0, 0, 'of nothing nothing'],
    [percent(50, 1), 0, 0, 1, 'of nothing at least what is said'],
  ]
  for (const [steps, breach, capacity, expected, reason] of cases) {
    const found = stepCapacity({ steps, breach, side: breach < 0 ? 'Below' : 'Above' }, capacity)
    assert.equal(found, expected, reason)
  }
  const exact = {
    AdjustmentType: 'ExactCapacity' as const,
    StepAdjustments: [{ ScalingAdjustment: 5 }],
  }
  assert.equal(stepCapacity({ steps: exact, breach: 3, side: 'Above' }, 3), 5)
})

test('a breach of zero belongs to the side that the alarm is on', () => {
  const below: StepScalingPolicyConfiguration = {
    AdjustmentType: 'ChangeInCapacity',
    StepAdjustments: [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }],
  }
  assert.equal(stepCapacity({ steps: below, breach: 0, side: 'Below' }, 4), 3)
  assert.equal(stepCapacity({ steps: below, breach: 0, side: 'Above' }, 4), 4)
})

test('decideScaling: out wins, then the largest, within the bounds', () => {
  const cases: readonly [readonly Proposal[], Parameters<typeof situation>[1], unknown, string][] =
    [
      [[], {}, 'Nothing', 'nobody asks'],
      [[tracking(2)], {}, 4, 'one asks for more'],
      [[tracking(2, 'a'), tracking(3, 'b')], {}, 6, 'the largest of several'],
      [[tracking(0.5)], { capacity: 4 }, 2, 'all want less'],
      [[tracking(0.2, 'a'), tracking(0.5, 'b')], { capacity: 4 }, 2, 'the largest of several less'],
      [[tracking(0.5)], { capacity: 4, mayTrackIn: false }, 'Nothing', 'another one is not ready'],
      [
        [tracking(0.2, 'a'), tracking(1.1, 'b')],
        { capacity: 4 },
        5,
        'never in while one wants out',
      ],
      [[step(-1)], { capacity: 4, mayTrackIn: false }, 3, 'steps are not held up by tracking'],
      [[step(1, 'a'), tracking(3, 'b')], {}, 6, 'steps and tracking: the larger'],
      [[tracking(9)], {}, 10, 'not beyond the maximum'],
      [[tracking(9)], { capacity: 10 }, 'AlreadyAtMaxCapacity', 'at the maximum'],
      [[tracking(0)], { capacity: 3 }, 1, 'not below the minimum'],
      [[tracking(0)], { capacity: 1 }, 'AlreadyAtMinCapacity', 'at the minimum'],
      [
        [tracking(0)],
        { capacity: 1, target: { minCapacity: 0 } },
        0,
        'to zero where that is the minimum',
      ],
      [
        [tracking(0.8)],
        { capacity: 1 },
        'AlreadyAtDesiredCapacity',
        'rounded up it is what there is',
      ],
      [
        [tracking(2)],
        { target: { suspended: { DynamicScalingOutSuspended: true } } },
        'Nothing',
        'scale-out is suspended',
      ],
      [
        [tracking(0.5)],
        { capacity: 4, target: { suspended: { DynamicScalingInSuspended: true } } },
        'Nothing',
        'scale-in is suspended',
      ],
    ]
  for (const [proposals, more, expected, reason] of cases) {
    assert.equal(told(decideScaling(situation(proposals, more))), expected, reason)
  }
})

test('decideScaling: a scale-out that is cooling down counts what it added', () => {
  // source: Application Auto Scaling User Guide, "Cooldown period"
  const added2 = { direction: 'Out' as const, previousCapacity: 2, until: SOON }
  const cases: readonly [readonly Proposal[], unknown, string][] = [
    [[step(2)], 'Wait', 'the same again is there already'],
    [[step(3)], 5, 'of 3 more 2 are there'],
    [[tracking(2)], 'Wait', 'the metric is still that of before'],
    [[tracking(2.5)], 5, 'a larger one is made up'],
    [[tracking(0.5)], 2, 'scale-in does not wait for it'],
  ]
  for (const [proposals, expected, reason] of cases) {
    const more = { capacity: 4, target: { cooldown: added2 } }
    assert.equal(told(decideScaling(situation(proposals, more))), expected, reason)
  }
  const over = { capacity: 4, now: SOON, target: { cooldown: added2 } }
  assert.equal(told(decideScaling(situation([step(2)], over))), 6, 'once it is over it counts anew')
})

test('decideScaling: a scale-in that is cooling down holds others up, and not a scale-out', () => {
  const cooldown = { direction: 'In' as const, previousCapacity: 8, until: SOON }
  const more = { capacity: 4, target: { cooldown } }

  assert.deepEqual(decideScaling(situation([tracking(0.5)], more)), {
    decision: 'Wait',
    until: SOON,
  })
  assert.equal(told(decideScaling(situation([tracking(1.5)], more))), 6)
  assert.equal(told(decideScaling(situation([tracking(0.5)], { ...more, now: SOON }))), 2)
})

test('decideScaling says which cooldown begins and from which capacity it reckons', () => {
  const slow: Proposal = { ...tracking(2), cooldownSeconds: { Out: 7, In: 9 } }

  const decision = decideScaling(situation([slow], {}))

  assert(decision.decision === 'Scale')
  assert.deepEqual(decision.cooldown, { direction: 'Out', seconds: 7 })
  assert.equal(decision.previousCapacity, 2)
})

test('followActivity asks, waits and ends by what is seen of the variant', () => {
  const pending = { statusCode: 'Pending' as const, capacity: 3 }
  const asked = { statusCode: 'InProgress' as const, capacity: 3 }
  const cases: readonly [Parameters<typeof followActivity>, string, string][] = [
    [[pending, { desired: 1, isResting: true }], 'Ask', 'nobody has asked'],
    [[pending, { desired: 1, isResting: false }], 'Wait', 'the endpoint is being changed'],
    [[pending, { desired: 3, isResting: false }], 'Wait', 'asked by one who died'],
    [[pending, { desired: 3, isResting: true }], 'Fulfilled', 'and done meanwhile'],
    [[asked, { desired: 3, isResting: false }], 'Wait', 'on its way'],
    [[asked, { desired: 3, isResting: true }], 'Fulfilled', 'there'],
    [[asked, { desired: 1, isResting: true, failureReason: 'no' }], 'Failed', 'rolled back'],
    [[asked, { desired: 5, isResting: true }], 'Failed', 'set by somebody else'],
  ]
  for (const [parameters, expected, reason] of cases) {
    assert.equal(followActivity(...parameters).outcome, expected, reason)
  }
})
