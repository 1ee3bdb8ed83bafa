import { parseArn } from '../../aws/arn.ts'
import type { AwsError } from '../../aws/errors.ts'
import { isEc2Action, isScalingAction } from './alarm-action.ts'
import { validationError } from './alarm-errors.ts'

interface GivenActions {
  readonly OKActions?: string[] | undefined
  readonly AlarmActions?: string[] | undefined
  readonly InsufficientDataActions?: string[] | undefined
}

/**
 * Actions are ARNs of the caller's region; whether there is something behind them is not asked, as in AWS.
 * @throws AwsError ValidationError
 */
export function checkActions(
  given: GivenActions,
  { region, alarm }: { readonly region: string; readonly alarm: 'metric' | 'maths' | 'composite' },
): void {
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = given
  for (const action of [...OKActions, ...AlarmActions, ...InsufficientDataActions]) {
    const parts = parseArn(action)
    if (!parts) throw validationError(`Invalid arn syntax: ${action}`)
    if (parts.region !== '' && parts.region !== region) {
      throw validationError(
        `Invalid region ${parts.region} specified. Only ${region} is supported.`,
      )
    }
    if (alarm !== 'metric' && isEc2Action(action)) throw actionRefused(action, alarm)
    if (alarm === 'composite' && isScalingAction(action)) throw actionRefused(action, alarm)
  }
}

function actionRefused(action: string, alarm: 'maths' | 'composite'): AwsError {
  const what =
    alarm === 'composite' ? 'Composite alarms' : 'Alarms based on metric math expressions'
  return validationError(`${what} cannot perform the action ${action}`)
}
