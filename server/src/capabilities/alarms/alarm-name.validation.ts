import { validationError } from './alarm-errors.ts'

/** @throws AwsError ValidationError */
export function checkAlarmName(name: string): void {
  if (/\p{Cc}/u.test(name)) {
    throw validationError('AlarmName must not contain control characters')
  }
}
