import { AwsError } from '../../aws/errors.ts'
import type { TargetName } from '../scalable-targets/index.ts'

/** @source recorded answers of Application Auto Scaling, in public issue trackers and test logs */
export function targetNotFound(name: TargetName): AwsError {
  return objectNotFound(`No scalable target registered for ${describe(name)}`)
}

export function policyNotFound(name: TargetName, policyName: string): AwsError {
  return objectNotFound(`No scaling policy found for ${describe(name)}, policy name: ${policyName}`)
}

export function actionNotFound(name: TargetName, actionName: string): AwsError {
  return objectNotFound(
    `No scheduled action found for ${describe(name)}, scheduled action name: ${actionName}`,
  )
}

function describe({ resourceId, scalableDimension }: TargetName): string {
  return (
    `service namespace: sagemaker, resource ID: ${resourceId}, ` +
    `scalable dimension: ${scalableDimension}`
  )
}

function objectNotFound(message: string): AwsError {
  return new AwsError('ObjectNotFoundException', message)
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceededException', message)
}

export function concurrentUpdate(message: string): AwsError {
  return new AwsError('ConcurrentUpdateException', message)
}

export function invalidNextToken(): AwsError {
  return new AwsError(
    'InvalidNextTokenException',
    'The NextToken is not valid: give the one of the page before, with the same request.',
  )
}

/** Of the operations on tags, which name a target by its ARN. */
export function taggedTargetNotFound(targetArn: string): AwsError {
  return new AwsError(
    'ResourceNotFoundException',
    `The resource ${targetArn} was not found: it must be a scalable target of this account and Region.`,
    { members: { ResourceName: targetArn } },
  )
}

export function tooManyTags(targetArn: string, tagsMax: number): AwsError {
  return new AwsError(
    'TooManyTagsException',
    `The resource ${targetArn} would have more than ${tagsMax} tags: remove some that are no longer needed.`,
    { members: { ResourceName: targetArn } },
  )
}
