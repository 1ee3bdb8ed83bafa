import { formatArn, parseArn } from '../../aws/arn.ts'
import { type AwsError, validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { parseTrustPolicy } from './policy-document.ts'
import { findRoleByArn, type RoleRecord } from './role.store.ts'
import { trusts } from './trust-policy.ts'

const SERVICE = 'sagemaker.amazonaws.com'

/**
 * Holds that a resource may be given this execution role: the role is of the same account, exists and
 * lets SageMaker assume it. Every operation that takes a `RoleArn` calls it, or `withPassableRole`.
 *
 * @throws validationException in SageMaker's words
 */
export async function requirePassableRole(
  scope: Pick<RequestScope, 'database' | 'realm' | 'account' | 'region'>,
  roleArn: string,
): Promise<RoleRecord> {
  requirePassRolePermission(scope.account, roleArn)
  const role = await findRoleByArn(scope.database, scope.realm, roleArn)
  if (!role) throw notAssumable(roleArn)
  const { account, region } = scope
  const sourceArn = formatArn({ service: 'sagemaker', region, account, resource: '*' })
  const service = { kind: 'service', service: SERVICE, account, sourceArn } as const
  if (!trusts(parseTrustPolicy(role.trustPolicy), service)) throw notAssumable(roleArn)
  return role
}

/** A role as it was when it was found passable: it still is while its row says the same. */
export interface PassableRole {
  readonly arn: string
  readonly trustPolicy: string
}

const PRESUMED_MAX = 1_000
const presumed = new Map<string, PassableRole>()

/**
 * Makes a resource that is given this execution role, without asking for the role first when it has been found
 * passable before. Nothing that is remembered is believed: `make` holds, in the statement that makes the resource,
 * that `iam_role` has this `trust_policy` under this `arn`, and answers undefined when it has not. Then the role is
 * judged as it is now. So no control needs to hear from another that a role has changed or gone.
 *
 * @throws validationException as `requirePassableRole` does
 */
export async function withPassableRole<T>(
  scope: Pick<RequestScope, 'database' | 'realm' | 'account' | 'region'>,
  roleArn: string,
  make: (role: PassableRole) => Promise<T | undefined>,
): Promise<T> {
  // policies may ask for the region
  const key = `${scope.realm}/${scope.region}/${roleArn}`
  for (let role = presumed.get(key); ; role = undefined) {
    const made = await make(role ?? (await judged(scope, roleArn, key)))
    if (made !== undefined) return made
    presumed.delete(key)
  }
}

async function judged(
  scope: Pick<RequestScope, 'database' | 'realm' | 'account' | 'region'>,
  roleArn: string,
  key: string,
): Promise<PassableRole> {
  const { arn, trustPolicy } = await requirePassableRole(scope, roleArn)
  if (presumed.size >= PRESUMED_MAX) presumed.clear()
  const role = { arn, trustPolicy }
  presumed.set(key, role)
  return role
}

/** iam:PassRole. Everyone who may act in an account may pass its roles, and nobody another account's. */
function requirePassRolePermission(account: string, roleArn: string): void {
  const parts = parseArn(roleArn)
  if (parts?.service !== 'iam' || !parts.resource.startsWith('role/')) throw notAssumable(roleArn)
  if (parts.account !== account) {
    throw validationException('RoleArn: Cross-account pass role is not allowed.')
  }
}

function notAssumable(roleArn: string): AwsError {
  return validationException(
    `Could not assume role ${roleArn}. Please ensure that the role exists and allows principal ` +
      `'${SERVICE}' to assume the role.`,
  )
}
