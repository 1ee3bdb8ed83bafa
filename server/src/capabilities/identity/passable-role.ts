import { formatArn, parseArn } from '../../aws/arn.ts'
import { type AwsError, validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { parseTrustPolicy } from './policy-document.ts'
import { findRoleByArn, type RoleRecord } from './role.store.ts'
import { trusts } from './trust-policy.ts'

const SERVICE = 'sagemaker.amazonaws.com'

/**
 * Holds that a resource may be given this execution role: the role is of the same account, exists and
 * lets SageMaker assume it. To be called by every operation that takes a `RoleArn`.
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
