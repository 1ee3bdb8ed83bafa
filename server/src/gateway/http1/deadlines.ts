import { monotonicMs } from '../../base/clock.ts'

/** Something that must not wait for ever. */
export interface Expiring {
  /** On the scale of `Deadlines.nowMs`; Infinity while nothing is due. */
  readonly dueMs: number
  expire(): void
}

/**
 * One timer for all time-outs of a process, since a timer per request costs more than the request's
 * parsing. A time-out is late by up to a tick.
 */
export class Deadlines {
  /** The time of the last tick: near enough for time-outs, and free to read. */
  nowMs = monotonicMs()
  private readonly watched = new Set<Expiring>()
  private readonly timer: NodeJS.Timeout

  constructor(tickMs: number) {
    this.timer = setInterval(() => this.tick(), tickMs)
    this.timer.unref()
  }

  watch(item: Expiring): void {
    this.watched.add(item)
  }

  unwatch(item: Expiring): void {
    this.watched.delete(item)
  }

  close(): void {
    clearInterval(this.timer)
    this.watched.clear()
  }

  private tick(): void {
    this.nowMs = monotonicMs()
    for (const item of this.watched) if (item.dueMs <= this.nowMs) item.expire()
  }
}
