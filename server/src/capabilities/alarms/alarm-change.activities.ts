import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import { lockComposites, updateStates } from './alarm.store.ts'
import { type CompositeAlarm, changedAlarm, type StateChange } from './alarm.ts'
import { insertActions } from './alarm-action.store.ts'
import { actionsDue } from './alarm-action.ts'
import { listParents } from './alarm-dependency.store.ts'
import { insertHistory } from './alarm-history.store.ts'
import { stateEvent } from './alarm-history.ts'
import { compositeChanges } from './composite-state.activities.ts'
import { followSuppressors } from './suppression.activities.ts'
import { suppressorOf } from './suppression.ts'

/** What a change of alarms needs of the platform. */
export type AlarmPlatform = Pick<Platform, 'clock' | 'database' | 'changes' | 'log'>

/**
 * Writes changes of states with all that they bring: history, the actions that are to be taken, the composite
 * alarms above and theirs. The rows are locked; it is one transaction, so that a change is never without its
 * actions.
 */
export async function applyStateChanges(
  platform: AlarmPlatform,
  transaction: Queryable,
  changes: readonly StateChange[],
): Promise<void> {
  const at = platform.clock.now()
  for (const { place, changes: own } of byPlace(changes)) {
    const names = own.map(({ alarm }) => alarm.name)
    const parents = await listParents(transaction, place, { names, roles: ['Rule', 'Suppressor'] })
    if (parents.length > 0) await lockComposites(transaction, place)
    await write(platform, transaction, { changes: own, at })
    if (parents.length > 0) await applyAbove(platform, transaction, { place, changes: own, at })
  }
}

/**
 * The same for a composite alarm that changed by itself, when it was made or set; the caller holds
 * `lockComposites`.
 */
export async function applyCompositeChange(
  platform: AlarmPlatform,
  transaction: Queryable,
  change: StateChange<CompositeAlarm>,
): Promise<void> {
  const at = platform.clock.now()
  await write(platform, transaction, { changes: [change], at })
  await applyAbove(platform, transaction, { place: change.alarm.place, changes: [change], at })
}

interface Round {
  readonly changes: readonly StateChange[]
  readonly at: Date
}

async function applyAbove(
  platform: AlarmPlatform,
  transaction: Queryable,
  { place, changes, at }: Round & { readonly place: Place },
): Promise<void> {
  const names = changes.map(({ alarm }) => alarm.name)
  const above = await compositeChanges(transaction, place, { names, at })
  await write(platform, transaction, { changes: above, at })
  await followSuppressors(platform, transaction, { place, changes: [...changes, ...above], at })
}

async function write(
  { changes: topics }: AlarmPlatform,
  transaction: Queryable,
  { changes, at }: Round,
): Promise<void> {
  if (changes.length === 0) return
  await updateStates(
    transaction,
    changes.map(({ alarm, to, reason, reasonData }) => ({
      alarmId: alarm.alarmId,
      from: alarm.state,
      to,
      reason,
      reasonData,
      at,
    })),
  )
  const real = changes.filter(({ alarm, to }) => alarm.state !== to)
  const events = real.map((change) => stateEvent(change.alarm, changedAlarm(change, at)))
  await insertHistory(transaction, events)
  // with a suppressor, actions are taken when it lets them
  const free = real.filter(({ alarm }) => suppressorOf(alarm) === undefined)
  const actions = free.flatMap((change) => actionsDue(changedAlarm(change, at)))
  await insertActions(transaction, actions)
  for (const { alarm } of changes) await topics.announce(transaction, alarm.arn)
}

function byPlace(
  changes: readonly StateChange[],
): readonly { readonly place: Place; readonly changes: readonly StateChange[] }[] {
  const groups = Map.groupBy(changes, ({ alarm }) => `${alarm.place.realm}/${alarm.place.region}`)
  // locks of several places are taken in one order
  return [...groups.keys()].sort().flatMap((key) => {
    const own = groups.get(key) ?? []
    return own[0] ? [{ place: own[0].alarm.place, changes: own }] : []
  })
}
