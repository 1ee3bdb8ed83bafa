/** The part of a job's state that says what befalls it from outside. */
export interface Interruptible<Interruption> {
  readonly status: string
  readonly interruption?: Interruption
  readonly modifiedAt: Date
}

/** @returns undefined when the job is being interrupted already */
export function interruptedState<Interruption, State extends Interruptible<Interruption>>(
  state: State,
  interruption: Interruption,
  now: Date,
): State | undefined {
  if (state.interruption) return undefined
  return { ...state, interruption, modifiedAt: now }
}
