import type { AlarmReading } from '../alarms/index.ts'
import type { Deployment } from './deployment.ts'

/** What is seen of a deployment while it waits for something. */
export interface ObservedDeployment {
  readonly deployment: Deployment
  /** Why a replica of the new fleet did not come up. */
  readonly fleetFailure?: string
  readonly alarms: readonly AlarmReading[]
  readonly now: Date
}

/** Why a deployment goes back, whatever it is at; undefined when nothing is against it. */
export function objectionTo(observed: ObservedDeployment): string | undefined {
  const { deployment, fleetFailure, alarms, now } = observed
  if (deployment.command === 'Abort') {
    return 'The deployment was aborted by "sagebrush deploy abort" and rolled back.'
  }
  if (fleetFailure !== undefined) return fleetFailure
  const tripped = alarms.filter(({ stateValue }) => stateValue === 'ALARM')
  if (tripped.length > 0) return alarmText(tripped, deployment)
  if (now < deployment.deadline) return undefined
  return (
    'The deployment did not complete within its MaximumExecutionTimeoutInSeconds of ' +
    `${deployment.plan.timeoutSeconds} and was rolled back to "${deployment.fromConfigName}".`
  )
}

/** What to do about a bake that is under way. */
export type BakeDecision =
  | { readonly decision: 'RollBack'; readonly failureReason: string }
  | { readonly decision: 'Wait'; readonly until: Date }
  /** The time is over, but the new fleet has not been tried enough. */
  | { readonly decision: 'Hold'; readonly until: Date }
  | { readonly decision: 'Promote' }
  | { readonly decision: 'Pass' }

/** @param requests that the new fleet got since the bake began; asked for by deployments with a minimum only */
export function decideBake(observed: ObservedDeployment, requests: number): BakeDecision {
  const { deployment, now } = observed
  const { bakeUntil = now, deadline, plan } = deployment
  const failureReason = objectionTo(observed)
  if (failureReason !== undefined) return { decision: 'RollBack', failureReason }
  if (deployment.command === 'Promote') return { decision: 'Promote' }
  if (now < bakeUntil) return { decision: 'Wait', until: earliest(bakeUntil, deadline) }
  const isBake = (plan.phases[deployment.phase]?.wait.seconds ?? 0) > 0
  if (isBake && requests < (plan.minimumBakeRequests ?? 0)) {
    return { decision: 'Hold', until: deadline }
  }
  return { decision: 'Pass' }
}

function alarmText(tripped: readonly AlarmReading[], { fromConfigName }: Deployment): string {
  const said = tripped.map(({ alarmName, stateReason }) => `${alarmName} (${stateReason})`)
  return (
    `Alarm(s) in ALARM state: ${said.join('; ')}. The deployment was rolled back to endpoint ` +
    `configuration "${fromConfigName}".`
  )
}

export function earliest(...instants: readonly Date[]): Date {
  return new Date(Math.min(...instants.map((instant) => instant.getTime())))
}
