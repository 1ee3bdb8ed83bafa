import type { Replica, RoutedVariant, RouteTable } from '../../capabilities/inference/index.ts'
import type { UpstreamConnection, UpstreamFailure } from '../http1/upstream-connection.ts'
import { freeEnvironment } from './free-environment.ts'
import type { ReplicaConnections } from './replica-connections.ts'

/**
 * What is to be done with a request whose replica failed before the first byte of an answer:
 *
 * - `same`: the connection had served before and may have ended before the request was on it
 * - `wait`: nobody has got it; another replica takes it, or the next one that there is
 * - `other`: somebody may have got it; another replica takes it, if there is one
 * - `none`: it has been handed on once already
 */
export type NextTry = 'same' | 'wait' | 'other' | 'none'

/** The replica that a request is at, and what is remembered of those that failed it. */
export class Placement {
  private readonly table: RouteTable
  private readonly connections: ReplicaConnections
  private readonly targetModel: string | undefined
  private replica: Replica | undefined
  private connection: UpstreamConnection | undefined
  private failedReplica: Replica | undefined
  /** Environments of a serverless variant that work for another gateway. */
  private busy: ReadonlySet<Replica> = NONE
  private sentToDown = false
  private handedOn = false
  private usedStale = false

  constructor(
    services: { readonly table: RouteTable; readonly connections: ReplicaConnections },
    targetModel: string | undefined,
  ) {
    this.targetModel = targetModel
    this.table = services.table
    this.connections = services.connections
  }

  /**
   * A connection to the variant's next replica; undefined when none can take a request now.
   *
   * @param container which of the replica's, from 0
   */
  take(variant: RoutedVariant, container = 0): UpstreamConnection | undefined {
    const replica = this.next(variant)
    const connection = replica && this.connections.to(replica, container).take(this.usedStale)
    if (!connection) return undefined
    replica.outstanding++
    this.sentToDown = replica.down
    this.replica = replica
    this.connection = connection
    return connection
  }

  /** A connection to another container of the same replica; undefined when it can take no request now. */
  takeFurther(container: number): UpstreamConnection | undefined {
    const { replica } = this
    this.connection = replica && this.connections.to(replica, container).take(this.usedStale)
    return this.connection
  }

  /** Counts the variant's next replica as busy with the request. @returns false when there is none */
  hold(variant: RoutedVariant): boolean {
    const replica = this.next(variant)
    if (!replica) return false
    replica.outstanding++
    this.replica = replica
    return true
  }

  get present(): UpstreamConnection | undefined {
    return this.connection
  }

  get replicaId(): string {
    return this.replica?.replicaId ?? ''
  }

  /** The replica answers. */
  answers(): void {
    if (this.replica) this.replica.down = false
  }

  /** The replica works for another gateway: it is passed by until the request has waited. */
  passBy(): void {
    const replica = this.letGo()
    if (replica) this.busy = new Set([...this.busy, replica])
  }

  /** Gives the replica free. @returns the one that it was */
  letGo(): Replica | undefined {
    const { replica } = this
    this.replica = undefined
    this.connection = undefined
    if (replica) this.table.release(replica)
    return replica
  }

  /** @param replica the one that failed */
  nextTry(failure: UpstreamFailure, replica: Replica | undefined): NextTry {
    const wasStale = failure.reused && !this.usedStale
    const reachedNobody = failure.kind === 'connect' || this.sentToDown
    this.usedStale ||= wasStale
    if (wasStale) return 'same'
    if (replica) {
      replica.down = true
      this.failedReplica = replica
    }
    if (reachedNobody) return 'wait'
    if (this.handedOn) return 'none'
    this.handedOn = true
    return 'other'
  }

  /** Whether another replica than the failed one is up. */
  hasOther(variant: RoutedVariant): boolean {
    const other = this.next(variant)
    return other !== undefined && !other.down
  }

  private next(variant: RoutedVariant): Replica | undefined {
    const { failedReplica: except, targetModel: model } = this
    if (variant.serverless) {
      return freeEnvironment(variant.replicas, except ? new Set([...this.busy, except]) : this.busy)
    }
    if (!variant.isMultiModel) return variant.nextReplica(except && { except })
    return variant.nextReplica({ ...(except && { except }), model })
  }

  /** The one that failed may be asked again. */
  forgive(): void {
    this.failedReplica = undefined
    this.busy = NONE
  }
}

const NONE: ReadonlySet<Replica> = new Set()
