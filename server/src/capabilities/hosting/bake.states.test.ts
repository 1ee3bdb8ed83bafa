import assert from 'node:assert/strict'
import test from 'node:test'
import type { AlarmReading } from '../alarms/index.ts'
import { decideBake, type ObservedDeployment, objectionTo } from './bake.states.ts'
import type { Deployment } from './deployment.ts'

const NOW = new Date('2026-03-01T12:00:00Z')

function at(offsetSeconds: number): Date {
  return new Date(NOW.getTime() + offsetSeconds * 1_000)
}

function deployment(more: Partial<Deployment> = {}, minimumBakeRequests?: number): Deployment {
  const wait = { member: 'WaitIntervalInSeconds', seconds: 300 } as const
  return {
    endpointId: 'e',
    generation: 2,
    fromConfigName: 'config-1',
    toConfigName: 'config-2',
    plan: {
      strategy: 'Canary',
      phases: [{ capacity: 'canary', variants: [], wait }],
      present: [],
      timeoutSeconds: 1_800,
      alarmNames: ['errors'],
      ...(minimumBakeRequests !== undefined && { minimumBakeRequests }),
    },
    phase: 0,
    stage: 'Baking',
    since: at(-100),
    bakeUntil: at(200),
    status: 'InProgress',
    startedAt: at(-200),
    deadline: at(1_600),
    ...more,
  }
}

function alarm(stateValue: AlarmReading['stateValue']): AlarmReading {
  return {
    alarmName: 'errors',
    alarmArn: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors',
    stateValue,
    stateReason: 'Threshold Crossed',
    stateUpdatedAt: NOW,
  }
}

function observed(more: Partial<ObservedDeployment> = {}): ObservedDeployment {
  return { deployment: deployment(), alarms: [alarm('OK')], now: NOW, ...more }
}

test('a bake waits until its time is over, or the deployment is', () => {
  assert.deepEqual(decideBake(observed(), 0), { decision: 'Wait', until: at(200) })
  const late = deployment({ deadline: at(50) })
  assert.deepEqual(decideBake(observed({ deployment: late }), 0), {
    decision: 'Wait',
    until: at(50),
  })
  assert.equal(decideBake(observed({ now: at(200) }), 0).decision, 'Pass')
})

test('a bake in which an alarm is in ALARM goes back, at its very end too; missing data does not', () => {
  for (const now of [NOW, at(200)]) {
    const decision = decideBake(observed({ alarms: [alarm('ALARM')], now }), 0)
    assert.equal(decision.decision, 'RollBack')
  }
  const unsure = observed({ alarms: [alarm('INSUFFICIENT_DATA')], now: at(200) })
  assert.equal(decideBake(unsure, 0).decision, 'Pass')
})

test('a bake that saw too few requests holds when its time is over, until the deployment times out', () => {
  const picky = deployment({}, 100)

  assert.equal(decideBake(observed({ deployment: picky }), 0).decision, 'Wait')
  const over = observed({ deployment: picky, now: at(200) })
  assert.deepEqual(decideBake(over, 99), { decision: 'Hold', until: at(1_600) })
  assert.equal(decideBake(over, 100).decision, 'Pass')
  const timedOut = observed({ deployment: picky, now: at(1_600) })
  assert.equal(decideBake(timedOut, 99).decision, 'RollBack')
})

test('a phase that waits for nothing does not hold for requests', () => {
  const { plan, ...others } = deployment({ bakeUntil: NOW }, 100)
  const phases = plan.phases.map((phase) => ({ ...phase, wait: { ...phase.wait, seconds: 0 } }))
  const quick = { ...others, plan: { ...plan, phases } }

  assert.equal(decideBake(observed({ deployment: quick }), 0).decision, 'Pass')
})

test('a person ends a bake early, forwards or back; an alarm counts more than a promotion', () => {
  const promoted = deployment({ command: 'Promote' }, 100)
  assert.equal(decideBake(observed({ deployment: promoted }), 0).decision, 'Promote')
  const alarmed = observed({ deployment: promoted, alarms: [alarm('ALARM')] })
  assert.equal(decideBake(alarmed, 0).decision, 'RollBack')
  const aborted = observed({ deployment: deployment({ command: 'Abort' }) })
  assert.match(objectionTo(aborted) ?? '', /aborted/)
})

test('what is against a deployment names the cause', () => {
  assert.equal(objectionTo(observed()), undefined)
  assert.equal(
    objectionTo(observed({ alarms: [alarm('ALARM')] })),
    'Alarm(s) in ALARM state: errors (Threshold Crossed). The deployment was rolled back to endpoint ' +
      'configuration "config-1".',
  )
  assert.equal(objectionTo(observed({ fleetFailure: 'no ping' })), 'no ping')
  assert.match(objectionTo(observed({ now: at(1_600) })) ?? '', /TimeoutInSeconds of 1800/)
})
