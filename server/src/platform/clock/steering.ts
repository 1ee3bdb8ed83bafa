import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import { Refusal } from '../../base/refusal.ts'
import {
  type ClockSetting,
  isWallSetting,
  SPEED_MAX,
  SPEED_MIN,
  type SteerableClock,
  WALL_SETTING,
} from '../../base/steerable-clock.ts'
import type { Database } from '../database/database.ts'
import { readClockSetting, writeClockSetting } from './clock-setting.store.ts'
import { createSettling, type SettlingOptions } from './settling.ts'

/** What the clock shows, and how it stands to the wall's. */
export interface ClockReading {
  readonly now: Date
  readonly wall: Date
  /** How many times as fast as the wall's it runs; 0 is frozen. */
  readonly speed: number
  readonly frozen: boolean
  /** It reads as the wall's does. */
  readonly isWall: boolean
}

/** Moves the platform's clock, for every process. One command after another. */
export interface ClockSteering {
  show(): ClockReading
  freeze(): Promise<ClockReading>
  /** From the present reading on at the wall's pace. */
  resume(): Promise<ClockReading>
  /**
   * @param speed from `SPEED_MIN` to `SPEED_MAX`
   * @throws Refusal
   */
  speed(speed: number): Promise<ClockReading>
  /**
   * Goes `ms` ahead, from one instant that something waits for to the next, in order, and lets what each
   * began come to rest before the next. Afterwards the clock is frozen, or runs, as before.
   *
   * @param ms more than 0, at most `ADVANCE_MS_MAX`
   * @throws Refusal
   */
  advance(ms: number): Promise<ClockReading>
  /** Back to the wall's time. */
  reset(): Promise<ClockReading>
}

/** Ten years. */
const ADVANCE_MS_MAX = 3_650 * 86_400_000

/**
 * Signatures are dated to the second. So that one made before a long move is told from one made after it,
 * the two are not in one second. For short moves it does not matter: clients may be off by as much.
 */
const ALIGNED_MS_MIN = 15 * 60_000

export interface SteeringOptions extends SettlingOptions {
  readonly database: Database
  readonly clock: SteerableClock
  readonly wall?: Clock
}

/** Puts the clock to the setting that was kept, and from then on moves it. */
export async function openClockSteering(options: SteeringOptions): Promise<ClockSteering> {
  const { clock, wall = systemClock } = options
  const { earlier, ...kept } = await readClockSetting(options.database)
  clock.steer(kept, earlier)
  let last: Promise<unknown> = Promise.resolve()

  const show = (): ClockReading => {
    const { speed } = clock.setting
    return {
      now: clock.now(),
      wall: wall.now(),
      speed,
      frozen: speed === 0,
      isWall: isWallSetting(clock.setting),
    }
  }
  const inTurn = (command: () => Promise<unknown>): Promise<ClockReading> => {
    const turn = last.then(command).then(show)
    last = turn.catch(() => undefined)
    return turn
  }
  /** Gateways first: what they counted before is stored when the first of control's waits ends. */
  const move = async (setting: ClockSetting, settling = createSettling(options)): Promise<void> => {
    const before = [...clock.earlier, clock.setting]
    await writeClockSetting(options, { ...setting, earlier: before })
    await settling.gatewaysFollow()
    clock.steer(setting)
  }
  const run = (speed: number): Promise<void> => move({ at: clock.now(), since: wall.now(), speed })

  const advance = async (ms: number): Promise<void> => {
    const settling = createSettling(options)
    const targetMs = clock.now().getTime() + ms
    const { speed } = clock.setting
    if (ms >= ALIGNED_MS_MIN) await nextWholeSecond(wall)
    await settling.settled()
    for (;;) {
      const nowMs = clock.now().getTime()
      if (nowMs >= targetMs) break
      const dueMs = clock.nextDue()?.getTime() ?? targetMs
      // what came due by itself meanwhile does not put the clock back
      const at = new Date(Math.max(nowMs, Math.min(dueMs, targetMs)))
      await move({ at, since: wall.now(), speed }, settling)
      await settling.settled()
    }
    // whoever waited for the advance looks at what came of it
    await settling.settled({ isPatient: true })
  }
  return {
    show,
    freeze: () => inTurn(() => run(0)),
    resume: () => inTurn(() => run(1)),
    speed: (speed) =>
      inTurn(async () => {
        if (!(speed >= SPEED_MIN && speed <= SPEED_MAX)) {
          throw new Refusal(
            `speed is ${speed}: give a factor from ${SPEED_MIN} to ${SPEED_MAX}; freeze stands still`,
          )
        }
        await run(speed)
      }),
    advance: (ms) =>
      inTurn(async () => {
        if (!(ms > 0 && ms <= ADVANCE_MS_MAX)) {
          throw new Refusal(`advance is ${ms} ms: give more than 0 and at most 3650 days`)
        }
        await advance(ms)
      }),
    reset: () => inTurn(() => move(WALL_SETTING)),
  }
}

async function nextWholeSecond(wall: Clock): Promise<void> {
  await wall.until(new Date((Math.floor(wall.now().getTime() / 1_000) + 1) * 1_000))
}
