import { Sampling } from '../../base/sampling.ts'
import type { RoutedVariant } from '../../capabilities/inference/index.ts'
import type { SentRequest } from './sent-request.ts'
import { ShadowCopy, type ShadowServices } from './shadow-copy.ts'

/** How much of copying there is at most; beyond it copies are dropped, and counted. */
export interface ShadowLimits {
  /** Copies that wait to be sent. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
  /** Copies that one shadow variant is answering, per gateway. */
  readonly inFlightMax: number
  /** Copies that are begun between two rounds of other work. */
  readonly perTurn: number
}

export const SHADOW_LIMITS: ShadowLimits = {
  waitingMax: 256,
  waitingBytesMax: 32 * 1024 * 1024,
  inFlightMax: 128,
  perTurn: 8,
}

interface Waiting {
  readonly shadow: RoutedVariant
  readonly request: SentRequest
}

/**
 * Sends copies of requests to shadow variants, after the requests themselves and behind all other work, and
 * drops the answers. A caller waits for nothing of it: what cannot be sent soon is not sent.
 */
export class ShadowCopies {
  private readonly services: ShadowServices
  private readonly limits: ShadowLimits
  private readonly samplings = new WeakMap<RoutedVariant, Sampling>()
  /** By meter, which stays when a variant is published anew. */
  private readonly inFlight = new Map<RoutedVariant['meter'], number>()
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private isDue = false

  constructor(services: ShadowServices, limits: ShadowLimits) {
    this.services = services
    this.limits = limits
  }

  /** Copies a request that is on its way to `variant`, to those of its shadows whose turn it is. */
  mirror(variant: RoutedVariant, request: SentRequest): void {
    for (const shadow of variant.shadows) {
      if (this.samplingOf(shadow, variant).next()) this.enqueue({ shadow, request })
    }
  }

  private samplingOf(shadow: RoutedVariant, variant: RoutedVariant): Sampling {
    let sampling = this.samplings.get(shadow)
    if (!sampling) {
      // a production variant that is only targeted by name has no weight to be relative to
      const share = variant.weight > 0 ? shadow.weight / variant.weight : shadow.weight
      sampling = new Sampling(share)
      this.samplings.set(shadow, sampling)
    }
    return sampling
  }

  private enqueue(one: Waiting): void {
    const { waitingMax, waitingBytesMax } = this.limits
    const bytes = one.request.body.length
    if (this.waiting.length >= waitingMax || this.waitingBytes + bytes > waitingBytesMax) {
      this.drop(one.shadow)
      return
    }
    this.waiting.push(one)
    this.waitingBytes += bytes
    this.schedule()
  }

  private schedule(): void {
    if (this.isDue) return
    this.isDue = true
    setImmediate(() => {
      this.isDue = false
      this.sendSome()
    })
  }

  private sendSome(): void {
    const some = this.waiting.splice(0, this.limits.perTurn)
    for (const one of some) {
      this.waitingBytes -= one.request.body.length
      this.send(one)
    }
    if (this.waiting.length > 0) this.schedule()
  }

  private send({ shadow, request }: Waiting): void {
    const { meter } = shadow
    const inFlight = this.inFlight.get(meter) ?? 0
    if (inFlight >= this.limits.inFlightMax) {
      this.drop(shadow)
      return
    }
    const over = (): void => {
      const remaining = (this.inFlight.get(meter) ?? 1) - 1
      if (remaining > 0) this.inFlight.set(meter, remaining)
      else this.inFlight.delete(meter)
    }
    const copy = new ShadowCopy(this.services, { shadow, request, over })
    if (copy.start()) this.inFlight.set(meter, inFlight + 1)
    else this.drop(shadow)
  }

  private drop({ meter }: RoutedVariant): void {
    meter.tally('shadowDropped', this.services.clock.now().getTime())
  }
}
