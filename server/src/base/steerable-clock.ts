import { type Clock, systemClock } from './clock.ts'
import { type Due, DueHeap } from './due-heap.ts'

/**
 * How a clock relates to the wall's: it read `at` when the wall read `since`, and has run `speed` times as
 * fast since then; 0 is a frozen clock.
 */
export interface ClockSetting {
  readonly at: Date
  readonly since: Date
  readonly speed: number
}

/** A clock that keeps to the wall's until it is steered: frozen, put elsewhere, sped up. */
export interface SteerableClock extends Clock {
  readonly setting: ClockSetting
  /** The settings before the present one, as far as they are remembered. */
  readonly earlier: readonly ClockSetting[]
  /**
   * Takes another setting from now on. Waits that are due by it end at once, in the order of their
   * instants; the others are armed anew.
   *
   * @param earlier what to remember of settings before, for a clock that begins or missed some
   */
  steer(setting: ClockSetting, earlier?: readonly ClockSetting[]): void
  /** The earliest instant that somebody waits for by `until`. */
  nextDue(): Date | undefined
  /** As `until`, for what follows the time and has no instant of its own: whoever advances the clock passes by. */
  passing(instant: Date, signal?: AbortSignal): Promise<void>
  /**
   * What this clock read when the wall's read `wall`, by the setting of that moment as far back as settings
   * are remembered, by the oldest of them before.
   */
  readingAt(wall: Date): Date
}

/** How fast a clock can be made to run. Slower is standing still, faster is beyond what the platform keeps up with. */
export const SPEED_MIN = 0.001
export const SPEED_MAX = 10_000

/** The wall's own time. */
export const WALL_SETTING: ClockSetting = { at: new Date(0), since: new Date(0), speed: 1 }

/** @param options `wall`: what moves the clock, the system's by default; `setting`: the wall's by default */
export function createSteerableClock(
  options: { readonly wall?: Clock; readonly setting?: ClockSetting } = {},
): SteerableClock {
  return new SteeredClock(options.wall ?? systemClock, options.setting ?? WALL_SETTING)
}

/** What a clock with this setting reads when the wall's reads `wall`. */
export function readingOf({ at, since, speed }: ClockSetting, wall: Date): Date {
  const passedMs = (wall.getTime() - since.getTime()) * speed
  return new Date(at.getTime() + Math.floor(passedMs + ROUNDING_MS))
}

/** Whether a clock with this setting reads as the wall's does. */
export function isWallSetting({ at, since, speed }: ClockSetting): boolean {
  return speed === 1 && at.getTime() === since.getTime()
}

/** An instant of the wall's as `clock` read it then; itself for a clock that cannot be steered. */
export function readingAt(clock: Clock, wall: Date): Date {
  return 'readingAt' in clock ? (clock as SteerableClock).readingAt(wall) : wall
}

/** When the clock reads `instant` or later, as `SteerableClock.passing`. */
export function passing(clock: Clock, instant: Date, signal?: AbortSignal): Promise<void> {
  if ('passing' in clock) return (clock as SteerableClock).passing(instant, signal)
  return clock.until(instant, signal)
}

/** Whether a clock stands still until somebody moves it. */
export function isFrozen(clock: Clock): boolean {
  return 'setting' in clock && (clock as SteerableClock).setting.speed === 0
}

/**
 * When the wall's clock will read so that `clock` reads `instant`, as it runs now.
 *
 * @returns undefined for a frozen clock, and `instant` itself for one that cannot be steered
 */
export function wallAt(clock: Clock, instant: Date): Date | undefined {
  if (!('setting' in clock)) return instant
  const { at, since, speed } = (clock as SteerableClock).setting
  if (speed === 0) return undefined
  return new Date(since.getTime() + Math.ceil((instant.getTime() - at.getTime()) / speed))
}

/** Settings that are remembered, so that what happened before the latest can still be dated. */
const EARLIER_MAX = 64
/** What a product of a speed may fall short of the whole millisecond that it means. */
const ROUNDING_MS = 1e-6
/** The last instant that a Date can hold. */
const DATE_MS_MAX = 8.64e15

/** Of too many settings the one that held for the shortest time says least. */
function withoutShortest(settings: readonly ClockSetting[]): readonly ClockSetting[] {
  if (settings.length <= EARLIER_MAX) return settings
  const heldMs = settings.map(({ since }, index) => {
    const next = settings[index + 1]
    return next ? next.since.getTime() - since.getTime() : Number.POSITIVE_INFINITY
  })
  const shortest = heldMs.indexOf(Math.min(...heldMs))
  return settings.filter((_, index) => index !== shortest)
}

interface Waiter extends Due {
  readonly resolve: () => void
}

class SteeredClock implements SteerableClock {
  private readonly wall: Clock
  private present: ClockSetting
  private past: readonly ClockSetting[] = []
  private readonly waiters = new DueHeap<Waiter>()
  private readonly followers = new DueHeap<Waiter>()
  private order = 0
  private alarm = new AbortController()
  private alarmMs: number | undefined

  constructor(wall: Clock, setting: ClockSetting) {
    this.wall = wall
    this.present = setting
  }

  get earlier(): readonly ClockSetting[] {
    return this.past
  }

  get setting(): ClockSetting {
    return this.present
  }

  now(): Date {
    return readingOf(this.present, this.wall.now())
  }

  nextDue(): Date | undefined {
    const first = this.waiters.first()
    return first && new Date(first.dueMs)
  }

  readingAt(wall: Date): Date {
    if (wall >= this.present.since) return readingOf(this.present, wall)
    const then = this.past.findLast(({ since }) => since <= wall)
    return readingOf(then ?? this.past[0] ?? this.present, wall)
  }

  steer(setting: ClockSetting, earlier = withoutShortest([...this.past, this.present])): void {
    this.past = earlier
    this.present = setting
    this.disarm()
    this.fire()
  }

  until(instant: Date, signal?: AbortSignal): Promise<void> {
    return this.wait(this.waiters, { instant, signal })
  }

  passing(instant: Date, signal?: AbortSignal): Promise<void> {
    return this.wait(this.followers, { instant, signal })
  }

  private wait(
    heap: DueHeap<Waiter>,
    { instant, signal }: { readonly instant: Date; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    if (instant <= this.now()) return Promise.resolve()
    if (signal?.aborted) return Promise.reject(signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = (): void => {
      waiter.isOver = true
      heap.calledOff()
      this.arm()
      reject(signal?.reason)
    }
    const waiter: Waiter = {
      dueMs: instant.getTime(),
      order: this.order++,
      isOver: false,
      resolve: () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
    }
    heap.add(waiter)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.arm()
    return promise
  }

  /** Which of the two has the earlier wait. */
  private earliest(): DueHeap<Waiter> {
    const [waiter, follower] = [this.waiters.first(), this.followers.first()]
    return follower && (!waiter || follower.dueMs < waiter.dueMs) ? this.followers : this.waiters
  }

  private fire(): void {
    const nowMs = this.now().getTime()
    for (;;) {
      const heap = this.earliest()
      const first = heap.first()
      if (!first || first.dueMs > nowMs) break
      heap.takeFirst()
      first.isOver = true
      first.resolve()
    }
    this.arm()
  }

  /** One timer of the wall's, for the earliest of all waits. */
  private arm(): void {
    const dueMs = this.earliest().first()?.dueMs
    if (dueMs === this.alarmMs) return
    this.disarm()
    this.alarmMs = dueMs
    const { at, since, speed } = this.present
    if (dueMs === undefined || speed === 0) return
    const wallMs = since.getTime() + Math.ceil((dueMs - at.getTime()) / speed)
    const ring = (): void => {
      this.alarmMs = undefined
      this.fire()
    }
    const alarm = new AbortController()
    this.alarm = alarm
    this.wall.until(new Date(Math.min(wallMs, DATE_MS_MAX)), alarm.signal).then(
      () => alarm.signal.aborted || ring(),
      // called off: another wait is the earliest
      () => undefined,
    )
  }

  private disarm(): void {
    this.alarm.abort()
    this.alarmMs = undefined
  }
}
