import { assert } from '../../base/assert.ts'
import { type FollowCommand, type HostObservation, isOver } from './host.states.ts'
import { enter, type Interruption, type JobState, nextAttempt } from './training-job.states.ts'

/** source: "Spot Instance interruption notices" in the EC2 guide: two minutes before the instance goes */
const SPOT_NOTICE_SECONDS = 120

/** Decides what an interruption does to the hosts now; `told` are those that were told to stop. */
export function interruptionCommand(
  { status, interruption }: Pick<JobState, 'status' | 'interruption'>,
  hosts: readonly HostObservation[],
  told: ReadonlySet<string>,
): FollowCommand | undefined {
  const [first] = hosts
  if (!first || !interruption || status !== 'InProgress') return undefined
  switch (interruption.kind) {
    case 'SpotReclaimed': {
      const untold = hosts.filter((host) => !isOver(host) && !told.has(host.host))
      if (untold.length === 0) return undefined
      const names = untold.map(({ host }) => host)
      return { do: 'stop hosts', hosts: names, graceSeconds: SPOT_NOTICE_SECONDS }
    }
    case 'MachineLost':
      return isOver(first) ? undefined : { do: 'lose hosts', hosts: [first.host] }
    case 'ProgramExited': {
      // a program can only end that has begun
      const isRunning = first.phases.at(-1)?.phase === 'Running'
      if (!isRunning || isOver(first) || told.has(first.host)) return undefined
      return { do: 'stop hosts', hosts: [first.host], graceSeconds: 0 }
    }
  }
}

/** The hosts as they are to be judged: the first one's program, which we have killed, ended as was asked. */
export function interruptedHosts(
  hosts: readonly HostObservation[],
  interruption: Interruption | undefined,
): readonly HostObservation[] {
  if (interruption?.kind !== 'ProgramExited') return hosts
  const { exitCode } = interruption
  return hosts.map((host, index) =>
    index === 0 && host.end?.cause === 'Stopped'
      ? { ...host, end: { ...host.end, cause: 'Exited', exitCode } }
      : host,
  )
}

/** The job after its spot instances have gone, until its tasks are started once more. */
export function restartingState(
  { interruption, ...state }: JobState,
  { at, now }: { readonly at: Date; readonly now: Date },
): JobState {
  assert(interruption?.kind === 'SpotReclaimed', 'only spot instances are taken back')
  const interrupted = enter(state, 'Interrupted', { at, now })
  const restarting = enter(interrupted, 'Restarting', { at: now, now })
  return nextAttempt(restarting, now)
}

/** @returns undefined when the job is not waiting to be started again */
export function restartedState(state: JobState, now: Date): JobState | undefined {
  if (state.secondaryStatus !== 'Restarting') return undefined
  return enter(state, 'Starting', { at: now, now })
}
