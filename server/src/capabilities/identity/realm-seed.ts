import type { Queryable } from '../../platform/database/database.ts'
import {
  EXECUTION_ROLE_NAME,
  EXECUTION_ROLE_PATH,
  executionRoleId,
  executionRoleTrustPolicy,
  roleArn,
} from './execution-role.ts'
import { insertRole } from './role.store.ts'
import { attachPolicy } from './role-policy.store.ts'

const SESSION_SECONDS_MAX = 43_200
const POLICY_ARN = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess'

/** Gives a new realm the ready execution role, so that a first `fit()` needs no set-up. */
export async function seedRealm(
  transaction: Queryable,
  { realm, account, at }: { realm: number; account: string; at: Date },
): Promise<void> {
  const roleId = executionRoleId(account)
  await insertRole(transaction, realm, {
    roleId,
    name: EXECUTION_ROLE_NAME,
    path: EXECUTION_ROLE_PATH,
    arn: roleArn(account, EXECUTION_ROLE_PATH, EXECUTION_ROLE_NAME),
    description: 'SageMaker execution role that comes with Sagebrush',
    trustPolicy: executionRoleTrustPolicy(account),
    sessionSecondsMax: SESSION_SECONDS_MAX,
    permissionsBoundaryArn: undefined,
    tags: [],
    createdAt: at,
  })
  await attachPolicy(transaction, { realm, roleId }, { policyArn: POLICY_ARN, at })
}
