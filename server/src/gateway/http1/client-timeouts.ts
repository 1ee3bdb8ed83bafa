/** How long clients may take; milliseconds. */
export interface ClientTimeouts {
  /** Between two requests of a connection. */
  readonly idleMs: number
  /** From a head's first byte to its last. */
  readonly headMs: number
  /** Between two pieces of a body, and for a piece of an answer to be taken. */
  readonly bodyIdleMs: number
  /** A client that has shut its side down and gets nothing for so long is taken to be gone. */
  readonly halfClosedMs: number
  /** How long a connection that is being closed is still listened to, so that the answer arrives. */
  readonly lingerMs: number
}

export const CLIENT_TIMEOUTS: ClientTimeouts = {
  idleMs: 75_000,
  headMs: 20_000,
  bodyIdleMs: 60_000,
  halfClosedMs: 10_000,
  lingerMs: 10_000,
}
