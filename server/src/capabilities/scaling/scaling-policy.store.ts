import type {
  PolicyType,
  StepScalingPolicyConfiguration,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { TargetName } from '../scalable-targets/index.ts'

/** How a target is scaled by a metric. */
export type ScalingPolicy = {
  /** The part of its ARN that tells it from a later one of the same name. */
  readonly policyId: string
  readonly targetId: string
  readonly target: TargetName
  readonly realm: number
  readonly policyName: string
  readonly createdAt: Date
} & PolicyRules

/** What a policy does, in AWS's shape for its type. */
export type PolicyRules =
  | {
      readonly policyType: Extract<PolicyType, 'StepScaling'>
      readonly configuration: StepScalingPolicyConfiguration
      readonly alarms: Readonly<Record<string, never>>
    }
  | {
      readonly policyType: Extract<PolicyType, 'TargetTrackingScaling'>
      readonly configuration: TargetTrackingScalingPolicyConfiguration
      /** The names of the alarms that are kept for it; without `low` it does not scale in. */
      readonly alarms: TrackingAlarms
    }

export interface TrackingAlarms {
  readonly high: string
  readonly low?: string
}

type PolicyRow = {
  policy_id: string
  target_id: string
  resource_id: string
  scalable_dimension: string
  realm: number
  policy_name: string
  policy_type: string
  configuration: unknown
  alarms: unknown
  created_at: Date
}

const POLICIES = `select policy_id, policy.target_id, resource_id, scalable_dimension, policy.realm, policy_name,
    policy_type, configuration, alarms, policy.created_at
  from scaling_policy policy join scalable_target target using (target_id)`

/** Makes the policy, or gives one of its name other rules. */
export async function upsertPolicy(transaction: Queryable, policy: ScalingPolicy): Promise<void> {
  await transaction.query(
    `insert into scaling_policy
       (policy_id, target_id, realm, policy_name, policy_type, configuration, alarms, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (target_id, policy_name)
     do update set configuration = excluded.configuration, alarms = excluded.alarms`,
    [
      ...[policy.policyId, policy.targetId, policy.realm, policy.policyName, policy.policyType],
      ...[JSON.stringify(policy.configuration), JSON.stringify(policy.alarms), policy.createdAt],
    ],
  )
}

export async function deletePolicy(transaction: Queryable, policyId: string): Promise<void> {
  await transaction.query('delete from scaling_policy where policy_id = $1', [policyId])
}

/** A target's policies, by name. */
export async function listPoliciesOfTarget(
  database: Queryable,
  targetId: string,
): Promise<readonly ScalingPolicy[]> {
  const rows = await database.query<PolicyRow>(
    `${POLICIES} where policy.target_id = $1 order by policy_name`,
    [targetId],
  )
  return rows.map(toPolicy)
}

export async function readPolicy(
  database: Queryable,
  policyId: string,
): Promise<ScalingPolicy | undefined> {
  const rows = await database.query<PolicyRow>(`${POLICIES} where policy_id = $1`, [policyId])
  return rows[0] && toPolicy(rows[0])
}

/** Where a page begins: after this one. */
export interface PolicyPosition extends TargetName {
  readonly policyName: string
}

/** One page by target and name, with one more than `limit` when there are more. */
export async function listPolicies(
  database: Queryable,
  place: Place,
  filter: {
    readonly policyNames: readonly string[] | undefined
    readonly resourceId: string | undefined
    readonly scalableDimension: string | undefined
    readonly after: PolicyPosition | undefined
    readonly limit: number
  },
): Promise<readonly ScalingPolicy[]> {
  const { after } = filter
  const rows = await database.query<PolicyRow>(
    `${POLICIES} where policy.realm = $1 and region = $2
       and ($3::text[] is null or policy_name = any($3)) and ($4::text is null or resource_id = $4)
       and ($5::text is null or scalable_dimension = $5)
       and ($6::text is null or (resource_id, scalable_dimension, policy_name) > ($6, $7, $8))
     order by resource_id, scalable_dimension, policy_name limit $9`,
    [
      ...[place.realm, place.region, filter.policyNames ?? null, filter.resourceId ?? null],
      ...[filter.scalableDimension ?? null, after?.resourceId ?? null],
      ...[after?.scalableDimension ?? null, after?.policyName ?? null, filter.limit + 1],
    ],
  )
  return rows.map(toPolicy)
}

function toPolicy(row: PolicyRow): ScalingPolicy {
  return {
    policyId: row.policy_id,
    targetId: row.target_id,
    target: { resourceId: row.resource_id, scalableDimension: row.scalable_dimension },
    realm: row.realm,
    policyName: row.policy_name,
    createdAt: row.created_at,
    ...({
      policyType: row.policy_type,
      configuration: row.configuration,
      alarms: row.alarms,
    } as PolicyRules),
  }
}
