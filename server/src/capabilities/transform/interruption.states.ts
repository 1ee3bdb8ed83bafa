import { type InstanceObservation, isOver } from './instance.states.ts'
import type { InstanceRun, Interruption, JobState } from './transform-job.states.ts'

/** What an interruption does now. */
export type InterruptionCommand =
  | { readonly do: 'aim'; readonly at: InstanceRun }
  | { readonly do: 'lose instance' | 'kill program'; readonly instance: number }

/** Written before it is done, so that it is done to one instance once, whoever dies meanwhile. */
export function aimedState(state: JobState, aim: InstanceRun, now: Date): JobState | undefined {
  if (!state.interruption || state.interruption.aim) return undefined
  return { ...state, interruption: { ...state.interruption, aim }, modifiedAt: now }
}

/** @returns undefined when nothing befell an earlier attempt */
export function recoveredState(state: JobState, attempt: number, now: Date): JobState | undefined {
  const { interruption, ...others } = state
  const aimedAttempt = interruption?.aim?.attempt ?? attempt
  return aimedAttempt < attempt ? { ...others, modifiedAt: now } : undefined
}

/** Decides what an interruption does to the instances of an attempt; `killed` are those whose program was. */
export function interruptionCommand(
  { status, interruption }: Pick<JobState, 'status' | 'interruption'>,
  instances: readonly InstanceObservation[],
  killed: ReadonlySet<number>,
): InterruptionCommand | undefined {
  if (!interruption || status !== 'InProgress') return undefined
  const { kind, aim } = interruption
  // a program can only end that has begun
  const struck = instances.find((one) =>
    kind === 'ProgramExited' ? one.state === 'Running' : !isOver(one),
  )
  if (!aim)
    return struck && { do: 'aim', at: { attempt: struck.attempt, instance: struck.instance } }
  const aimed = instances.find((one) => one.instance === aim.instance)
  if (!aimed || aimed.attempt !== aim.attempt || isOver(aimed)) return undefined
  const { instance } = aim
  if (kind === 'MachineLost') return { do: 'lose instance', instance }
  return killed.has(instance) ? undefined : { do: 'kill program', instance }
}

/** The instances as they are to be judged: the program that we have killed ended as was asked. */
export function interruptedInstances(
  instances: readonly InstanceObservation[],
  interruption: Interruption | undefined,
): readonly InstanceObservation[] {
  if (interruption?.kind !== 'ProgramExited' || !interruption.aim) return instances
  const { aim, exitCode } = interruption
  return instances.map((one) =>
    one.instance === aim.instance &&
    one.attempt === aim.attempt &&
    one.end?.cause === 'Stopped' &&
    !one.end.transformed
      ? { ...one, end: { ...one.end, cause: 'Exited', exitCode } }
      : one,
  )
}
