import { AwsError } from '../../aws/errors.ts'

/** CloudWatch's refusals, by the codes that its operations' references name. */

export function invalidParameterValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message)
}

export function invalidParameterCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message)
}

export function missingParameter(message: string): AwsError {
  return new AwsError('MissingParameter', message)
}

/** What GetMetricData and the operations of alarms call a value that they do not take. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}

export function invalidNextToken(message: string): AwsError {
  return new AwsError('InvalidNextToken', message)
}
