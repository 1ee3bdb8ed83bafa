import type { SteerableClock } from '../../base/steerable-clock.ts'
import type { FaultTable } from '../../capabilities/faults/index.ts'
import type { RoutedVariant, RouteTable } from '../../capabilities/inference/index.ts'
import type { CredentialSource } from '../../wire/handler.ts'
import type { CaptureTaps } from './capture-taps.ts'
import type { ContainerAnswer } from './container-answer.ts'
import type { Invocation } from './invocation.ts'
import type { ReplicaConnections } from './replica-connections.ts'
import type { ShadowCopies } from './shadow-copies.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** What invocations are bounded by. */
export interface InvocationLimits {
  /** AWS's limit of a request's and a response's body. */
  readonly bodyBytesMax: number
  /** AWS's time for a container to answer. */
  readonly modelTimeoutMs: number
  /** AWS's time for a container to stream its whole answer. */
  readonly streamTimeoutMs: number
}

export const INVOCATION_LIMITS: InvocationLimits = {
  bodyBytesMax: 25 * 1024 * 1024,
  modelTimeoutMs: 60_000,
  streamTimeoutMs: 8 * 60_000,
}

/** All that invocations share. */
export interface InvocationServices {
  readonly table: RouteTable
  readonly connections: ReplicaConnections
  readonly waitingRoom: WaitingRoom
  readonly captures: CaptureTaps
  readonly faults: FaultTable
  readonly shadows: ShadowCopies
  readonly credentials: CredentialSource
  readonly limits: InvocationLimits
  /** The platform's clock. */
  readonly clock: SteerableClock
  /** A request is held for want of an environment of a serverless variant. */
  readonly wanted: (variant: RoutedVariant) => void
  readonly internalFailure: (error: unknown) => void
  /** Makes what becomes of the container's answer: one whole, or a stream of events. */
  readonly answerFor: (invocation: Invocation) => ContainerAnswer
}
