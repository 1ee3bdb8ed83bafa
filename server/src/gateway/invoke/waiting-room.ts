import type { RouteTable } from '../../capabilities/inference/index.ts'
import type { Deadlines, Expiring } from '../http1/deadlines.ts'

/** A request that can go on when a replica is back. */
export interface Waiting {
  /** Tries again; stays in the room while that does not succeed. @returns true to leave the room */
  retry(): boolean
  /** It waited as long as is sensible. */
  gaveUp(): void
}

export interface WaitingRoomLimits {
  /** How long a request waits: a crashed container's successor is there in seconds, or not soon. */
  readonly waitMsMax: number
  /** How many wait at once, all endpoints together: each holds its body in memory. */
  readonly waitingMax: number
  /** Some ends show in no publication, such as a full backlog of connections. */
  readonly retryMs: number
}

export const WAITING_ROOM_LIMITS: WaitingRoomLimits = {
  waitMsMax: 10_000,
  waitingMax: 256,
  retryMs: 200,
}

/** Requests whose variant has no replica at the moment, until the next publication of routes. */
export class WaitingRoom implements Expiring {
  dueMs = Number.POSITIVE_INFINITY
  private readonly waiting = new Map<Waiting, number>()
  private readonly limits: WaitingRoomLimits
  private readonly deadlines: Deadlines

  constructor(
    table: RouteTable,
    { limits, deadlines }: { limits: WaitingRoomLimits; deadlines: Deadlines },
  ) {
    this.limits = limits
    this.deadlines = deadlines
    deadlines.watch(this)
    table.watch({ changed: () => this.retryAll() })
  }

  /** When a request that begins to wait now has waited enough. */
  untilMs(): number {
    return this.deadlines.nowMs + this.limits.waitMsMax
  }

  /** @returns false when the room is full, or the time is over */
  enter(one: Waiting, untilMs: number): boolean {
    if (this.waiting.size >= this.limits.waitingMax) return false
    if (untilMs <= this.deadlines.nowMs) return false
    this.waiting.set(one, untilMs)
    this.dueMs = Math.min(this.dueMs, this.deadlines.nowMs + this.limits.retryMs)
    return true
  }

  leave(one: Waiting): void {
    this.waiting.delete(one)
  }

  expire(): void {
    this.retryAll()
    for (const [one, untilMs] of this.waiting) {
      if (untilMs > this.deadlines.nowMs) continue
      this.waiting.delete(one)
      one.gaveUp()
    }
    const { nowMs } = this.deadlines
    this.dueMs = this.waiting.size > 0 ? nowMs + this.limits.retryMs : Number.POSITIVE_INFINITY
  }

  private retryAll(): void {
    for (const [one, untilMs] of [...this.waiting]) {
      // out before it tries: what it meets may bring it back here
      if (!this.waiting.delete(one)) continue
      if (!one.retry()) this.waiting.set(one, untilMs)
    }
  }
}
