import { AwsError } from '../../aws/errors.ts'

/** CloudWatch's refusals for alarms. Texts are CloudWatch's where they are known. */

export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}

export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message)
}

export function invalidNextToken(): AwsError {
  return new AwsError(
    'InvalidNextToken',
    'The NextToken is not valid: give the one of the page before',
  )
}

export function alarmNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFound', `Could not find an alarm named ${name}`)
}

export function invalidStateReasonData(): AwsError {
  return new AwsError('InvalidFormat', 'StateReasonData is not syntactically valid JSON')
}

/** What CloudWatch has and this platform does not. */
export function notSupported(what: string, instead: string): AwsError {
  return validationError(`${what} is not supported by this platform: ${instead}`)
}
