import type { Clock } from '../../base/clock.ts'
import type { Replica, RoutedVariant, RouteTable } from '../../capabilities/inference/index.ts'
import type { ResponseHead } from '../http1/message-head.ts'
import type { UpstreamExchange, UpstreamFailure } from '../http1/upstream-connection.ts'
import type { CaptureTaps } from './capture-taps.ts'
import type { InvocationLimits } from './invocation-services.ts'
import { Metering } from './metering.ts'
import type { ReplicaConnections } from './replica-connections.ts'
import type { SentRequest } from './sent-request.ts'
import { isSuccess } from './whole-answer.ts'

export interface ShadowServices {
  readonly table: RouteTable
  readonly connections: ReplicaConnections
  readonly captures: CaptureTaps
  readonly limits: InvocationLimits
  readonly clock: Clock
}

/** One copy of a request on its way to a shadow variant: counted, perhaps captured, answered to nobody. */
export class ShadowCopy implements UpstreamExchange {
  readonly method = 'POST'
  private readonly services: ShadowServices
  private readonly shadow: RoutedVariant
  private readonly request: SentRequest
  private readonly over: () => void
  private readonly metering: Metering
  private replica: Replica | undefined
  private head: ResponseHead | undefined
  private usedStale = false
  private readonly pieces: Buffer[] = []
  private bytes = 0

  constructor(
    services: ShadowServices,
    of: {
      readonly shadow: RoutedVariant
      readonly request: SentRequest
      readonly over: () => void
    },
  ) {
    this.services = services
    this.shadow = of.shadow
    this.request = of.request
    this.over = of.over
    this.metering = new Metering(services.clock)
  }

  /** @returns false when no replica takes it */
  start(): boolean {
    const { connections, limits } = this.services
    const replica = this.shadow.nextReplica()
    const connection = replica && connections.to(replica).take(this.usedStale)
    if (!replica || !connection) return false
    replica.outstanding++
    this.replica = replica
    this.metering.goesTo(this.shadow)
    this.metering.modelBegins()
    connection.begin(this, limits.modelTimeoutMs)
    connection.writeAll(this.request.containerHead, this.request.body)
    return true
  }

  connected(): void {
    // nothing is held back for it
  }

  interim(): void {
    // the body is on its way already
  }

  responded(head: ResponseHead): void {
    if (this.replica) this.replica.down = false
    this.head = head
  }

  data(piece: Buffer): void {
    this.bytes += piece.length
    if (this.request.isCaptured && this.bytes <= this.services.limits.bodyBytesMax) {
      this.pieces.push(piece)
    }
  }

  drained(): void {
    // the request was handed over whole
  }

  ended(): void {
    const { head, shadow, request, services } = this
    if (head && isSuccess(head)) this.end({ status: head.status, isModelError: false })
    else this.end({ status: head?.status ?? 0, isModelError: true })
    if (!head || !isSuccess(head) || !request.isCaptured) return
    if (this.bytes > services.limits.bodyBytesMax) {
      services.captures.dropped(shadow)
      return
    }
    services.captures.capture({
      variant: shadow,
      eventId: request.requestId,
      request: request.head,
      requestBody: request.body,
      response: head,
      responseBody: Buffer.concat(this.pieces),
    })
  }

  failed(failure: UpstreamFailure): void {
    const isStale = failure.reused && !failure.answered && failure.kind === 'closed'
    if (isStale && !this.usedStale) {
      this.usedStale = true
      this.letGo()
      if (this.start()) return
    } else if (this.replica && failure.kind !== 'timeout') this.replica.down = true
    this.end({ status: 0, isModelError: true })
  }

  private end(end: Parameters<Metering['end']>[0]): void {
    this.letGo()
    this.metering.end(end)
    this.over()
  }

  private letGo(): void {
    const { replica } = this
    this.replica = undefined
    if (replica) this.services.table.release(replica)
  }
}
