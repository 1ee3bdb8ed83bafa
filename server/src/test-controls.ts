import { commandFaults, type FaultOptions, showFaults } from './capabilities/faults/index.ts'
import type { AdminHandlers } from './platform/admin-socket.ts'
import { type ClockReading, type ClockSteering, commandClock } from './platform/clock/index.ts'

/**
 * What rehearsals ask of the platform itself, by `METHOD /path`: over control's own socket always, and over
 * HTTP below `/_sagebrush/` where it was allowed at the start.
 */
export function testControls(options: {
  readonly steering: ClockSteering
  readonly faults: FaultOptions
  readonly reset: () => Promise<void>
  /** Looks for what expired by the clock's new reading. */
  readonly moved: () => void
}): AdminHandlers {
  const { steering, faults, reset, moved } = options
  return {
    'POST /reset': async () => {
      await reset()
      return {}
    },
    'GET /clock': async (): Promise<ClockReading> => steering.show(),
    'POST /clock': async (command): Promise<ClockReading> => {
      const reading = await commandClock(steering, command)
      moved()
      return reading
    },
    'GET /inject': async () => ({ faults: await showFaults(faults.platform) }),
    'POST /inject': async (document) => ({ faults: await commandFaults(faults, document) }),
  }
}
