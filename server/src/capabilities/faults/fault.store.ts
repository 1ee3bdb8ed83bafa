import type { Queryable } from '../../platform/database/database.ts'
import type { EndpointFault, FaultSelector, InjectedFault } from './fault.ts'

/** Adds to what is injected for the same replicas already; a member given again is replaced. */
export async function mergeFault(
  queryable: Queryable,
  { realm, targetArn, variantName, endpointConfigName, fault, injectedAt }: InjectedFault,
): Promise<void> {
  await queryable.query(
    `insert into injected_fault (realm, target_arn, variant_name, endpoint_config_name, fault, injected_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (realm, target_arn, variant_name, endpoint_config_name) do update set
       fault = injected_fault.fault || excluded.fault, injected_at = excluded.injected_at`,
    [
      ...[realm, targetArn, variantName ?? '', endpointConfigName ?? ''],
      ...[JSON.stringify(fault), injectedAt],
    ],
  )
}

/** Those of the lives that go on, oldest first. */
export async function listFaults(queryable: Queryable): Promise<readonly InjectedFault[]> {
  const rows = await queryable.query<FaultRow>(
    `select f.* from injected_fault f join realm r using (realm)
     where r.ended_at is null order by f.injected_at, f.target_arn`,
  )
  return rows.map(toFault)
}

export async function listFaultsOf(
  queryable: Queryable,
  { realm, targetArn }: Pick<InjectedFault, 'realm' | 'targetArn'>,
): Promise<readonly InjectedFault<EndpointFault>[]> {
  const rows = await queryable.query<FaultRow>(
    'select * from injected_fault where realm = $1 and target_arn = $2',
    [realm, targetArn],
  )
  return rows.map(toFault) as readonly InjectedFault<EndpointFault>[]
}

/** @returns the ARNs of what had faults */
export async function deleteFaults(
  queryable: Queryable,
  { realm, targetArns }: { readonly realm: number; readonly targetArns?: readonly string[] },
): Promise<readonly string[]> {
  const rows = await queryable.query<{ target_arn: string }>(
    `delete from injected_fault where realm = $1 and ($2::text[] is null or target_arn = any($2))
     returning target_arn`,
    [realm, targetArns],
  )
  return [...new Set(rows.map((row) => row.target_arn))]
}

type FaultRow = {
  realm: number
  target_arn: string
  variant_name: string
  endpoint_config_name: string
  fault: InjectedFault['fault']
  injected_at: Date
}

function toFault(row: FaultRow): InjectedFault {
  const selector: FaultSelector = {
    ...(row.variant_name !== '' && { variantName: row.variant_name }),
    ...(row.endpoint_config_name !== '' && { endpointConfigName: row.endpoint_config_name }),
  }
  const { realm, fault } = row
  return { ...selector, realm, fault, targetArn: row.target_arn, injectedAt: row.injected_at }
}
