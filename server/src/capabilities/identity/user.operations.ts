import type { GetUserCommandInput, GetUserResponse } from '@aws-sdk/client-iam'
import { noSuchEntity, validationError } from './iam-errors.ts'

/**
 * There are roles and their sessions here, and no users: every name is unknown, and no caller is a user.
 * @throws noSuchEntity, or validationError without a name
 */
export async function getUser(input: GetUserCommandInput): Promise<GetUserResponse> {
  if (input.UserName === undefined) {
    throw validationError('Must specify userName when calling with non-User credentials')
  }
  throw noSuchEntity(`The user with name ${input.UserName} cannot be found.`)
}
