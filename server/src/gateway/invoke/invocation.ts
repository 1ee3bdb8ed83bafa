import type { AwsError } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import {
  asynchronousEndpoint,
  containerExited,
  containerIncoherent,
  containerRequestHead,
  containerTimedOut,
  containerVerbose,
  endpointNotFound,
  type FailedContainer,
  type InvocationTarget,
  noReplica,
  noWeight,
  type Replica,
  type RoutedEndpoint,
  type RoutedVariant,
  variantNotFound,
} from '../../capabilities/inference/index.ts'
import type { Exchange } from '../http1/exchange.ts'
import { headerOf, type ResponseHead } from '../http1/message-head.ts'
import type {
  UpstreamConnection,
  UpstreamExchange,
  UpstreamFailure,
} from '../http1/upstream-connection.ts'
import { checkCaller } from './caller-check.ts'
import type { ContainerAnswer } from './container-answer.ts'
import { answerError, answerTooLarge, asAwsError } from './error-answer.ts'
import type { InvocationServices } from './invocation-services.ts'
import { type MeteredEnd, Metering } from './metering.ts'
import type { Waiting } from './waiting-room.ts'

/**
 * One InvokeEndpoint request on its way: verified, routed, sent to a replica, answered.
 *
 * A replica that ends before the first byte of its answer hands the request on to another, once. That may
 * run the model twice, as clients themselves do: every AWS SDK repeats an invocation whose connection
 * broke. Once, so that a request that kills what it meets does not go through all replicas. A request that
 * reached nobody waits for a replica instead: one that is known to be down and closes a connection without
 * an answer has not taken it. A time-out is never repeated: a slow model would only become slower.
 */
export class Invocation implements UpstreamExchange, Waiting {
  readonly method = 'POST'
  readonly requestId = newUuid()
  readonly exchange: Exchange
  readonly target: InvocationTarget
  readonly services: InvocationServices
  private readonly metering: Metering
  private account = ''
  private region = ''
  private body: Buffer = NO_BODY
  private endpoint: RoutedEndpoint | undefined
  private variant: RoutedVariant | undefined
  private replica: Replica | undefined
  private connection: UpstreamConnection | undefined
  private answer: ContainerAnswer | undefined
  private failedReplica: Replica | undefined
  private sentToDown = false
  private handedOn = false
  private usedStale = false
  private waitUntilMs: number | undefined

  constructor(
    services: InvocationServices,
    request: { readonly exchange: Exchange; readonly target: InvocationTarget },
  ) {
    this.services = services
    this.metering = new Metering(services.clock)
    this.exchange = request.exchange
    this.target = request.target
  }

  get variantName(): string {
    return this.variant?.variantName ?? ''
  }

  start(): void {
    const { bodyBytesMax } = this.services.limits
    this.exchange.collect(bodyBytesMax, (body) => {
      if (body) this.route(body)
      else answerTooLarge(this.exchange, { bytesMax: bodyBytesMax, requestId: this.requestId })
    })
  }

  private route(body: Buffer): void {
    this.body = body
    try {
      const { credentials } = this.services
      const { caller, region } = checkCaller(this.exchange, { body, credentials })
      this.account = caller.account
      this.region = region
      this.exchange.gone = this.onGone
      this.sendOrWait()
    } catch (error) {
      this.refuse(error)
    }
  }

  /** Finds the variant, now or again. @throws AwsError when there is none to send to */
  private choose(): RoutedVariant {
    const { account, region } = this
    const { endpointName } = this.target
    const endpoint = this.services.table.find({ account, region, endpointName })
    if (!endpoint) throw endpointNotFound(account, endpointName)
    if (this.variant && endpoint === this.endpoint) return this.variant
    const before = this.variant && endpoint.successorOf(this.variant)
    this.endpoint = endpoint
    this.variant = before ?? this.targetVariant(endpoint) ?? endpoint.nextVariant()
    if (!this.variant) throw noWeight(endpoint.route)
    if (this.variant.fleet.asyncInference) throw asynchronousEndpoint(endpoint.route)
    this.metering.goesTo(this.variant)
    return this.variant
  }

  private targetVariant(endpoint: RoutedEndpoint): RoutedVariant | undefined {
    const name = headerOf(this.exchange.head, 'x-amzn-sagemaker-target-variant')
    if (name === undefined || name === '') return undefined
    const variant = endpoint.variantNamed(name)
    if (!variant) throw variantNotFound(endpoint.route, name)
    return variant
  }

  /** @returns false when no replica can take it now @throws AwsError when none ever will */
  private send(): boolean {
    const variant = this.choose()
    const replica = variant.leastBusyReplica(this.failedReplica)
    if (!replica) return false
    const connection = this.services.connections.to(replica).take(this.usedStale)
    if (!connection) return false
    replica.outstanding++
    this.metering.holdEnds()
    this.sentToDown = replica.down
    this.replica = replica
    this.connection = connection
    const { streaming } = this.target
    this.metering.modelBegins()
    connection.begin(this, this.services.limits.modelTimeoutMs)
    const bodyBytes = this.body.length
    connection.writeAll(
      containerRequestHead(this.exchange.head, { bodyBytes, streaming }),
      this.body,
    )
    return true
  }

  private wait(): void {
    const { waitingRoom } = this.services
    this.waitUntilMs ??= waitingRoom.untilMs()
    this.metering.holdBegins()
    if (!waitingRoom.enter(this, this.waitUntilMs)) this.gaveUp()
  }

  retry(): boolean {
    this.failedReplica = undefined
    try {
      return this.send()
    } catch (error) {
      this.refuse(error)
      return true
    }
  }

  gaveUp(): void {
    if (this.endpoint) this.refuse(noReplica(this.endpoint.route, this.variantName))
  }

  connected(): void {
    // nothing is held back for it
  }

  interim(): void {
    // a container's 100 Continue: the body is on its way already
  }

  responded(head: ResponseHead): void {
    if (this.replica) this.replica.down = false
    this.answer = this.services.answerFor(this)
    if (this.target.streaming) this.connection?.extend(this.services.limits.streamTimeoutMs)
    this.answer.begin(head)
  }

  data(piece: Buffer): void {
    this.answer?.data(piece)
  }

  drained(): void {
    // the request was handed over whole
  }

  ended(): void {
    this.metering.modelEnds()
    this.letGo()
    this.answer?.end()
  }

  failed(failure: UpstreamFailure): void {
    const container = this.failedContainer()
    const replica = this.letGo()
    this.metering.modelEnds()
    if (this.answer?.fail(failure)) return
    if (!failure.answered && (failure.kind === 'connect' || failure.kind === 'closed')) {
      if (this.sendAgain(failure, replica)) return
    }
    if (failure.kind === 'timeout') this.refuse(containerTimedOut(container))
    else if (failure.kind === 'malformed') {
      this.refuse(containerIncoherent(container, failure.message))
    } else this.refuse(containerExited(container))
  }

  /** @returns false when the request has been handed on before, or there is nobody to hand it on to */
  private sendAgain(failure: UpstreamFailure, replica: Replica | undefined): boolean {
    // a connection that had served before may have ended before the request was on it
    const wasStale = failure.reused && !this.usedStale
    const reachedNobody = failure.kind === 'connect' || this.sentToDown
    this.usedStale ||= wasStale
    if (!wasStale && replica) {
      replica.down = true
      this.failedReplica = replica
    }
    try {
      if (wasStale) this.sendOrWait()
      else if (reachedNobody) this.sendToOther() || this.wait()
      else if (this.handedOn) return false
      else {
        this.handedOn = true
        return this.sendToOther()
      }
    } catch (error) {
      this.refuse(error)
    }
    return true
  }

  private sendOrWait(): void {
    if (!this.send()) this.wait()
  }

  /** @returns false when there is no other replica that is up */
  private sendToOther(): boolean {
    const other = this.choose().leastBusyReplica(this.failedReplica)
    return other !== undefined && !other.down && this.send()
  }

  /** Gives the replica free. @returns the one that it was */
  private letGo(): Replica | undefined {
    const { replica } = this
    this.replica = undefined
    this.connection = undefined
    if (replica) this.services.table.release(replica)
    return replica
  }

  private readonly onGone = (): void => {
    this.services.waitingRoom.leave(this)
    this.connection?.destroy()
    this.letGo()
    this.metering.end(CALLER_LEFT)
  }

  /** For the answer: slows the container down to the caller's pace. */
  pause(): void {
    this.connection?.pause()
  }

  resume(): void {
    this.connection?.resume()
  }

  /** For the answer: it is not wanted further. */
  cutOff(): void {
    this.connection?.destroy()
    this.letGo()
  }

  failedContainer(): FailedContainer {
    const route = this.endpoint?.route
    if (!route) throw endpointNotFound(this.account, this.target.endpointName)
    return { route, variantName: this.variantName, replicaId: this.replica?.replicaId ?? '' }
  }

  tooVerbose(): AwsError {
    return containerVerbose(this.failedContainer(), this.services.limits.bodyBytesMax)
  }

  refuse(error: unknown): void {
    const known = asAwsError(error)
    if (known !== error) this.services.internalFailure(error)
    if (this.exchange.isOver) return
    const { requestId } = this
    const status = answerError(this.exchange, { error: known, requestId })
    const isModelError = known.code === 'ModelError'
    this.answered({ status: isModelError ? originalStatus(known) : status, isModelError })
  }

  /** For the answer: it is complete. */
  answered(end: MeteredEnd): void {
    this.metering.end(end)
  }
}

/** Counted without an error: neither the model nor we were at fault. */
const CALLER_LEFT: MeteredEnd = { status: 0, isModelError: false }

function originalStatus({ members }: AwsError): number {
  const { OriginalStatusCode: status } = members
  return typeof status === 'number' ? status : 0
}

const NO_BODY = Buffer.alloc(0)
