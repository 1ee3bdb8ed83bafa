import { CLIENT_TIMEOUTS, type ClientTimeouts } from './http1/client-timeouts.ts'
import { INVOCATION_LIMITS, type InvocationLimits } from './invoke/invocation-services.ts'
import { SHADOW_LIMITS, type ShadowLimits } from './invoke/shadow-copies.ts'
import { WAITING_ROOM_LIMITS, type WaitingRoomLimits } from './invoke/waiting-room.ts'
import { SERVER_LINK_LIMITS, type ServerLinkLimits } from './relay/server-link.ts'

/** Every bound of a gateway; what each is for stands where it is defined. */
export interface GatewayLimits {
  readonly client: ClientTimeouts
  readonly invocation: InvocationLimits
  readonly waitingRoom: WaitingRoomLimits
  readonly shadows: ShadowLimits
  readonly control: ServerLinkLimits
  /** How often time-outs are looked at: each is late by up to this. */
  readonly tickMs: number
  /** How long a stop waits for requests that run. */
  readonly stopMsMax: number
  readonly connectionsMax: number
}

export const GATEWAY_LIMITS: GatewayLimits = {
  client: CLIENT_TIMEOUTS,
  invocation: INVOCATION_LIMITS,
  waitingRoom: WAITING_ROOM_LIMITS,
  shadows: SHADOW_LIMITS,
  control: SERVER_LINK_LIMITS,
  tickMs: 50,
  stopMsMax: 60_000,
  connectionsMax: 16_384,
}

/** Some of the bounds, for tests that cannot wait for the real ones. */
export type GatewayLimitOverrides = {
  readonly [Part in keyof GatewayLimits]?: GatewayLimits[Part] extends object
    ? Partial<GatewayLimits[Part]>
    : GatewayLimits[Part]
}

export function limitsWith(overrides: GatewayLimitOverrides = {}): GatewayLimits {
  return {
    ...GATEWAY_LIMITS,
    ...overrides,
    client: { ...CLIENT_TIMEOUTS, ...overrides.client },
    invocation: { ...INVOCATION_LIMITS, ...overrides.invocation },
    waitingRoom: { ...WAITING_ROOM_LIMITS, ...overrides.waitingRoom },
    shadows: { ...SHADOW_LIMITS, ...overrides.shadows },
    control: { ...SERVER_LINK_LIMITS, ...overrides.control },
  }
}
