import type { AwsError } from '../../aws/errors.ts'
import { monotonicMs } from '../../base/clock.ts'
import { newUuid } from '../../base/ids.ts'
import {
  containerExited,
  containerIncoherent,
  containerRequestHead,
  containerTimedOut,
  containerVerbose,
  endpointNotFound,
  type FailedContainer,
  type InvocationTarget,
  noReplica,
  noSuchTarget,
  type Replica,
  type RoutedVariant,
} from '../../capabilities/inference/index.ts'
import type { Exchange } from '../http1/exchange.ts'
import { headerOf, type ResponseHead } from '../http1/message-head.ts'
import type { UpstreamExchange, UpstreamFailure } from '../http1/upstream-connection.ts'
import { admit, isBusy, requireRoomToGrow } from './admission.ts'
import { checkCaller } from './caller-check.ts'
import { Choice } from './choice.ts'
import type { ContainerAnswer } from './container-answer.ts'
import type { ContainerWalk } from './container-walk.ts'
import { answerError, answerTooLarge, asAwsError } from './error-answer.ts'
import { HandedOnAnswer } from './handed-on-answer.ts'
import { befall, type FaultyInvocation, injectedFault } from './injected-fault.ts'
import type { InvocationServices } from './invocation-services.ts'
import { type MeteredEnd, Metering } from './metering.ts'
import { Placement } from './placement.ts'
import type { SentRequest } from './sent-request.ts'
import type { Waiting } from './waiting-room.ts'
import { walkThrough } from './walked-containers.ts'

/**
 * One InvokeEndpoint request on its way: verified, routed, sent to a replica, answered.
 *
 * A replica that ends before the first byte of its answer hands the request on to another, once. That may
 * run the model twice, as clients themselves do: every AWS SDK repeats an invocation whose connection
 * broke. Once, so that a request that kills what it meets does not go through all replicas. A request that
 * reached nobody waits for a replica instead: one that is known to be down and closes a connection without
 * an answer has not taken it. A time-out is never repeated: a slow model would only become slower.
 */
export class Invocation implements UpstreamExchange, Waiting, FaultyInvocation {
  readonly method = 'POST'
  readonly requestId = newUuid()
  readonly exchange: Exchange
  readonly target: InvocationTarget
  readonly services: InvocationServices
  private readonly metering: Metering
  private readonly targetModel: string | undefined
  private account = ''
  private body: Buffer = NO_BODY
  private choice: Choice | undefined
  /** Set once the request has been on its way to a replica. */
  private sent: SentRequest | undefined
  private readonly placement: Placement
  /** Of a replica with several containers: where it is among them. */
  private walk: ContainerWalk | undefined
  private modelUntilMs = 0
  private answer: ContainerAnswer | undefined
  private waitUntilMs: number | undefined
  private callOffFault: () => void = () => undefined
  /** What the container said last. */
  private status = 0
  /** Counted among its variant's concurrent requests. */
  private isAdmitted = false
  private isPassedBy = false

  constructor(
    services: InvocationServices,
    request: { readonly exchange: Exchange; readonly target: InvocationTarget },
  ) {
    this.services = services
    this.metering = new Metering(services.clock)
    this.exchange = request.exchange
    this.targetModel = headerOf(request.exchange.head, 'x-amzn-sagemaker-target-model')
    this.placement = new Placement(services, this.targetModel)
    this.target = request.target
  }

  get variantName(): string {
    return this.choice?.variant?.variantName ?? ''
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
      const { caller, region } = checkCaller(this.exchange, { ...this.services, body })
      const { account } = caller
      const { endpointName } = this.target
      const targetVariant = headerOf(this.exchange.head, 'x-amzn-sagemaker-target-variant')
      this.account = account
      this.choice = new Choice(this.services.table, {
        ...{ account, region, endpointName, targetVariant },
      })
      this.exchange.gone = this.onGone
      if (this.services.faults.isEmpty) this.sendOrWait()
      else this.meetFault()
    } catch (error) {
      this.refuse(error)
    }
  }

  /** @throws AwsError when there is no variant to send to */
  private choose(): RoutedVariant {
    const { account } = this
    if (!this.choice) throw endpointNotFound(account, this.target.endpointName)
    const variant = this.choice.make()
    if (this.targetModel && !variant.isMultiModel) {
      throw noSuchTarget(variant.endpoint, this.targetModel)
    }
    const target = headerOf(this.exchange.head, 'x-amzn-sagemaker-target-container-hostname')
    this.walk = walkThrough(variant, target)
    this.metering.goesTo(variant)
    if (!this.isAdmitted) admit(variant)
    this.isAdmitted = true
    return variant
  }

  /** What was injected for the variant happens first. @throws AwsError when there is no variant */
  private meetFault(): void {
    const variant = this.choose()
    const fault = injectedFault(this.services.faults, variant)
    if (!fault) {
      this.sendOrWait()
      return
    }
    this.metering.modelBegins()
    this.callOffFault = befall(fault, this)
  }

  holdReplica(): boolean {
    const { variant } = this.choice ?? {}
    return variant !== undefined && this.placement.hold(variant)
  }

  goOn(): void {
    this.metering.modelEnds()
    if (!this.retry()) this.wait()
  }

  /** @returns false when no replica can take it now @throws AwsError when none ever will */
  private send(): boolean {
    const variant = this.choose()
    const { walk } = this
    const connection = this.placement.take(variant, walk?.index)
    if (!connection) {
      requireRoomToGrow(variant)
      return false
    }
    this.metering.holdEnds()
    this.metering.modelBegins()
    walk?.begins()
    const { modelTimeoutMs } = this.services.limits
    if (walk) this.modelUntilMs = monotonicMs() + modelTimeoutMs
    connection.begin(this, modelTimeoutMs)
    const sent = this.sent ?? this.prepare(variant)
    connection.writeAll(this.firstHead(sent), sent.body)
    if (!this.sent && variant.shadows.length > 0) this.services.shadows.mirror(variant, sent)
    this.sent = sent
    return true
  }

  /** What goes to a container, the same to each that gets it. */
  private prepare(variant: RoutedVariant): SentRequest {
    const { body, requestId } = this
    const { head } = this.exchange
    const { streaming } = this.target
    const containerHead = containerRequestHead(head, { bodyBytes: body.length, streaming })
    const isCaptured = this.services.captures.chooses(variant)
    return { requestId, head, containerHead, body, isCaptured }
  }

  private firstHead({ containerHead, head, body }: SentRequest): string {
    const { streaming } = this.target
    return this.walk?.headFor(head, { bodyBytes: body.length, streaming }) ?? containerHead
  }

  /** For the answer of a container that is not the last one: it is the next one's request. */
  handOn(answer: ResponseHead, body: Buffer): void {
    const { walk, exchange, target } = this
    if (!walk || exchange.isOver) return
    walk.goOn()
    const connection = this.placement.takeFurther(walk.index)
    if (!connection) {
      this.placement.letGo()
      this.gaveUp()
      return
    }
    this.metering.modelBegins()
    walk.begins()
    // the containers of a replica share the time that one has alone
    connection.begin(this, Math.max(this.modelUntilMs - monotonicMs(), 1))
    const { streaming } = target
    const head = walk.headFor(exchange.head, { answer, bodyBytes: body.length, streaming })
    connection.writeAll(head, body)
  }

  private wait(): void {
    const { waitingRoom } = this.services
    const { variant } = this.choice ?? {}
    if (variant?.serverless) this.services.wanted(variant)
    this.metering.holdBegins()
    this.waitUntilMs ??= waitingRoom.untilMs(this.choice?.variant?.holdMs)
    if (!waitingRoom.enter(this, this.waitUntilMs)) this.gaveUp()
  }

  get bodyBytes(): number {
    return this.body.length
  }

  get isHeld(): boolean {
    return this.choice?.variant?.holdMs !== undefined
  }

  retry(): boolean {
    this.placement.forgive()
    try {
      return this.send()
    } catch (error) {
      this.refuse(error)
      return true
    }
  }

  gaveUp(): void {
    const { endpoint } = this.choice ?? {}
    if (endpoint) this.refuse(noReplica(endpoint.route, this.variantName))
  }

  connected(): void {
    // nothing is held back for it
  }

  interim(): void {
    // a container's 100 Continue: the body is on its way already
  }

  responded(head: ResponseHead): void {
    this.placement.answers()
    const { variant } = this.choice ?? {}
    this.isPassedBy = variant !== undefined && isBusy(variant, head)
    if (this.isPassedBy) return
    const isLast = this.walk?.isAtLast !== false
    this.answer = isLast ? this.services.answerFor(this) : new HandedOnAnswer(this)
    this.status = head.status
    if (this.target.streaming && isLast)
      this.placement.present?.extend(this.services.limits.streamTimeoutMs)
    this.answer.begin(head)
  }

  data(piece: Buffer): void {
    this.answer?.data(piece)
  }

  drained(): void {
    // the request was handed over whole
  }

  ended(): void {
    if (this.isPassedBy) {
      this.tryOthers()
      return
    }
    this.metering.modelEnds()
    this.walk?.ends(this.status)
    if (!this.answer?.goesOn) this.placement.letGo()
    this.answer?.end()
    if (this.choice?.variant?.serverless) this.services.waitingRoom.stir()
  }

  /** The environment is at work for another gateway. */
  private tryOthers(): void {
    this.metering.modelNeverBegan()
    this.placement.passBy()
    try {
      this.sendOrWait()
    } catch (error) {
      this.refuse(error)
    }
  }

  failed(failure: UpstreamFailure): void {
    const container = this.failedContainer()
    const replica = this.placement.letGo()
    this.metering.modelEnds()
    this.walk?.ends(0)
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
    const next = this.placement.nextTry(failure, replica)
    try {
      if (next === 'same') this.sendOrWait()
      else if (next === 'wait') this.sendToOther() || this.wait()
      else return next === 'other' && this.sendToOther()
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
    return this.placement.hasOther(this.choose()) && this.send()
  }

  private readonly onGone = (): void => {
    this.services.waitingRoom.leave(this)
    this.callOffFault()
    this.placement.present?.destroy()
    this.placement.letGo()
    this.metering.end(CALLER_LEFT)
  }

  /** For the answer: slows the container down to the caller's pace. */
  pause(): void {
    this.placement.present?.pause()
  }

  resume(): void {
    this.placement.present?.resume()
  }

  /** For the answer: it is longer than one may be. */
  endVerbose(): void {
    const refusal = containerVerbose(this.failedContainer(), this.services.limits.bodyBytesMax)
    this.placement.present?.destroy()
    this.placement.letGo()
    this.refuse(refusal)
  }

  failedContainer(): FailedContainer {
    const route = this.choice?.endpoint?.route
    if (!route) throw endpointNotFound(this.account, this.target.endpointName)
    const { variantName } = this
    const isMultiModel = this.choice?.variant?.isMultiModel === true
    const containerName = this.walk?.hostname
    return { route, variantName, replicaId: this.placement.replicaId, isMultiModel, containerName }
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

  /** For the answer: whether `captured` is wanted of it. */
  get isCaptured(): boolean {
    return this.sent?.isCaptured === true
  }

  /** For the answer: what the container said, once the caller has it; undefined when it was too much. */
  captured(head: ResponseHead, body: Buffer | undefined): void {
    const { sent } = this
    const { captures } = this.services
    const { variant } = this.choice ?? {}
    if (!sent || !variant) return
    if (!body) {
      captures.dropped(variant)
      return
    }
    captures.capture({
      variant,
      eventId: sent.requestId,
      request: sent.head,
      requestBody: sent.body,
      response: head,
      responseBody: body,
    })
  }

  /** For the answer: it is complete. */
  answered(end: MeteredEnd): void {
    this.metering.end(this.walk ? { ...end, containers: this.walk.outcomes } : end)
  }
}

/** Counted without an error: neither the model nor we were at fault. */
const CALLER_LEFT: MeteredEnd = { status: 0, isModelError: false }

function originalStatus({ members }: AwsError): number {
  const { OriginalStatusCode: status } = members
  return typeof status === 'number' ? status : 0
}

const NO_BODY = Buffer.alloc(0)
