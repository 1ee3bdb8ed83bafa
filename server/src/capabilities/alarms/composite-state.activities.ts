import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { findAlarms } from './alarm.store.ts'
import { type Alarm, type CompositeAlarm, changedAlarm, type StateChange } from './alarm.ts'
import { listAncestors } from './alarm-dependency.store.ts'
import { childNamesOf, compositeChange, compositeState } from './composite-state.ts'

/**
 * How the composite alarms above some alarms change by these: each is evaluated once, after those that it looks
 * at. The caller holds `lockComposites` and has written what changed below.
 *
 * @param names of alarms whose states changed
 */
export async function compositeChanges(
  transaction: Queryable,
  place: Place,
  { names, at }: { readonly names: readonly string[]; readonly at: Date },
): Promise<readonly StateChange<CompositeAlarm>[]> {
  const ancestors = await listAncestors(transaction, place, names)
  if (ancestors.length === 0) return []
  const known = new Map<string, Alarm>()
  for (const alarm of await findAlarms(transaction, place, ancestors.flatMap(childNamesOf))) {
    known.set(alarm.name, alarm)
  }
  const changed = new Set(names)
  const changes: StateChange<CompositeAlarm>[] = []
  for (const alarm of ancestors) {
    const to = compositeState(alarm, (name) => known.get(name)?.state)
    const children = childNamesOf(alarm)
      .filter((name) => changed.has(name))
      .flatMap((name) => known.get(name) ?? [])
    if (to === alarm.state || children.length === 0) continue
    const change = compositeChange(alarm, to, { because: 'child', children })
    changes.push(change)
    changed.add(alarm.name)
    known.set(alarm.name, changedAlarm(change, at))
  }
  return changes
}
