import type { PutCompositeAlarmCommandInput } from '@aws-sdk/client-cloudwatch'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findAlarms, lockComposites, lockMetricAlarms } from './alarm.store.ts'
import type { Alarm, CompositeAlarm } from './alarm.ts'
import { applyCompositeChange } from './alarm-change.activities.ts'
import {
  listDescendantNames,
  replaceDependencies,
  updateSuppressions,
} from './alarm-dependency.store.ts'
import { validationError } from './alarm-errors.ts'
import { checkAlarmTags } from './alarm-tags.ts'
import { type CompositeReferences, checkCompositeAlarm } from './composite-alarm.validation.ts'
import { compositeChange, compositeState } from './composite-state.ts'
import { putAlarm } from './put-alarm.ts'
import { applySuppressions } from './suppression.activities.ts'
import { suppressorOf } from './suppression.ts'

/**
 * Makes a composite alarm, or gives one another configuration, and evaluates its rule.
 * @throws AwsError ValidationError
 */
export async function putCompositeAlarm(
  input: PutCompositeAlarmCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const references = checkCompositeAlarm(input, scope)
  checkAlarmTags(input.Tags)
  await scope.database.transaction(async (transaction) => {
    const children = await lockReferences(transaction, scope, references)
    const name = input.AlarmName ?? ''
    await refuseCycle(transaction, scope, { name, children: references.children })
    const [before] = await findAlarms(transaction, scope, [name])
    const { alarm, isNew } = await write(transaction, scope, { input, references })
    await changeSuppressor(transaction, scope, { before, alarm })
    const stateOf = new Map(children.map((child) => [child.name, child.state]))
    const to = compositeState(alarm, (child) => stateOf.get(child))
    if (to === alarm.state) return
    const because = isNew ? 'created' : 'updated'
    const own = children.filter((child) => references.children.includes(child.name))
    const change = compositeChange(alarm, to, { because, children: own })
    await applyCompositeChange(scope, transaction, change)
  })
  return {}
}

/** The alarms that are referred to, none of which changes until the transaction ends. */
async function lockReferences(
  transaction: Queryable,
  scope: RequestScope,
  { children, suppressor, unknown }: CompositeReferences,
): Promise<readonly Alarm[]> {
  const names = [...children, ...(suppressor === undefined ? [] : [suppressor])]
  await lockMetricAlarms(transaction, scope, names)
  await lockComposites(transaction, scope)
  const alarms = await findAlarms(transaction, scope, names)
  const known = new Set(alarms.map(({ name }) => name))
  const missing = [...unknown, ...children.filter((name) => !known.has(name))]
  if (missing.length > 0) {
    throw validationError(
      `Could not save the composite alarm as alarms [${missing.join(', ')}] in the alarm rule do not exist`,
    )
  }
  if (suppressor !== undefined && !known.has(suppressor)) {
    throw validationError(
      `Could not save the composite alarm as the ActionsSuppressor ${suppressor} does not exist`,
    )
  }
  return alarms
}

async function refuseCycle(
  transaction: Queryable,
  scope: RequestScope,
  { name, children }: { readonly name: string; readonly children: readonly string[] },
): Promise<void> {
  const below = await listDescendantNames(transaction, scope, children)
  if (!below.includes(name)) return
  throw validationError(
    `Could not save the composite alarm as its alarm rule would depend on itself: ${name} is below ` +
      `${children.join(', ')}`,
  )
}

async function write(
  transaction: Queryable,
  scope: RequestScope,
  { input, references }: { input: PutCompositeAlarmCommandInput; references: CompositeReferences },
): Promise<{ readonly alarm: CompositeAlarm; readonly isNew: boolean }> {
  const {
    AlarmName: name = '',
    ActionsEnabled: actionsEnabled = true,
    Tags,
    ...configuration
  } = input
  const written = await putAlarm(transaction, scope, {
    platform: scope,
    definition: {
      name,
      kind: 'CompositeAlarm',
      configuration,
      actionsEnabled,
      evaluationSeconds: undefined,
    },
    tags: Tags,
  })
  if (written?.alarm.kind !== 'CompositeAlarm') {
    throw validationError(
      `Could not save the composite alarm as a metric alarm named ${name} exists`,
    )
  }
  const { alarm, isNew } = written
  const { children, suppressor } = references
  await replaceDependencies(transaction, scope, {
    parentId: alarm.alarmId,
    children: [
      ...children.map((child) => ({ name: child, role: 'Rule' as const })),
      ...(suppressor === undefined ? [] : [{ name: suppressor, role: 'Suppressor' as const }]),
    ],
  })
  return { alarm, isNew }
}

/** With another suppressor, whatever was waited for is discarded. */
async function changeSuppressor(
  transaction: Queryable,
  scope: RequestScope,
  { before, alarm }: { readonly before: Alarm | undefined; readonly alarm: CompositeAlarm },
): Promise<void> {
  const isSame = before !== undefined && suppressorOf(before) === suppressorOf(alarm)
  const fresh: CompositeAlarm = isSame ? alarm : { ...alarm, suppression: undefined }
  await updateSuppressions(transaction, [
    { alarmId: alarm.alarmId, suppression: fresh.suppression },
  ])
  if (suppressorOf(fresh) === undefined) return
  const at = scope.clock.now()
  await applySuppressions(transaction, { place: scope, alarms: [fresh], eventsOf: () => [], at })
}
