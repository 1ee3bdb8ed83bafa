import type { AwsError } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import {
  containerExited,
  containerIncoherent,
  containerTimedOut,
  containerVerbose,
  endpointNotFound,
  type FailedContainer,
} from '../../capabilities/inference/index.ts'
import type { Exchange } from '../http1/exchange.ts'
import type { ResponseHead } from '../http1/message-head.ts'
import type { UpstreamExchange, UpstreamFailure } from '../http1/upstream-connection.ts'
import { isBusy } from './admission.ts'
import { checkCaller } from './caller-check.ts'
import type { ContainerAnswer } from './container-answer.ts'
import { answerError, answerTooLarge, asAwsError } from './error-answer.ts'
import { HandedOnAnswer } from './handed-on-answer.ts'
import { befall, type FaultyInvocation, injectedFault } from './injected-fault.ts'
import type { InvocationServices } from './invocation-services.ts'
import { type MeteredEnd, Metering } from './metering.ts'
import { Sending } from './sending.ts'
import type { Wanted } from './wanted.ts'

/**
 * One InvokeEndpoint request: its caller is verified, it is sent to a replica (`Sending`), and what the container
 * says becomes its answer. It is counted and refused here only.
 */
export class Invocation implements UpstreamExchange, FaultyInvocation {
  readonly method = 'POST'
  readonly requestId = newUuid()
  readonly exchange: Exchange
  readonly wanted: Wanted
  readonly services: InvocationServices
  readonly metering: Metering
  private sending: Sending | undefined
  private answer: ContainerAnswer | undefined
  private callOffFault: (() => void) | undefined
  /** What the container said last. */
  private status = 0
  private isPassedBy = false

  constructor(
    services: InvocationServices,
    request: { readonly exchange: Exchange; readonly wanted: Wanted },
  ) {
    this.services = services
    this.metering = new Metering(services.clock)
    this.exchange = request.exchange
    this.wanted = request.wanted
  }

  get variantName(): string {
    return this.sending?.variant?.variantName ?? ''
  }

  start(): void {
    const { bodyBytesMax } = this.services.limits
    this.exchange.collect(bodyBytesMax, (body) => {
      if (body) this.route(body)
      else answerTooLarge(this.exchange, { bytesMax: bodyBytesMax, requestId: this.requestId })
    })
  }

  private route(body: Buffer): void {
    const { exchange, services } = this
    const { credentials, clock, faults } = services
    try {
      const invoker = checkCaller(exchange, { body, credentials, clock })
      const sending = new Sending(this, { body, invoker })
      this.sending = sending
      exchange.gone = this.onGone
      if (faults.isEmpty) sending.sendOrWait()
      else this.meetFault(sending)
    } catch (error) {
      this.refuse(error)
    }
  }

  /** What was injected for the variant happens first. @throws AwsError when there is no variant */
  private meetFault(sending: Sending): void {
    const fault = injectedFault(this.services.faults, sending.choose())
    if (!fault) {
      sending.sendOrWait()
      return
    }
    this.metering.modelBegins()
    this.callOffFault = befall(fault, this)
  }

  holdReplica(): boolean {
    const { variant, placement } = this.sending ?? {}
    return variant !== undefined && placement?.hold(variant) === true
  }

  goOn(): void {
    this.metering.modelEnds()
    this.sending?.goOn()
  }

  connected(): void {
    // nothing is held back for it
  }

  interim(): void {
    // a container's 100 Continue: the body is on its way already
  }

  drained(): void {
    // the request was handed over whole
  }

  responded(head: ResponseHead): void {
    const { sending, services } = this
    if (!sending) return
    const { placement, variant, walk } = sending
    placement.answers()
    this.isPassedBy = variant !== undefined && isBusy(variant, head)
    if (this.isPassedBy) return
    const isLast = walk?.isAtLast !== false
    this.answer = isLast ? services.answerFor(this) : new HandedOnAnswer(this)
    this.status = head.status
    if (this.wanted.streaming && isLast) placement.present?.extend(services.limits.streamTimeoutMs)
    this.answer.begin(head)
  }

  data(piece: Buffer): void {
    try {
      this.answer?.data(piece)
    } catch (error) {
      this.breakOff(error)
    }
  }

  /** A fault of ours in the middle of an answer: this request ends, all others go on. */
  private breakOff(error: unknown): void {
    const { placement } = this.sending ?? {}
    placement?.present?.destroy()
    placement?.letGo()
    const { message } = asAwsError(error)
    if (this.answer?.breakOff?.(message)) this.services.internalFailure(error)
    else this.refuse(error)
  }

  ended(): void {
    const { sending, answer } = this
    if (!sending) return
    if (this.isPassedBy) {
      sending.passBy()
      return
    }
    this.metering.modelEnds()
    sending.walk?.ends(this.status)
    if (!answer?.goesOn) sending.placement.letGo()
    answer?.end()
    if (sending.variant?.serverless) this.services.waitingRoom.stir()
  }

  failed(failure: UpstreamFailure): void {
    const { sending } = this
    if (!sending) return
    const container = sending.failedContainer()
    const replica = sending.placement.letGo()
    this.metering.modelEnds()
    sending.walk?.ends(0)
    if (this.answer?.fail(failure)) return
    if (!failure.answered && (failure.kind === 'connect' || failure.kind === 'closed')) {
      if (sending.sendAgain(failure, replica)) return
    }
    if (failure.kind === 'timeout') this.refuse(containerTimedOut(container))
    else if (failure.kind === 'malformed') {
      this.refuse(containerIncoherent(container, failure.message))
    } else this.refuse(containerExited(container))
  }

  private readonly onGone = (): void => {
    this.callOffFault?.()
    this.sending?.leave()
    this.metering.end(CALLER_LEFT)
  }

  /** For the answer of a container that is not the last one. */
  handOn(answer: ResponseHead, body: Buffer): void {
    this.sending?.handOn(answer, body)
  }

  /** For the answer: slows the container down to the caller's pace. */
  pause(): void {
    this.sending?.placement.present?.pause()
  }

  resume(): void {
    this.sending?.placement.present?.resume()
  }

  /** For the answer: it is longer than one may be. */
  endVerbose(): void {
    const refusal = containerVerbose(this.failedContainer(), this.services.limits.bodyBytesMax)
    const { placement } = this.sending ?? {}
    placement?.present?.destroy()
    placement?.letGo()
    this.refuse(refusal)
  }

  failedContainer(): FailedContainer {
    if (!this.sending) throw endpointNotFound('', this.wanted.endpointName)
    return this.sending.failedContainer()
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
    return this.sending?.sent?.isCaptured === true
  }

  /** For the answer: what the container said, once the caller has it; undefined when it was too much. */
  captured(head: ResponseHead, body: Buffer | undefined): void {
    const { sent, variant } = this.sending ?? {}
    if (sent && variant) sent.captured(variant, head, body)
  }

  /** For the answer: it is complete. */
  answered(end: MeteredEnd): void {
    const { walk } = this.sending ?? {}
    this.metering.end(walk ? { ...end, containers: walk.outcomes } : end)
  }
}

/** Counted without an error: neither the model nor we were at fault. */
const CALLER_LEFT: MeteredEnd = { status: 0, isModelError: false }

function originalStatus({ members }: AwsError): number {
  const { OriginalStatusCode: status } = members
  return typeof status === 'number' ? status : 0
}
