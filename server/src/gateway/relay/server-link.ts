import type { Deadlines, Expiring } from '../http1/deadlines.ts'
import type { UpstreamAddress, UpstreamConnection } from '../http1/upstream-connection.ts'
import { UpstreamPool } from '../http1/upstream-pool.ts'

/** A request that waits until the server behind is there again. */
export interface Waiter {
  /** Tries again now. */
  retry(): void
  gaveUp(): void
}

export interface ServerLinkLimits {
  /** How long requests wait for the server while it restarts. */
  readonly waitMsMax: number
  readonly waitingMax: number
  readonly retryMs: number
  readonly connectionsMax: number
  /** Below the server's own keep-alive time. */
  readonly idleMs: number
}

export const SERVER_LINK_LIMITS: ServerLinkLimits = {
  waitMsMax: 15_000,
  waitingMax: 4_096,
  retryMs: 100,
  connectionsMax: 2_048,
  idleMs: 30_000,
}

/** The connections to one server behind the gateway, and the requests that wait while it is away. */
export class ServerLink implements Expiring {
  dueMs = Number.POSITIVE_INFINITY
  private readonly pool: UpstreamPool
  private readonly waiting = new Map<Waiter, number>()
  private readonly limits: ServerLinkLimits
  private readonly deadlines: Deadlines

  constructor(
    address: UpstreamAddress,
    { deadlines, limits }: { deadlines: Deadlines; limits: ServerLinkLimits },
  ) {
    const { connectionsMax, idleMs } = limits
    this.deadlines = deadlines
    this.limits = limits
    this.pool = new UpstreamPool({ address, deadlines, connectionsMax, idleMs })
  }

  /** @param fresh true: not one that has served before, and may just be ending */
  take(fresh: boolean): UpstreamConnection | undefined {
    return this.pool.take(fresh)
  }

  /** When a request that starts to wait now stops to hope. */
  waitUntilMs(): number {
    return this.deadlines.nowMs + this.limits.waitMsMax
  }

  /** Has `waiter` try again in a moment, or give up after `untilMs`. */
  wait(waiter: Waiter, untilMs: number): void {
    if (this.waiting.size >= this.limits.waitingMax || untilMs <= this.deadlines.nowMs) {
      waiter.gaveUp()
      return
    }
    this.waiting.set(waiter, untilMs)
    this.deadlines.watch(this)
    this.dueMs = Math.min(this.dueMs, this.deadlines.nowMs + this.limits.retryMs)
  }

  leave(waiter: Waiter): void {
    this.waiting.delete(waiter)
  }

  /** A connection was accepted: nobody needs to wait any more. */
  isUp(): void {
    for (const waiter of this.takeWaiting()) waiter.retry()
  }

  /** One of those who wait tries; the others follow when it gets through. */
  expire(): void {
    const { nowMs } = this.deadlines
    this.dueMs = Number.POSITIVE_INFINITY
    for (const [waiter, untilMs] of [...this.waiting]) {
      if (untilMs > nowMs) continue
      this.waiting.delete(waiter)
      waiter.gaveUp()
    }
    const [first] = this.waiting.keys()
    if (!first) {
      this.deadlines.unwatch(this)
      return
    }
    this.dueMs = nowMs + this.limits.retryMs
    this.waiting.delete(first)
    first.retry()
  }

  private takeWaiting(): Waiter[] {
    const waiters = [...this.waiting.keys()]
    this.waiting.clear()
    return waiters
  }

  close(): void {
    this.deadlines.unwatch(this)
    this.pool.close()
  }
}
