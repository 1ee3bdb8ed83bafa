import type {
  AttachRolePolicyCommandInput,
  DeleteRolePolicyCommandInput,
  DetachRolePolicyCommandInput,
  GetRolePolicyCommandInput,
  GetRolePolicyResponse,
  ListAttachedRolePoliciesCommandInput,
  ListAttachedRolePoliciesResponse,
  ListRolePoliciesCommandInput,
  ListRolePoliciesResponse,
  PutRolePolicyCommandInput,
} from '@aws-sdk/client-iam'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { limitExceeded, noSuchEntity, quotaExceeded, roleNotFound } from './iam-errors.ts'
import { isManagedPolicy, policyNameOf, policyPathOf } from './managed-policies.ts'
import { afterMarker, pageOf, pageSize } from './marker.ts'
import { parsePermissionPolicy } from './policy-document.ts'
import { encodeDocument, findRole, lockRole } from './role.store.ts'
import {
  attachPolicy,
  deleteInlinePolicy,
  detachPolicy,
  findInlinePolicy,
  inlinePolicyCharacters,
  listAttachedPolicyArns,
  listInlinePolicyNames,
  putInlinePolicy,
  type RoleKey,
} from './role-policy.store.ts'

/** IAM's default quotas. @source IAM User Guide, "IAM and AWS STS quotas" */
const ATTACHED_POLICIES_MAX = 10
const INLINE_CHARACTERS_MAX = 10_240

/** @throws roleNotFound, noSuchEntity, quotaExceeded */
export async function attachRolePolicy(
  input: AttachRolePolicyCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const policyArn = input.PolicyArn ?? ''
  await changeRole(input.RoleName, scope, async (transaction, key) => {
    if (!isManagedPolicy(policyArn)) {
      throw noSuchEntity(`Policy ${policyArn} does not exist or is not attachable.`)
    }
    const attached = await listAttachedPolicyArns(transaction, key)
    if (!attached.includes(policyArn) && attached.length >= ATTACHED_POLICIES_MAX) {
      throw quotaExceeded('PoliciesPerRole', ATTACHED_POLICIES_MAX)
    }
    await attachPolicy(transaction, key, { policyArn, at: scope.clock.now() })
  })
  return {}
}

/** @throws roleNotFound, noSuchEntity when it is not attached */
export async function detachRolePolicy(
  input: DetachRolePolicyCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const policyArn = input.PolicyArn ?? ''
  await changeRole(input.RoleName, scope, async (transaction, key) => {
    if (!(await detachPolicy(transaction, key, policyArn))) {
      throw noSuchEntity(`Policy ${policyArn} was not found.`)
    }
  })
  return {}
}

/** @throws roleNotFound */
export async function listAttachedRolePolicies(
  input: ListAttachedRolePoliciesCommandInput,
  scope: RequestScope,
): Promise<ListAttachedRolePoliciesResponse> {
  const key = await roleKey(input.RoleName, scope)
  const limit = pageSize(input.MaxItems)
  const after = afterMarker(input.Marker)
  const prefix = input.PathPrefix ?? '/'
  // a role has few: the prefix is looked for here and not by an index
  const arns = (await listAttachedPolicyArns(scope.database, key)).filter(
    (arn) => arn > after && policyPathOf(arn).startsWith(prefix),
  )
  const { items, rest } = pageOf(arns, { limit, keyOf: (arn) => arn })
  const policies = items.map((arn) => ({ PolicyName: policyNameOf(arn), PolicyArn: arn }))
  return { AttachedPolicies: policies, ...rest }
}

/** @throws malformedPolicyDocument, roleNotFound, limitExceeded */
export async function putRolePolicy(
  input: PutRolePolicyCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const name = input.PolicyName ?? ''
  const document = input.PolicyDocument ?? ''
  parsePermissionPolicy(document)
  await changeRole(input.RoleName, scope, async (transaction, key) => {
    const others = await inlinePolicyCharacters(transaction, key, name)
    if (others + document.replace(/\s/g, '').length > INLINE_CHARACTERS_MAX) {
      const text = `Maximum policy size of ${INLINE_CHARACTERS_MAX} bytes exceeded`
      throw limitExceeded(`${text} for role ${input.RoleName}`)
    }
    await putInlinePolicy(transaction, key, { name, document })
  })
  return {}
}

/** @throws roleNotFound, noSuchEntity */
export async function getRolePolicy(
  input: GetRolePolicyCommandInput,
  scope: RequestScope,
): Promise<GetRolePolicyResponse> {
  const name = input.PolicyName ?? ''
  const key = await roleKey(input.RoleName, scope)
  const document = await findInlinePolicy(scope.database, key, name)
  if (document === undefined) throw inlinePolicyNotFound(name)
  return { RoleName: input.RoleName, PolicyName: name, PolicyDocument: encodeDocument(document) }
}

/** @throws roleNotFound, noSuchEntity */
export async function deleteRolePolicy(
  input: DeleteRolePolicyCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const name = input.PolicyName ?? ''
  await changeRole(input.RoleName, scope, async (transaction, key) => {
    if (!(await deleteInlinePolicy(transaction, key, name))) throw inlinePolicyNotFound(name)
  })
  return {}
}

/** @throws roleNotFound */
export async function listRolePolicies(
  input: ListRolePoliciesCommandInput,
  scope: RequestScope,
): Promise<ListRolePoliciesResponse> {
  const key = await roleKey(input.RoleName, scope)
  const limit = pageSize(input.MaxItems)
  const page = { after: afterMarker(input.Marker), limit: limit + 1 }
  const names = await listInlinePolicyNames(scope.database, key, page)
  const { items, rest } = pageOf(names, { limit, keyOf: (name) => name })
  return { PolicyNames: [...items], ...rest }
}

function inlinePolicyNotFound(name: string) {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`)
}

async function roleKey(name: string | undefined, scope: RequestScope): Promise<RoleKey> {
  const role = await findRole(scope.database, scope.realm, name ?? '')
  if (!role) throw roleNotFound(name ?? '')
  return { realm: scope.realm, roleId: role.roleId }
}

/** Runs `change` while the role cannot go away or be changed by others. */
async function changeRole(
  name: string | undefined,
  scope: RequestScope,
  change: (transaction: Queryable, key: RoleKey) => Promise<void>,
): Promise<void> {
  await scope.database.transaction(async (transaction) => {
    const role = await lockRole(transaction, scope.realm, name ?? '')
    if (!role) throw roleNotFound(name ?? '')
    await change(transaction, { realm: scope.realm, roleId: role.roleId })
  })
}
