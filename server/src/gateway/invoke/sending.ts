import { monotonicMs } from '../../base/clock.ts'
import {
  componentWithoutCapacity,
  endpointNotFound,
  noReplica,
  noSuchTarget,
  type Replica,
  type RoutedVariant,
} from '../../capabilities/inference/index.ts'
import type { ResponseHead } from '../http1/message-head.ts'
import type { UpstreamFailure } from '../http1/upstream-connection.ts'
import { admit, isSpilled, requireRoomToGrow } from './admission.ts'
import type { VerifiedInvoker } from './caller-check.ts'
import { Choice } from './choice.ts'
import type { ContainerWalk } from './container-walk.ts'
import type { Invocation } from './invocation.ts'
import { Placement } from './placement.ts'
import { SentRequest } from './sent-request.ts'
import type { Waiting } from './waiting-room.ts'
import { walkThrough } from './walked-containers.ts'

/**
 * The way of one request to a replica, and to another one where that is right.
 *
 * A replica that ends before the first byte of its answer hands the request on to another, once. That may
 * run the model twice, as clients themselves do: every AWS SDK repeats an invocation whose connection
 * broke. Once, so that a request that kills what it meets does not go through all replicas. A request that
 * reached nobody waits for a replica instead: one that is known to be down and closes a connection without
 * an answer has not taken it. A time-out is never repeated: a slow model would only become slower.
 */
export class Sending implements Waiting {
  readonly placement: Placement
  /** Of a replica with several containers: where it is among them. */
  walk: ContainerWalk | undefined
  /** Set once the request has been on its way to a replica. */
  sent: SentRequest | undefined
  private readonly invocation: Invocation
  private readonly body: Buffer
  private readonly account: string
  private readonly choice: Choice
  private modelUntilMs = 0
  private waitUntilMs: number | undefined
  /** Counted among its variant's concurrent requests. */
  private isAdmitted = false

  constructor(
    invocation: Invocation,
    request: { readonly body: Buffer; readonly invoker: VerifiedInvoker },
  ) {
    const { services, wanted } = invocation
    const { caller, region } = request.invoker
    this.invocation = invocation
    this.body = request.body
    this.account = caller.account
    this.choice = new Choice(services.table, { account: caller.account, region, wanted })
    this.placement = new Placement(services, wanted.targetModel)
  }

  get variant(): RoutedVariant | undefined {
    return this.choice.variant
  }

  /** @throws AwsError when there is no variant to send to */
  choose(): RoutedVariant {
    const { metering, wanted } = this.invocation
    const { targetModel, targetContainer } = wanted
    const variant = this.choice.make()
    if (targetModel && !variant.isMultiModel) throw noSuchTarget(variant.endpoint, targetModel)
    this.walk = walkThrough(variant, targetContainer)
    metering.goesTo(variant)
    if (!this.isAdmitted) admit(variant)
    this.isAdmitted = true
    return variant
  }

  /** @throws AwsError when no replica ever will take it */
  sendOrWait(): void {
    if (!this.send()) this.wait()
  }

  /** @returns false when no replica can take it now @throws AwsError when none ever will */
  private send(): boolean {
    const { invocation, body } = this
    const variant = this.choose()
    const { walk } = this
    const connection = this.placement.take(variant, walk?.index)
    if (!connection) {
      requireRoomToGrow(variant)
      return false
    }
    const { services, metering, requestId, exchange, wanted } = invocation
    const { captures, limits } = services
    metering.holdEnds()
    metering.modelBegins()
    walk?.begins()
    if (walk) this.modelUntilMs = monotonicMs() + limits.modelTimeoutMs
    connection.begin(invocation, limits.modelTimeoutMs)
    const { streaming } = wanted
    const before = this.sent
    const sent =
      before ??
      new SentRequest(variant, { requestId, head: exchange.head, body, streaming, captures })
    const head = walk?.headFor(exchange.head, { bodyBytes: body.length, streaming })
    connection.writeAll(head ?? sent.containerHead, body)
    if (!before) this.sentFirst(variant, sent)
    this.sent = sent
    return true
  }

  private sentFirst(variant: RoutedVariant, sent: SentRequest): void {
    const { services } = this.invocation
    if (variant.shadows.length > 0) services.shadows.mirror(variant, sent)
    if (variant.serverless && variant.serverless.provisionedConcurrency > 0) {
      const tally = isSpilled(variant) ? 'spilled' : 'provisioned'
      variant.meter.tally(tally, services.clock.now().getTime())
    }
  }

  /** For the answer of a container that is not the last one: it is the next one's request. */
  handOn(answer: ResponseHead, body: Buffer): void {
    const { walk } = this
    const { exchange, metering, wanted } = this.invocation
    if (!walk || exchange.isOver) return
    walk.goOn()
    const connection = this.placement.takeFurther(walk.index)
    if (!connection) {
      this.placement.letGo()
      this.gaveUp()
      return
    }
    metering.modelBegins()
    walk.begins()
    // the containers of a replica share the time that one has alone
    connection.begin(this.invocation, Math.max(this.modelUntilMs - monotonicMs(), 1))
    const { streaming } = wanted
    const head = walk.headFor(exchange.head, { answer, bodyBytes: body.length, streaming })
    connection.writeAll(head, body)
  }

  /** The environment is at work for another gateway. */
  passBy(): void {
    this.invocation.metering.modelNeverBegan()
    this.placement.passBy()
    this.orRefuse(() => this.sendOrWait())
  }

  /**
   * Sends it again after a failure before the first byte of an answer.
   *
   * @returns false when it has been handed on before, or there is nobody to hand it on to
   */
  sendAgain(failure: UpstreamFailure, replica: Replica | undefined): boolean {
    const next = this.placement.nextTry(failure, replica)
    if (next === 'none') return false
    let isTaken = true
    this.orRefuse(() => {
      if (next === 'same') this.sendOrWait()
      else isTaken = this.sendToOther()
      if (!isTaken && next === 'wait') this.wait()
    })
    return isTaken || next === 'wait'
  }

  /** @returns false when there is no other replica that is up */
  private sendToOther(): boolean {
    return this.placement.hasOther(this.choose()) && this.send()
  }

  private orRefuse(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.invocation.refuse(error)
    }
  }

  private wait(): void {
    const { services, metering } = this.invocation
    const { waitingRoom } = services
    const { variant } = this
    if (variant?.serverless) services.wanted(variant)
    if (this.waitUntilMs === undefined && variant && isWithoutCopy(variant)) {
      variant.meter.tally('noCapacity', services.clock.now().getTime())
    }
    if (variant?.isAtRest && variant.replicas.length === 0) {
      this.gaveUp()
      return
    }
    metering.holdBegins()
    this.waitUntilMs ??= waitingRoom.untilMs(variant?.holdMs)
    if (!waitingRoom.enter(this, this.waitUntilMs)) this.gaveUp()
  }

  get bodyBytes(): number {
    return this.body.length
  }

  get isHeld(): boolean {
    return this.variant?.holdMs !== undefined
  }

  retry(): boolean {
    this.placement.forgive()
    let isSent = true
    this.orRefuse(() => {
      isSent = this.send()
    })
    return isSent
  }

  gaveUp(): void {
    const { endpoint, variant } = this.choice
    if (variant && isWithoutCopy(variant)) this.invocation.refuse(componentWithoutCapacity())
    else if (endpoint) {
      this.invocation.refuse(noReplica(endpoint.route, variant ?? { variantName: '' }))
    }
  }

  /** After what was injected: goes its way. */
  goOn(): void {
    if (!this.retry()) this.wait()
  }

  /** The caller has gone. */
  leave(): void {
    this.invocation.services.waitingRoom.leave(this)
    this.placement.present?.destroy()
    this.placement.letGo()
  }

  /** What an error of the present container is told of. @throws AwsError when there is no endpoint any more */
  failedContainer() {
    const { endpoint, variant } = this.choice
    if (!endpoint) throw endpointNotFound(this.account, this.invocation.wanted.endpointName)
    return {
      route: endpoint.route,
      variantName: variant?.variantName ?? '',
      replicaId: this.placement.replicaId,
      isMultiModel: variant?.isMultiModel === true,
      containerName: this.walk?.hostname,
      inferenceComponentName: variant?.inferenceComponentName,
    }
  }
}

function isWithoutCopy({ inferenceComponentName, replicas }: RoutedVariant): boolean {
  return inferenceComponentName !== undefined && replicas.length === 0
}
