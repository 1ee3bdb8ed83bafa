import type { AlarmState } from './alarm.states.ts'

/** What keeps a composite alarm's actions back at present. */
export interface Suppression {
  readonly by: 'Alarm' | 'WaitPeriod' | 'ExtensionPeriod'
  /** When the period is over, for the two periods. */
  readonly until?: string
  /** Whether the alarm changed its state and its actions are still to be taken. */
  readonly isPending: boolean
}

/** What happened to the composite alarm or to its suppressor. */
export type SuppressionEvent =
  | 'StateChanged'
  | 'SuppressorEntered'
  | 'SuppressorLeft'
  /** Somebody looks, perhaps because a period is over. */
  | 'Looked'

export interface SuppressionFacts {
  readonly now: Date
  readonly suppressorState: AlarmState | undefined
  readonly waitSeconds: number
  readonly extensionSeconds: number
}

export interface SuppressionDecision {
  readonly suppression: Suppression | undefined
  /** The actions of the state that the alarm is in are taken now. */
  readonly takesActions: boolean
}

/**
 * The next step of a composite alarm with an ActionsSuppressor. A change of its state waits for WaitPeriod, so
 * that the suppressor may come in; a suppressor that leaves keeps actions back for ExtensionPeriod, so that the
 * alarm may recover. A new change discards what was waited for and waits anew.
 *
 * @source Amazon CloudWatch User Guide, "Suppressing composite alarm actions", examples 1 to 6
 */
export function decideSuppression(
  present: Suppression | undefined,
  event: SuppressionEvent,
  facts: SuppressionFacts,
): SuppressionDecision {
  const isPending = event === 'StateChanged' || (present?.isPending ?? false)
  if (facts.suppressorState === 'ALARM') {
    return { suppression: { by: 'Alarm', isPending }, takesActions: false }
  }
  switch (event) {
    case 'StateChanged':
      return waitFor('WaitPeriod', facts.waitSeconds, { isPending, now: facts.now })
    case 'SuppressorLeft':
      return waitFor('ExtensionPeriod', facts.extensionSeconds, { isPending, now: facts.now })
    case 'SuppressorEntered':
    case 'Looked':
      return look(present, facts.now)
  }
}

function waitFor(
  by: 'WaitPeriod' | 'ExtensionPeriod',
  seconds: number,
  { isPending, now }: { isPending: boolean; now: Date },
): SuppressionDecision {
  if (seconds <= 0) return { suppression: undefined, takesActions: isPending }
  const until = new Date(now.getTime() + seconds * 1000).toISOString()
  return { suppression: { by, until, isPending }, takesActions: false }
}

function look(present: Suppression | undefined, now: Date): SuppressionDecision {
  if (!present) return { suppression: undefined, takesActions: false }
  const isOver = present.until === undefined || now >= new Date(present.until)
  if (!isOver) return { suppression: present, takesActions: false }
  return { suppression: undefined, takesActions: present.isPending }
}
