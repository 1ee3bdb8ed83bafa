/**
 * Identity: who a caller is (STS), the roles they can act as (IAM), the lives of accounts (realms), and
 * the credentials of tasks. Gateways import `credential-source.ts` instead, which needs no database.
 *
 * Keys and sessions are verified, trust policies are evaluated; permissions are not: whoever holds a key
 * of an account may do everything in it.
 */
import type * as iam from '@aws-sdk/client-iam'
import type * as sts from '@aws-sdk/client-sts'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { createRole, deleteRole, getRole, listRoles } from './role.operations.ts'
import {
  attachRolePolicy,
  deleteRolePolicy,
  detachRolePolicy,
  getRolePolicy,
  listAttachedRolePolicies,
  listRolePolicies,
  putRolePolicy,
} from './role-policy.operations.ts'
import { assumeRole, getCallerIdentity, getSessionToken } from './session.operations.ts'
import { getUser } from './user.operations.ts'

export { createCredentialSource, type RootKey, rootCaller } from './credential-source.ts'
export { EXECUTION_ROLE_NAME, EXECUTION_ROLE_PATH, roleArn } from './execution-role.ts'
export { type PassableRole, requirePassableRole, withPassableRole } from './passable-role.ts'
export { openRealms, type RealmHook, type RealmLife, type Realms, realmTopic } from './realm.ts'
export { seedRealm } from './realm-seed.ts'
export { sweepEndedRealms } from './realm-sweep.ts'
export {
  answerTaskCredentials,
  type CredentialsAnswer,
  issueTaskToken,
  openTaskToken,
  type TaskIdentity,
} from './task-credentials.ts'

export const stsOperations = {
  GetCallerIdentity: getCallerIdentity,
  AssumeRole: assumeRole,
  GetSessionToken: getSessionToken,
} satisfies HandlersOf<typeof sts, RequestScope>

export const iamOperations = {
  CreateRole: createRole,
  GetRole: getRole,
  ListRoles: listRoles,
  DeleteRole: deleteRole,
  AttachRolePolicy: attachRolePolicy,
  DetachRolePolicy: detachRolePolicy,
  ListAttachedRolePolicies: listAttachedRolePolicies,
  PutRolePolicy: putRolePolicy,
  GetRolePolicy: getRolePolicy,
  DeleteRolePolicy: deleteRolePolicy,
  ListRolePolicies: listRolePolicies,
  GetUser: getUser,
} satisfies HandlersOf<typeof iam, RequestScope>
