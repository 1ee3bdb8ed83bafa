import { parseDurationMs } from '../../base/duration.ts'
import { Refusal } from '../../base/refusal.ts'
import type { ClockReading, ClockSteering } from './steering.ts'

/** One of its members says what the clock shall do; `advance` is a duration such as `10m`. */
export type ClockCommand =
  | { readonly freeze: true }
  | { readonly advance: string }
  | { readonly resume: true }
  | { readonly speed: number }
  | { readonly reset: true }

const FORMS =
  'give one of {"freeze": true}, {"advance": "10m"}, {"resume": true}, {"speed": 60}, {"reset": true}'

/** Does what a JSON document asks of the clock. @throws Refusal when it is none of `ClockCommand` */
export async function commandClock(
  steering: ClockSteering,
  command: unknown,
): Promise<ClockReading> {
  const members = Object.entries(typeof command === 'object' && command !== null ? command : {})
  const [name, value] = members[0] ?? []
  if (members.length !== 1) throw new Refusal(`the clock takes one command: ${FORMS}`)
  if (name === 'freeze' && value === true) return steering.freeze()
  if (name === 'resume' && value === true) return steering.resume()
  if (name === 'reset' && value === true) return steering.reset()
  if (name === 'speed' && typeof value === 'number') return steering.speed(value)
  if (name === 'advance' && typeof value === 'string') {
    const ms = parseDurationMs(value)
    if (ms === undefined) {
      throw new Refusal(`advance is '${value}': give a duration such as 90s, 10m, 2h or 1d`)
    }
    return steering.advance(ms)
  }
  throw new Refusal(`the clock does not take ${JSON.stringify(command)}: ${FORMS}`)
}
