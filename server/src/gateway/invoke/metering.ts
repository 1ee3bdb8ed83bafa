import { type Clock, monotonicMs } from '../../base/clock.ts'
import type {
  ContainerOutcome,
  RoutedVariant,
  StreamOutcome,
} from '../../capabilities/inference/index.ts'

/** How a request ended, as metrics tell it. */
export interface MeteredEnd {
  /** What the caller, or behind a ModelError the container, was answered; 0 when there was no answer. */
  readonly status: number
  readonly isModelError: boolean
  /** Of a variant with several containers: how those fared that the request went through. */
  readonly containers?: readonly ContainerOutcome[]
  /** The answer broke off when a part of it was with the caller. */
  readonly isBroken?: true
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
  /** When the caller got the first chunk of an answer that is streamed, and how long the container took for it. */
  private chunkAtMs: number | undefined
  private chunkModelMs = 0
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

  /** The first chunk of an answer that is streamed is on its way to the caller. */
  firstChunk(): void {
    if (this.chunkAtMs !== undefined) return
    const nowMs = monotonicMs()
    this.chunkAtMs = nowMs
    const { modelSinceMs = nowMs, modelMs = 0 } = this
    this.chunkModelMs = modelMs + nowMs - modelSinceMs
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
  end({ status, isModelError, containers, isBroken }: MeteredEnd): void {
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
      stream: this.chunkAtMs === undefined ? undefined : this.streamed(isBroken === true),
    })
    variant.meter.leave(nowMs)
  }

  private streamed(isBroken: boolean): StreamOutcome {
    const chunkMs = (this.chunkAtMs ?? this.startedMs) - this.startedMs
    const chunkOverheadMs = chunkMs - this.chunkModelMs - (this.heldMs ?? 0)
    return {
      chunkUs: chunkMs * 1_000,
      chunkModelUs: this.chunkModelMs * 1_000,
      chunkOverheadUs: chunkOverheadMs * 1_000,
      isBroken,
    }
  }
}
