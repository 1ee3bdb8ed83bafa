import { type Clock, monotonicMs } from '../../base/clock.ts'
import type { ContainerOutcome, RoutedVariant } from '../../capabilities/inference/index.ts'

/** How a request ended, as metrics tell it. */
export interface MeteredEnd {
  /** What the caller, or behind a ModelError the container, was answered; 0 when there was no answer. */
  readonly status: number
  readonly isModelError: boolean
  /** Of a variant with several containers: how those fared that the request went through. */
  readonly containers?: readonly ContainerOutcome[]
}

/**
 * The time of one request, from its head to its answer's last byte: the container's, the one that it was
 * held for want of a replica, and the rest, which is ours. It is counted once, for the variant that it went
 * to last; one that met no variant is counted nowhere.
 */
export class Metering {
  private readonly clock: Clock
  private readonly startedMs = monotonicMs()
  private variant: RoutedVariant | undefined
  private modelSinceMs: number | undefined
  private modelMs: number | undefined
  private heldSinceMs: number | undefined
  private heldMs: number | undefined
  private isOver = false

  /** @param clock the platform's: what happens is dated by it */
  constructor(clock: Clock) {
    this.clock = clock
  }

  /** The request is for `variant`. */
  goesTo(variant: RoutedVariant): void {
    const before = this.variant
    this.variant = variant
    if (this.isOver || before?.meter === variant.meter) return
    const nowMs = monotonicMs()
    before?.meter.leave(nowMs)
    variant.meter.enter(nowMs)
  }

  modelBegins(): void {
    this.modelSinceMs = monotonicMs()
  }

  /** The container turned out not to have got it. */
  modelNeverBegan(): void {
    this.modelSinceMs = undefined
  }

  modelEnds(): void {
    if (this.modelSinceMs === undefined) return
    this.modelMs = (this.modelMs ?? 0) + monotonicMs() - this.modelSinceMs
    this.modelSinceMs = undefined
  }

  holdBegins(): void {
    this.heldSinceMs ??= monotonicMs()
  }

  holdEnds(): void {
    if (this.heldSinceMs === undefined) return
    this.heldMs = (this.heldMs ?? 0) + monotonicMs() - this.heldSinceMs
    this.heldSinceMs = undefined
  }

  /** Counts the request, the first time that it is called. */
  end({ status, isModelError, containers }: MeteredEnd): void {
    const { variant } = this
    if (this.isOver || !variant) return
    this.isOver = true
    this.modelEnds()
    this.holdEnds()
    const { modelMs, heldMs } = this
    const nowMs = monotonicMs()
    const overheadMs = nowMs - this.startedMs - (modelMs ?? 0) - (heldMs ?? 0)
    variant.meter.count({
      atMs: this.clock.now().getTime(),
      status,
      isModelError,
      instances: variant.replicas.length,
      overheadUs: overheadMs * 1_000,
      modelUs: modelMs === undefined ? undefined : modelMs * 1_000,
      setupUs: heldMs === undefined ? undefined : heldMs * 1_000,
      containers,
    })
    variant.meter.leave(nowMs)
  }
}
