import type {
  DeleteAlarmsCommandInput,
  DisableAlarmActionsCommandInput,
  EnableAlarmActionsCommandInput,
  SetAlarmStateCommandInput,
} from '@aws-sdk/client-cloudwatch'
import type { RequestScope } from '../../platform/scope.ts'
import {
  findAlarms,
  lockComposites,
  lockMetricAlarms,
  updateActionsEnabled,
} from './alarm.store.ts'
import { applyCompositeChange, applyStateChanges } from './alarm-change.activities.ts'
import { listNamesInUse } from './alarm-dependency.store.ts'
import { alarmNotFound, invalidStateReasonData, validationError } from './alarm-errors.ts'
import { insertHistory } from './alarm-history.store.ts'
import { configurationEvent } from './alarm-history.ts'
import { alarmQueryOf } from './alarm-query.ts'
import { nextEvaluation, stepSecondsOf } from './alarm-window.ts'
import { updateNextLooks } from './due-alarm.store.ts'
import { deleteAlarmsByName } from './put-alarm.ts'

/**
 * Puts an alarm in a state, with its actions, until the next evaluation finds another. A composite alarm stays in
 * it until one of its children changes.
 *
 * @throws AwsError ResourceNotFound, InvalidFormat
 */
export async function setAlarmState(
  input: SetAlarmStateCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const {
    AlarmName: name = '',
    StateValue: to,
    StateReason: reason = '',
    StateReasonData: data,
  } = input
  if (data !== undefined && !isJson(data)) throw invalidStateReasonData()
  await scope.database.transaction(async (transaction) => {
    const [metricAlarm] = await lockMetricAlarms(transaction, scope, [name])
    if (!metricAlarm) await lockComposites(transaction, scope)
    const [alarm] = metricAlarm ? [metricAlarm] : await findAlarms(transaction, scope, [name])
    if (!alarm || to === undefined) throw alarmNotFound(name)
    if (alarm.kind === 'CompositeAlarm') {
      await applyCompositeChange(scope, transaction, { alarm, to, reason, reasonData: data })
      return
    }
    await applyStateChanges(scope, transaction, [{ alarm, to, reason, reasonData: data }])
    const { periodSeconds } = alarmQueryOf(alarm.configuration)
    const at = nextEvaluation(scope.clock.now(), stepSecondsOf(periodSeconds))
    await updateNextLooks(transaction, [{ alarmId: alarm.alarmId, at }])
  })
  return {}
}

/** Names that there are not are passed over, as in AWS. */
export async function enableAlarmActions(
  input: EnableAlarmActionsCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  return changeActions(scope, { names: input.AlarmNames ?? [], enabled: true })
}

export async function disableAlarmActions(
  input: DisableAlarmActionsCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  return changeActions(scope, { names: input.AlarmNames ?? [], enabled: false })
}

/**
 * Names that there are not are passed over, as in AWS.
 * @throws AwsError ValidationError while other composite alarms depend on one, or for several composite ones
 */
export async function deleteAlarms(
  input: DeleteAlarmsCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const names = input.AlarmNames ?? []
  await scope.database.transaction(async (transaction) => {
    await lockMetricAlarms(transaction, scope, names)
    await lockComposites(transaction, scope)
    const alarms = await findAlarms(transaction, scope, names)
    const composites = alarms.filter(({ kind }) => kind === 'CompositeAlarm')
    if (composites.length > 1) {
      throw validationError(
        `Only one composite alarm can be deleted at a time, and ${composites.length} are named: ` +
          composites.map(({ name }) => name).join(', '),
      )
    }
    const inUse = await listNamesInUse(transaction, scope, {
      names: alarms.map(({ name }) => name),
      except: composites.map(({ alarmId }) => alarmId),
    })
    if (inUse.length > 0) {
      throw validationError(
        `Cannot delete ${inUse.join(',')} as there are composite alarm(s) depending on ` +
          `${inUse.length === 1 ? 'it' : 'them'}.`,
      )
    }
    await deleteAlarmsByName(transaction, scope, { platform: scope, names })
  })
  return {}
}

async function changeActions(
  scope: RequestScope,
  change: { readonly names: readonly string[]; readonly enabled: boolean },
): Promise<Record<string, never>> {
  const at = scope.clock.now()
  await scope.database.transaction(async (transaction) => {
    await lockMetricAlarms(transaction, scope, change.names)
    await lockComposites(transaction, scope)
    const changed = await updateActionsEnabled(transaction, scope, { ...change, at })
    const events = changed.map((alarm) => configurationEvent(alarm, 'updated', at))
    await insertHistory(transaction, events)
  })
  return {}
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
