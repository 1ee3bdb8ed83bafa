import type { AlarmReading } from '../alarms/index.ts'

/** How an update's requests move from the fleet that serves to the one that is launched. */
export type DeploymentStrategy = 'AllAtOnce' | 'Canary' | 'Linear' | 'Rolling'

/** By variant, how many instances. */
export type InstanceCounts = Readonly<Record<string, number>>

/** The whole of an update, decided at its beginning. */
export interface DeploymentPlan {
  readonly strategy: DeploymentStrategy
  readonly phases: readonly DeploymentPhase[]
  /**
   * The fleets that have the requests at the beginning, with shares that sum to 1: the one that serves, after
   * it one that a failed rollback left. Only the first one's counts change before the end.
   */
  readonly present: readonly PresentFleet[]
  /** After this long the deployment is rolled back. */
  readonly timeoutSeconds: number
  readonly alarmNames: readonly string[]
  /** How many instances a rollback replaces at once; absent: all, before any traffic moves. */
  readonly rollbackBatch?: number
  /** A bake in which the new fleet got fewer requests holds instead of passing. */
  readonly minimumBakeRequests?: number
}

export interface PresentFleet {
  readonly generation: number
  readonly endpointConfigName: string
  readonly share: number
  /** What a rollback comes back to. */
  readonly counts: InstanceCounts
}

/** What a wait is called in the deployment's configuration. */
export type WaitMember = 'WaitIntervalInSeconds' | 'TerminationWaitInSeconds'

/** One shift of traffic: capacity comes up, gets its share, is watched, and takes the place of old capacity. */
export interface DeploymentPhase {
  /** Which part of the new fleet gets requests, in the words of AWS's status messages. */
  readonly capacity: 'canary' | 'partial' | 'full'
  readonly variants: readonly PhaseVariant[]
  readonly wait: { readonly member: WaitMember; readonly seconds: number }
  /** Of the first present fleet, beside the new one and after the wait; absent: all that it had. */
  readonly presentCounts?: InstanceCounts
  readonly presentCountsAfter?: InstanceCounts
}

/** A variant of the new fleet. */
export interface PhaseVariant {
  readonly variantName: string
  /** Instances that are up. */
  readonly instanceCount: number
  /** Those of them that get requests. */
  readonly activeCount: number
  /** The share of the variant's requests that they get, 0 to 1. */
  readonly share: number
}

/** What is being done of a phase, and what follows the last one. */
export type DeploymentStage =
  | 'Launching'
  | 'ActivatingTraffic'
  | 'Baking'
  | 'Terminating'
  | 'RollingBack'

export type DeploymentStatus = 'InProgress' | 'Succeeded' | 'RolledBack' | 'RollbackFailed'

/** What a person may ask of a deployment. */
export type DeploymentCommand = 'Abort' | 'Promote'

export interface Deployment {
  readonly endpointId: string
  /** Of the fleet that it launches; also its number among the endpoint's deployments. */
  readonly generation: number
  readonly fromConfigName: string
  readonly toConfigName: string
  readonly plan: DeploymentPlan
  readonly phase: number
  readonly stage: DeploymentStage
  readonly since: Date
  readonly bakeUntil?: Date
  readonly command?: DeploymentCommand
  readonly status: DeploymentStatus
  readonly failureReason?: string
  readonly startedAt: Date
  readonly deadline: Date
  readonly endedAt?: Date
}

/** One line of a deployment's record. */
export interface DeploymentDecision {
  readonly at: Date
  readonly decision: DecisionName
  readonly cause: string
  readonly detail: DecisionDetail
}

export type DecisionName =
  | 'Started'
  | 'CapacityReady'
  | 'TrafficShifted'
  | 'BakeStarted'
  | 'BakeHeld'
  | 'BakePassed'
  | 'BakePromoted'
  | 'AlarmDeleted'
  | 'InstancesTerminated'
  | 'RollbackStarted'
  | 'RolledBack'
  | 'RollbackFailed'
  | 'Completed'

export interface DecisionDetail {
  /** By configuration, the shares of requests from now on. */
  readonly shares?: Readonly<Record<string, number>>
  /** By configuration and variant, the instances that answer. */
  readonly instances?: Readonly<Record<string, InstanceCounts>>
  /** What the named alarms said, with the values of metrics that they saw. */
  readonly alarms?: readonly AlarmReading[]
  /** How many requests the new fleet got during the bake. */
  readonly requests?: number
}
