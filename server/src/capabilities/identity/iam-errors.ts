import { AwsError } from '../../aws/errors.ts'

/** IAM's refusals: codes of the service model, texts as IAM words them. */

export function roleNotFound(roleName: string): AwsError {
  return noSuchEntity(`The role with name ${roleName} cannot be found.`)
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message)
}

export function roleAlreadyExists(roleName: string): AwsError {
  return new AwsError('EntityAlreadyExists', `Role with name ${roleName} already exists.`)
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflict', message)
}

export function malformedPolicyDocument(message: string): AwsError {
  return new AwsError('MalformedPolicyDocument', message)
}

/** @param quota IAM's name of it, e.g. `RolesPerAccount` */
export function quotaExceeded(quota: string, limit: number): AwsError {
  return new AwsError('LimitExceeded', `Cannot exceed quota for ${quota}: ${limit}`)
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message)
}

/** The query services' code for a request that is well formed but wrong. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}

/** The query services' code for what the caller may not do. */
export function queryAccessDenied(message: string): AwsError {
  return new AwsError('AccessDenied', message)
}

/** A session policy that does not fit into the token. */
export function packedPolicyTooLarge(message: string): AwsError {
  return new AwsError('PackedPolicyTooLarge', message)
}
