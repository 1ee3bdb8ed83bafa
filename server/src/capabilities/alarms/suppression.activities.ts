import type { Changes } from '../../platform/database/changes.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { findAlarms } from './alarm.store.ts'
import { type Alarm, type CompositeAlarm, changedAlarm, type StateChange } from './alarm.ts'
import { insertActions } from './alarm-action.store.ts'
import { actionsDue } from './alarm-action.ts'
import { listParents, updateSuppressions } from './alarm-dependency.store.ts'
import {
  decideSuppression,
  type SuppressionDecision,
  type SuppressionEvent,
} from './suppression.states.ts'
import { suppressorOf } from './suppression.ts'

/** Lets changes take effect on composite alarms with suppressors: theirs, and those of their suppressors. */
export async function followSuppressors(
  { changes: topics }: { readonly changes: Changes },
  transaction: Queryable,
  { place, changes, at }: { place: Place; changes: readonly StateChange[]; at: Date },
): Promise<void> {
  const real = changes.filter(({ alarm, to }) => alarm.state !== to)
  const changed = new Map(real.map((change) => [change.alarm.name, changedAlarm(change, at)]))
  const suppressed = await listParents(transaction, place, {
    names: [...changed.keys()],
    roles: ['Suppressor'],
  })
  const own = [...changed.values()].filter((alarm) => suppressorOf(alarm) !== undefined)
  const concerned = new Map([...suppressed, ...own].map((alarm) => [alarm.name, alarm]))
  const alarms = [...concerned.values()].filter(isComposite)
  const eventsOf = (alarm: CompositeAlarm): readonly SuppressionEvent[] => [
    ...suppressorEvents(real.find((change) => change.alarm.name === suppressorOf(alarm))),
    ...(changed.has(alarm.name) ? (['StateChanged'] as const) : []),
  ]
  await applySuppressions(transaction, { place, alarms, eventsOf, at })
  for (const { name, arn } of alarms) {
    if (!changed.has(name)) await topics.announce(transaction, arn)
  }
}

/** Takes what happened to composite alarms and their suppressors, and looks whether what they wait for is over. */
export async function applySuppressions(
  transaction: Queryable,
  request: {
    readonly place: Place
    readonly alarms: readonly CompositeAlarm[]
    readonly eventsOf: (alarm: CompositeAlarm) => readonly SuppressionEvent[]
    readonly at: Date
  },
): Promise<void> {
  const { place, alarms, eventsOf, at } = request
  if (alarms.length === 0) return
  const names = alarms.map(suppressorOf).filter((name) => name !== undefined)
  const suppressors = await findAlarms(transaction, place, names)
  const stateOf = new Map(suppressors.map(({ name, state }) => [name, state]))
  const decided = alarms.map((alarm) => {
    const { configuration, suppression } = alarm
    const facts = {
      now: at,
      suppressorState: stateOf.get(suppressorOf(alarm) ?? ''),
      waitSeconds: configuration.ActionsSuppressorWaitPeriod ?? 0,
      extensionSeconds: configuration.ActionsSuppressorExtensionPeriod ?? 0,
    }
    let decision: SuppressionDecision = { suppression, takesActions: false }
    for (const event of [...eventsOf(alarm), 'Looked' as const]) {
      const next = decideSuppression(decision.suppression, event, facts)
      decision = { ...next, takesActions: decision.takesActions || next.takesActions }
    }
    return { alarm, decision }
  })
  await updateSuppressions(
    transaction,
    decided.map(({ alarm, decision }) => ({
      alarmId: alarm.alarmId,
      suppression: decision.suppression,
    })),
  )
  const free = decided.filter(({ decision }) => decision.takesActions)
  await insertActions(
    transaction,
    free.flatMap(({ alarm }) => actionsDue(alarm)),
  )
}

function suppressorEvents(change: StateChange | undefined): readonly SuppressionEvent[] {
  if (change?.to === 'ALARM') return ['SuppressorEntered']
  return change?.alarm.state === 'ALARM' ? ['SuppressorLeft'] : []
}

function isComposite(alarm: Alarm): alarm is CompositeAlarm {
  return alarm.kind === 'CompositeAlarm'
}
