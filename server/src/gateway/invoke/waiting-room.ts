import type { RouteTable } from '../../capabilities/inference/index.ts'
import type { Deadlines, Expiring } from '../http1/deadlines.ts'

/** A request that can go on when a replica is back. */
export interface Waiting {
  readonly bodyBytes: number
  /** True for one whose variant has no replica on purpose, until there are requests. */
  readonly isHeld: boolean
  /** Tries again; stays in the room while that does not succeed. @returns true to leave the room */
  retry(): boolean
  /** It waited as long as is sensible. */
  gaveUp(): void
}

export interface WaitingRoomLimits {
  /** How long a request waits: a crashed container's successor is there in seconds, or not soon. */
  readonly waitMsMax: number
  /** How many wait at once, all endpoints together. */
  readonly waitingMax: number
  /** The same for those that are held while their variant starts its first replica. */
  readonly heldMax: number
  /** What their bodies may take of memory together. */
  readonly bytesMax: number
  /** Some ends show in no publication, such as a full backlog of connections. */
  readonly retryMs: number
}

export const WAITING_ROOM_LIMITS: WaitingRoomLimits = {
  waitMsMax: 10_000,
  waitingMax: 256,
  heldMax: 1_024,
  bytesMax: 256 * 1024 * 1024,
  retryMs: 200,
}

interface Place {
  readonly untilMs: number
  readonly isHeld: boolean
}

/** Requests whose variant has no replica at the moment, until the next publication of routes. */
export class WaitingRoom implements Expiring {
  dueMs = Number.POSITIVE_INFINITY
  private readonly waiting = new Map<Waiting, Place>()
  private heldCount = 0
  private bytes = 0
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

  /**
   * When a request that begins to wait now has waited enough.
   *
   * @param holdMs what its variant says; absent: as for any other
   */
  untilMs(holdMs: number = this.limits.waitMsMax): number {
    return this.deadlines.nowMs + holdMs
  }

  /** @returns false when the room is full, or the time is over */
  enter(one: Waiting, untilMs: number): boolean {
    const { waitingMax, heldMax, bytesMax } = this.limits
    const others = one.isHeld ? this.heldCount : this.waiting.size - this.heldCount
    if (others >= (one.isHeld ? heldMax : waitingMax)) return false
    if (this.bytes + one.bodyBytes > bytesMax) return false
    if (untilMs <= this.deadlines.nowMs) return false
    this.add(one, { untilMs, isHeld: one.isHeld })
    this.dueMs = Math.min(this.dueMs, this.deadlines.nowMs + this.limits.retryMs)
    return true
  }

  /** Something is free that was not: those who wait try again. */
  stir(): void {
    if (this.waiting.size > 0) this.retryAll()
  }

  leave(one: Waiting): void {
    this.remove(one)
  }

  expire(): void {
    this.retryAll()
    for (const [one, { untilMs }] of this.waiting) {
      if (untilMs > this.deadlines.nowMs) continue
      this.remove(one)
      one.gaveUp()
    }
    const { nowMs } = this.deadlines
    this.dueMs = this.waiting.size > 0 ? nowMs + this.limits.retryMs : Number.POSITIVE_INFINITY
  }

  private retryAll(): void {
    for (const [one, place] of [...this.waiting]) {
      // out before it tries: what it meets may bring it back here
      if (!this.remove(one)) continue
      if (!one.retry()) this.add(one, place)
    }
  }

  private add(one: Waiting, place: Place): void {
    this.waiting.set(one, place)
    if (place.isHeld) this.heldCount++
    this.bytes += one.bodyBytes
  }

  private remove(one: Waiting): boolean {
    const place = this.waiting.get(one)
    if (!place) return false
    this.waiting.delete(one)
    if (place.isHeld) this.heldCount--
    this.bytes -= one.bodyBytes
    return true
  }
}
