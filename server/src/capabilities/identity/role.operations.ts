import type {
  CreateRoleCommandInput,
  CreateRoleResponse,
  DeleteRoleCommandInput,
  GetRoleCommandInput,
  GetRoleResponse,
  ListRolesCommandInput,
  ListRolesResponse,
} from '@aws-sdk/client-iam'
import { newShortId } from '../../base/ids.ts'
import { isUniqueViolation } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { roleArn } from './execution-role.ts'
import { deleteConflict, quotaExceeded, roleAlreadyExists, roleNotFound } from './iam-errors.ts'
import { afterMarker, pageOf, pageSize } from './marker.ts'
import { parseTrustPolicy } from './policy-document.ts'
import {
  countRoles,
  deleteRoleRecord,
  findRole,
  insertRole,
  listRoleRecords,
  lockRole,
  type RoleRecord,
  roleShape,
} from './role.store.ts'
import { listAttachedPolicyArns, listInlinePolicyNames } from './role-policy.store.ts'

/** IAM's default quotas. @source IAM User Guide, "IAM and AWS STS quotas" */
const ROLES_MAX = 1_000
const TRUST_POLICY_CHARACTERS_MAX = 2_048
const SESSION_SECONDS_DEFAULT = 3_600

/** @throws malformedPolicyDocument, quotaExceeded, roleAlreadyExists */
export async function createRole(
  input: CreateRoleCommandInput,
  scope: RequestScope,
): Promise<CreateRoleResponse> {
  const name = input.RoleName ?? ''
  const trustPolicy = input.AssumeRolePolicyDocument ?? ''
  parseTrustPolicy(trustPolicy)
  if (trustPolicy.replace(/\s/g, '').length > TRUST_POLICY_CHARACTERS_MAX) {
    throw quotaExceeded('ACLSizePerRole', TRUST_POLICY_CHARACTERS_MAX)
  }
  if (await findRole(scope.database, scope.realm, name)) throw roleAlreadyExists(name)
  if ((await countRoles(scope.database, scope.realm)) >= ROLES_MAX) {
    throw quotaExceeded('RolesPerAccount', ROLES_MAX)
  }
  const path = input.Path ?? '/'
  const role: RoleRecord = {
    roleId: newRoleId(),
    name,
    path,
    arn: roleArn(scope.account, path, name),
    description: input.Description,
    trustPolicy,
    sessionSecondsMax: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
    permissionsBoundaryArn: input.PermissionsBoundary,
    tags: input.Tags ?? [],
    createdAt: scope.clock.now(),
  }
  try {
    await insertRole(scope.database, scope.realm, role)
  } catch (error) {
    throw isUniqueViolation(error) ? roleAlreadyExists(name) : error
  }
  return { Role: roleShape(role) }
}

/** @throws roleNotFound */
export async function getRole(
  input: GetRoleCommandInput,
  scope: RequestScope,
): Promise<GetRoleResponse> {
  const name = input.RoleName ?? ''
  const role = await findRole(scope.database, scope.realm, name)
  if (!role) throw roleNotFound(name)
  return { Role: roleShape(role) }
}

/** In the order of names; as on AWS without tags and permissions boundaries. */
export async function listRoles(
  input: ListRolesCommandInput,
  scope: RequestScope,
): Promise<ListRolesResponse> {
  const limit = pageSize(input.MaxItems)
  const roles = await listRoleRecords(scope.database, scope.realm, {
    pathPrefix: input.PathPrefix ?? '/',
    afterName: afterMarker(input.Marker),
    limit: limit + 1,
  })
  const { items, rest } = pageOf(roles, { limit, keyOf: (role) => role.name })
  const shapes = items.map((role) => {
    const { Tags: _tags, PermissionsBoundary: _boundary, ...shape } = roleShape(role)
    return shape
  })
  return { Roles: shapes, ...rest }
}

/** @throws roleNotFound, deleteConflict while any policy is attached or embedded */
export async function deleteRole(
  input: DeleteRoleCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const name = input.RoleName ?? ''
  await scope.database.transaction(async (transaction) => {
    const role = await lockRole(transaction, scope.realm, name)
    if (!role) throw roleNotFound(name)
    const key = { realm: scope.realm, roleId: role.roleId }
    const one = { after: '', limit: 1 }
    if ((await listAttachedPolicyArns(transaction, key, one)).length > 0) {
      throw deleteConflict('Cannot delete entity, must detach all policies first.')
    }
    if ((await listInlinePolicyNames(transaction, key, one)).length > 0) {
      throw deleteConflict('Cannot delete entity, must delete policies first.')
    }
    await deleteRoleRecord(transaction, scope.realm, role.roleId)
  })
  return {}
}

function newRoleId(): string {
  return `AROA${newShortId(17).toUpperCase()}`
}
