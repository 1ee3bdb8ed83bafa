/**
 * The platform's clock over all processes: its setting is a row that control writes and every process
 * follows, and so it survives a restart. Control steers; see `base/steerable-clock.ts` for what is steered.
 */
export { type ClockCommand, commandClock } from './clock-command.ts'
export { startClockFeed } from './clock-feed.ts'
export { createSettling, type SettlingOptions } from './settling.ts'
export {
  type ClockReading,
  type ClockSteering,
  openClockSteering,
} from './steering.ts'
export { taskStandings } from './task-standing.ts'
