import type { PutCompositeAlarmInput } from '@aws-sdk/client-cloudwatch'
import type { Place } from '../../platform/scope.ts'
import { alarmNameOf } from './alarm.ts'
import { checkActions } from './alarm-action.validation.ts'
import { validationError } from './alarm-errors.ts'
import { checkAlarmName } from './alarm-name.validation.ts'
import { AlarmRuleFault, parseAlarmRule, referencesOf } from './alarm-rule.ts'

/** The alarms that a composite alarm depends on; those of `unknown` are not of this place. */
export interface CompositeReferences {
  readonly children: readonly string[]
  readonly suppressor: string | undefined
  readonly unknown: readonly string[]
}

/** @throws AwsError */
export function checkCompositeAlarm(
  input: PutCompositeAlarmInput,
  place: Omit<Place, 'realm'>,
): CompositeReferences {
  checkAlarmName(input.AlarmName ?? '')
  const references = ruleReferences(input.AlarmRule ?? '')
  checkSuppression(input)
  checkActions(input, { region: place.region, alarm: 'composite' })
  const { ActionsSuppressor: by } = input
  const named = [...references, ...(by === undefined ? [] : [by])]
  return {
    children: [...new Set(references.flatMap((reference) => alarmNameOf(reference, place) ?? []))],
    suppressor: by === undefined ? undefined : alarmNameOf(by, place),
    unknown: named.filter((reference) => alarmNameOf(reference, place) === undefined),
  }
}

function ruleReferences(rule: string): readonly string[] {
  try {
    return referencesOf(parseAlarmRule(rule))
  } catch (error) {
    if (!(error instanceof AlarmRuleFault)) throw error
    throw validationError(`Invalid AlarmRule: ${error.message}`)
  }
}

function checkSuppression(input: PutCompositeAlarmInput): void {
  const members = ['ActionsSuppressorWaitPeriod', 'ActionsSuppressorExtensionPeriod'] as const
  for (const member of members) {
    const seconds = input[member]
    if (input.ActionsSuppressor !== undefined && seconds === undefined) {
      throw validationError(`${member} is required when ActionsSuppressor is specified`)
    }
    if (input.ActionsSuppressor === undefined && seconds !== undefined) {
      throw validationError(`${member} can be specified only with ActionsSuppressor`)
    }
    if (seconds !== undefined && seconds < 0) {
      throw validationError(`${member} is ${seconds}: it must be 0 or more seconds`)
    }
  }
}
