import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { formatDuration, parseDurationMs } from '../../server/src/base/duration.ts'
import { SPEED_MAX, SPEED_MIN } from '../../server/src/base/steerable-clock.ts'
import type { ClockCommand } from '../../server/src/platform/clock/index.ts'
import { type Command, print, printJson, UsageError } from '../command.ts'
import {
  configFor,
  DATA_DIR_OPTION,
  dataDirHelp,
  Interrupted,
  requireControl,
  requireRunning,
} from '../installation-options.ts'

/** As control answers: instants in ISO 8601. */
export interface ClockShown {
  readonly now: string
  readonly wall: string
  readonly speed: number
  readonly frozen: boolean
  readonly isWall: boolean
}

export const clock: Command = {
  usage: 'show | freeze | advance DURATION | speed FACTOR | resume | reset [--json]',
  summary: 'freeze the platform’s time, move it ahead, speed it up',
  help: `Every schedule, bake, cool-down, period and expiry goes by the platform's clock, so that an hour of
it can be tried in seconds. A restart keeps the setting.

  show              what the clock reads, and how it stands to this machine's (the default)
  freeze            stand still
  advance DURATION  go ahead by 90s, 10m, 2h, 1d: what is due on the way happens in its order, and
                    the command returns when it has; then frozen, or running, as before
  speed FACTOR      run 60 times as fast, say; 0.001 to 10000, 1 is the usual pace
  resume            run at the usual pace from the present reading
  reset             back to this machine's time
  --json            {"now", "wall", "speed", "frozen", "isWall"}
${dataDirHelp(18)}

Clients go on signing with this machine's time. Presigned URLs (signature_version='s3v4') and
sessions expire by the platform's; jobs' time-outs go by it too, what containers do does not.

Examples:
  ./sagebrush clock freeze
  ./sagebrush clock advance 10m
  ./sagebrush clock speed 60

A test suite can do the same over HTTP, where the platform was started with --test-controls:
  curl http://127.0.0.1:8420/_sagebrush/clock
  curl -X POST http://127.0.0.1:8420/_sagebrush/clock -d '{"freeze": true}'
  curl -X POST http://127.0.0.1:8420/_sagebrush/clock -d '{"advance": "10m"}'
  also {"speed": 60}, {"resume": true}, {"reset": true}`,
  run: async (args) => {
    const backward = args.find((arg) => /^-\d/.test(arg))
    if (backward !== undefined) {
      throw new UsageError(
        `'${backward}' goes back, and the clock only goes ahead; ./sagebrush clock reset gives this machine's time`,
      )
    }
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...DATA_DIR_OPTION, json: { type: 'boolean' } },
    })
    const command = commandOf(positionals)
    const { dataDir } = configFor(values)
    const shown = command ? await carryOut(dataDir, command) : await show(dataDir)
    if (values.json) printJson(shown)
    else print(clockLine(shown))
    return 0
  },
}

const show = (dataDir: string) => requireControl<ClockShown>(dataDir, 'GET', '/clock')

/** An advance during which control, or Postgres, dies is gone on with when it is back. */
async function carryOut(dataDir: string, command: ClockCommand): Promise<ClockShown> {
  const post = (body: ClockCommand) =>
    requireControl<ClockShown>(dataDir, 'POST', { url: '/clock', body })
  if (!('advance' in command)) return post(command)
  const targetMs =
    Date.parse((await shownAgain(dataDir)).now) + (parseDurationMs(command.advance) ?? 0)
  let rest = command
  for (;;) {
    try {
      return await post(rest)
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
    }
    const reached = await shownAgain(dataDir)
    const restMs = targetMs - Date.parse(reached.now)
    if (restMs <= 0) return reached
    rest = { advance: `${restMs}ms` }
  }
}

/** What the clock shows, once control is there. @throws Problem when it does not come back */
async function shownAgain(dataDir: string): Promise<ClockShown> {
  const giveUpMs = monotonicMs() + BACK_MS_MAX
  for (;;) {
    try {
      return await show(dataDir)
    } catch (error) {
      if (!(error instanceof Interrupted) || monotonicMs() > giveUpMs) throw error
      // the supervisor is gone as well
      await requireRunning(dataDir)
      await pause(LOOK_MS)
    }
  }
}

const BACK_MS_MAX = 60_000
const LOOK_MS = 250

/** How the clock stands, in words. */
export function clockLine({ now, wall, speed, frozen, isWall }: ClockShown): string {
  const readMs = Date.parse(now) - Date.parse(wall)
  // an advance by a day ends some milliseconds off a day
  const offMs = Math.abs(readMs) < SECOND_MS ? readMs : Math.round(readMs / SECOND_MS) * SECOND_MS
  const direction = offMs > 0 ? 'ahead of' : 'behind'
  const isNear = Math.abs(offMs) < NEAR_MS
  const offset = isNear ? '' : `${formatDuration(offMs)} ${direction} this machine`
  const pace = frozen ? 'frozen' : speed === 1 ? '' : `running ${speed} times as fast`
  const standing = isWall ? 'this machine’s time' : [pace, offset].filter(Boolean).join(', ')
  return `${now}   ${standing || 'at the usual pace'}`
}

const SECOND_MS = 1_000
/** Less is not worth telling. */
const NEAR_MS = 500

/** @returns undefined for `show` @throws UsageError */
function commandOf([verb = 'show', value, ...more]: readonly string[]): ClockCommand | undefined {
  const wrong = new UsageError(`give ${clock.usage}; see ./sagebrush clock --help`)
  if (more.length > 0) throw wrong
  if (verb === 'advance' && value !== undefined) {
    if (parseDurationMs(value) === undefined) {
      throw new UsageError(`'${value}' is no duration: give 90s, 10m, 2h or 1d, say`)
    }
    return { advance: value }
  }
  if (verb === 'speed' && value !== undefined) {
    const speed = Number(value)
    if (speed >= SPEED_MIN && speed <= SPEED_MAX) return { speed }
    throw new UsageError(
      `'${value}' is no factor from ${SPEED_MIN} to ${SPEED_MAX}: give 60, say, or freeze`,
    )
  }
  if (value !== undefined) throw wrong
  switch (verb) {
    case 'show':
      return undefined
    case 'freeze':
      return { freeze: true }
    case 'resume':
      return { resume: true }
    case 'reset':
      return { reset: true }
    default:
      throw wrong
  }
}
