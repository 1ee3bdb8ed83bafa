import assert from 'node:assert/strict'
import test from 'node:test'
import type { Workflow } from '../../platform/workflow/workflow.ts'
import type { DeploymentPhase, DeploymentPlan } from './deployment.ts'
import { type DeploymentActivities, deployUpdate } from './deployment.workflow.ts'
import { changeCapacity, deployEndpoint, type EndpointActivities } from './endpoint.workflow.ts'

const KEY = { endpointId: 'e', generation: 2 }
const PHASE: DeploymentPhase = {
  capacity: 'full',
  variants: [],
  wait: { member: 'WaitIntervalInSeconds', seconds: 0 },
}
const PLAN: DeploymentPlan = {
  strategy: 'Rolling',
  phases: [{ ...PHASE, presentCountsAfter: { V: 1 } }, PHASE],
  present: [],
  timeoutSeconds: 600,
  alarmNames: [],
}
const TURN = { presentCounts: {}, share: 0, nextCounts: {}, grows: true }
const PASSED = { outcome: 'Passed' } as const
const FAILED = { outcome: 'Failed', failureReason: 'no ping' } as const

/** A story that is told once, without a journal. @returns what it did, in its order */
async function tell(
  story: (workflow: Workflow, activities: DeploymentActivities) => Promise<void>,
  more: Partial<DeploymentActivities> = {},
): Promise<readonly string[]> {
  const done: string[] = []
  const nothing = async (): Promise<void> => undefined
  const passed = async () => PASSED
  const activities: DeploymentActivities = {
    readPlan: async () => PLAN,
    checkAlarms: passed,
    launch: nothing,
    awaitCapacity: passed,
    shiftTraffic: nothing,
    awaitRouted: nothing,
    bake: passed,
    endBatch: nothing,
    awaitRetired: nothing,
    complete: nothing,
    beginRollback: async () => [TURN, TURN],
    restore: nothing,
    awaitRestored: passed,
    giveBack: nothing,
    endRollback: nothing,
    giveUpRollback: nothing,
    settle: nothing,
    ...more,
  }
  const workflow: Workflow = {
    workflowId: 'w',
    activity: (name, work) => {
      done.push(name)
      return work()
    },
  }
  await story(workflow, activities)
  return done
}

const deploy = (workflow: Workflow, activities: DeploymentActivities) =>
  deployUpdate(workflow, activities, KEY)

const END = ['await the end of what retires', 'settle']
const ROLLBACK = [
  ...['begin the rollback', 'restore capacity', 'await restored capacity', 'give back traffic'],
  ...[
    'await gateways',
    'await the end of the batch',
    'restore capacity',
    'await restored capacity',
  ],
  ...['end the rollback', 'await gateways'],
]

test('a deployment walks its phases, then the new fleet serves alone', async () => {
  assert.deepEqual(await tell(deploy), [
    ...['read the plan', 'check the alarms'],
    ...['launch', 'await capacity', 'shift traffic', 'await gateways', 'bake'],
    ...['end the batch', 'await gateways', 'await the end of the batch'],
    ...['launch', 'await capacity', 'shift traffic', 'await gateways', 'bake'],
    ...['complete', 'await gateways', ...END],
  ])
})

test('a deployment that something is against goes back, turn by turn', async () => {
  const reasons: string[] = []
  const done = await tell(deploy, {
    bake: async () => FAILED,
    beginRollback: async (_, reason) => {
      reasons.push(reason)
      return [TURN, TURN]
    },
  })

  assert.deepEqual(done.slice(done.indexOf('bake') + 1), [...ROLLBACK, ...END])
  assert.deepEqual(reasons, ['no ping'])
})

test('an activity that no attempt could save rolls the deployment back, with what it said', async () => {
  const reasons: string[] = []
  const done = await tell(deploy, {
    shiftTraffic: () => Promise.reject(new Error('the disk is full')),
    beginRollback: async (_, reason) => {
      reasons.push(reason)
      return [TURN]
    },
  })

  assert.deepEqual(done.slice(-2), END)
  assert.match(reasons[0] ?? '', /^An internal error .*: the disk is full$/)
})

test('a rollback that fails, by its capacity or by a fault, is given up and the endpoint rests', async () => {
  for (const awaitRestored of [async () => FAILED, () => Promise.reject(new Error('no ping'))]) {
    const reasons: string[] = []
    const done = await tell(deploy, {
      bake: async () => FAILED,
      awaitRestored,
      giveUpRollback: async (_, reason) => {
        reasons.push(reason)
      },
    })

    assert.deepEqual(done.slice(-3), ['give up the rollback', ...END])
    assert.match(reasons[0] ?? '', /no ping$/)
  }
})

test('a deployment whose endpoint is gone ends without a word', async () => {
  const gone = { outcome: 'Gone' } as const
  assert.deepEqual(await tell(deploy, { readPlan: async () => undefined }), ['read the plan'])
  assert.equal((await tell(deploy, { awaitCapacity: async () => gone })).at(-1), 'await capacity')
})

test('a creation and a change of capacity end too when an activity cannot be saved', async () => {
  const told: string[] = []
  const nothing = async (): Promise<void> => undefined
  const activities: EndpointActivities = {
    awaitFleet: () => Promise.reject(new Error('the disk is full')),
    shiftTraffic: nothing,
    giveUpFleet: async (_, reason) => void told.push(`give up: ${reason}`),
    applyTargets: nothing,
    rollBack: async () => void told.push('roll back'),
    awaitRouted: nothing,
    awaitRetired: nothing,
    settle: async (_, reason) => void told.push(`settle: ${reason}`),
    deleteEndpoint: nothing,
  }
  const workflow: Workflow = { workflowId: 'w', activity: (_, work) => work() }
  const reason = /An internal error .*: the disk is full/

  await deployEndpoint(workflow, activities, KEY)
  assert.match(told[0] ?? '', new RegExp(`^give up: ${reason.source}`))
  assert.match(told[1] ?? '', reason)
  await changeCapacity(workflow, activities, { ...KEY, growing: [], previous: [] })
  assert.equal(told[2], 'roll back')
  assert.match(told[3] ?? '', reason)
})
