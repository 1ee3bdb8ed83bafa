import { Refusal } from '../../base/refusal.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import type { AlarmReading } from '../alarms/index.ts'
import {
  listDecisions,
  listDeployments,
  readPresentDeployment,
  setDeploymentCommand,
} from './deployment.store.ts'
import type { Deployment, DeploymentCommand, DeploymentDecision } from './deployment.ts'
import { findEndpoint } from './endpoint.store.ts'
import { changeEndpoint } from './endpoint-state.ts'

/** What a person or a test suite asks about deployments. */
export interface DeploymentQuestion {
  readonly endpoint?: unknown
  /** The installation's own when absent. */
  readonly region?: unknown
}

/** A deployment with every decision that was taken, as people and test suites read it. */
export interface DeploymentRecord {
  readonly endpointName: string
  readonly endpointArn: string
  /** Grows with each deployment of the endpoint; numbers may be left out. */
  readonly number: number
  readonly strategy: string
  readonly status: string
  readonly failureReason?: string
  readonly from: string
  readonly to: string
  readonly startedAt: Date
  readonly endedAt?: Date
  readonly deadline: Date
  readonly durationSeconds: number
  readonly stage?: string
  readonly alarmNames: readonly string[]
  readonly minimumBakeRequests?: number
  readonly decisions: readonly (Omit<DeploymentDecision, 'detail'> &
    Readonly<Record<string, unknown>>)[]
}

/** The record of an endpoint's deployments, oldest first. @throws Refusal when there is no such endpoint */
export async function recordOf(
  platform: Platform,
  place: Place,
  asked: unknown,
): Promise<readonly DeploymentRecord[]> {
  const { database, clock } = platform
  const { endpointId, endpointName, endpointArn } = await requireEndpoint(platform, place, asked)
  const records: DeploymentRecord[] = []
  for (const deployment of await listDeployments(database, endpointId)) {
    const decisions = await listDecisions(database, deployment)
    const record = toRecord(deployment, decisions, clock.now())
    records.push({ endpointName, endpointArn, ...record })
  }
  return records
}

/**
 * Asks the deployment that is under way to go back now, or to end its bake now and go on.
 *
 * @throws Refusal when none is under way, or it is where that cannot be
 */
export async function commandDeployment(
  platform: Platform,
  place: Place,
  asked: unknown,
): Promise<{ readonly endpointName: string; readonly command: DeploymentCommand }> {
  const command = commandOf(asked)
  const { endpointId, endpointName } = await requireEndpoint(platform, place, asked)
  await changeEndpoint(platform, endpointId, async (transaction) => {
    const deployment = await readPresentDeployment(transaction, endpointId)
    if (!deployment) throw new Refusal(`no deployment of ${endpointName} is under way`)
    const refusal = refusalOf(deployment, command)
    if (refusal !== undefined) throw new Refusal(refusal)
    await setDeploymentCommand(transaction, deployment, command)
  })
  return { endpointName, command }
}

function refusalOf({ stage, plan, phase }: Deployment, command: DeploymentCommand) {
  if (stage === 'RollingBack') return 'the deployment is being rolled back already'
  const isOver = stage === 'Terminating' && phase === plan.phases.length - 1
  if (isOver) return 'the deployment is over: the old fleet is being ended'
  if (command === 'Promote' && stage !== 'Baking') {
    return `there is no bake to end: the deployment is at ${stage}; try again when it bakes`
  }
  return undefined
}

function commandOf(asked: unknown): DeploymentCommand {
  const command = (asked as { command?: unknown } | undefined)?.command
  if (command === 'abort') return 'Abort'
  if (command === 'promote') return 'Promote'
  throw new Refusal('give "command": "abort" or "promote"')
}

async function requireEndpoint({ database, config }: Platform, place: Place, asked: unknown) {
  const { endpoint: name, region = config.region } = (asked ?? {}) as DeploymentQuestion
  if (typeof name !== 'string' || typeof region !== 'string') {
    throw new Refusal('give the endpoint\'s name as "endpoint"')
  }
  const endpoint = await findEndpoint(database, { ...place, region }, name)
  if (!endpoint) throw new Refusal(`there is no endpoint ${name} in ${region}`)
  return endpoint
}

function toRecord(
  deployment: Deployment,
  decisions: readonly DeploymentDecision[],
  now: Date,
): Omit<DeploymentRecord, 'endpointName' | 'endpointArn'> {
  const { plan, startedAt, endedAt, failureReason } = deployment
  const { minimumBakeRequests } = plan
  return {
    number: deployment.generation,
    strategy: plan.strategy,
    status: deployment.status,
    ...(failureReason !== undefined && { failureReason }),
    from: deployment.fromConfigName,
    to: deployment.toConfigName,
    startedAt,
    ...(endedAt && { endedAt }),
    deadline: deployment.deadline,
    durationSeconds: secondsBetween(startedAt, endedAt ?? now),
    ...(!endedAt && { stage: deployment.stage }),
    alarmNames: plan.alarmNames,
    ...(minimumBakeRequests !== undefined && { minimumBakeRequests }),
    decisions: decisions.map(({ at, decision, cause, detail }, index) => ({
      at,
      secondsSinceBefore: secondsBetween(decisions[index - 1]?.at ?? startedAt, at),
      decision,
      cause,
      ...detail,
      ...(detail.alarms && { alarms: detail.alarms.map(recordedAlarm) }),
    })),
  }
}

/** An alarm with the values that it saw as they are, not as text. */
function recordedAlarm({ stateReasonData, ...alarm }: AlarmReading) {
  if (stateReasonData === undefined) return alarm
  return { ...alarm, stateReasonData: JSON.parse(stateReasonData) as unknown }
}

function secondsBetween(from: Date, to: Date): number {
  return Math.round((to.getTime() - from.getTime()) / 100) / 10
}
