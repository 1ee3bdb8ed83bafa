import { AwsError } from '../../aws/errors.ts'

/** CloudWatch Logs' refusals: codes of the service model, texts as the service words them. */

export function logGroupNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
}

export function logStreamNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
}

export function logGroupAlreadyExists(): AwsError {
  return new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
}

export function logStreamAlreadyExists(): AwsError {
  return new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

export function invalidNextToken(): AwsError {
  return invalidParameter('The specified nextToken is invalid.')
}

export function tooManyTags(limit: number): AwsError {
  return new AwsError(
    'TooManyTagsException',
    `A resource can have no more than ${limit} tags: remove some first.`,
  )
}
