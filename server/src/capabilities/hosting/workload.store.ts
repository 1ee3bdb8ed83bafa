import type { InferenceComponentSpecification } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Fleet, FleetVariant, WorkloadKey } from './fleet.ts'
import type { Placement, Workload } from './workload.ts'

type WorkloadRow = {
  component_id: string
  specification: number
  inference_component_name: string
  variant_name: string
  request: InferenceComponentSpecification
  variant: FleetVariant
  placement: Placement
  copy_count: number
  scales_to_zero: boolean
  is_proven: boolean
  failure: string | null
}

/** What is kept on an endpoint's instances, by component, oldest specification first. */
export async function readWorkloads(
  database: Queryable,
  endpointId: string,
): Promise<readonly Workload[]> {
  const rows = await database.query<WorkloadRow>(
    `select component_id, specification, inference_component_name, variant_name, request, variant, placement,
       copy_count, scales_to_zero, is_proven, failure
     from component_workload where endpoint_id = $1 order by inference_component_name, specification`,
    [endpointId],
  )
  return rows.map((row) => ({
    componentId: row.component_id,
    specification: row.specification,
    inferenceComponentName: row.inference_component_name,
    variantName: row.variant_name,
    request: row.request,
    variant: row.variant,
    placement: row.placement,
    copyCount: row.copy_count,
    scalesToZero: row.scales_to_zero,
    isProven: row.is_proven,
    ...(row.failure !== null && { failure: row.failure }),
  }))
}

/** The same, where a fleet has instances for them: most endpoints have none, and are not asked about. */
export async function readHostedWorkloads(
  database: Queryable,
  endpointId: string,
  fleets: readonly Pick<Fleet, 'variants'>[],
): Promise<readonly Workload[]> {
  const isHost = fleets.some(({ variants }) => variants.some((one) => one.hostsComponents))
  return isHost ? readWorkloads(database, endpointId) : []
}

/** Also when it is there: a story may come by twice. */
export async function insertWorkload(
  transaction: Queryable,
  endpointId: string,
  workload: Omit<Workload, 'isProven'>,
): Promise<void> {
  await transaction.query(
    `insert into component_workload (component_id, specification, endpoint_id, inference_component_name,
       variant_name, request, variant, placement, copy_count, scales_to_zero)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
    [
      ...[workload.componentId, workload.specification, endpointId],
      ...[workload.inferenceComponentName, workload.variantName],
      ...[JSON.stringify(workload.request), JSON.stringify(workload.variant)],
      ...[JSON.stringify(workload.placement), workload.copyCount, workload.scalesToZero],
    ],
  )
}

/** Keeps so many copies from now on. What failed before is tried again. */
export async function setCopyCount(
  transaction: Queryable,
  { componentId, specification }: WorkloadKey,
  copyCount: number,
): Promise<void> {
  await transaction.query(
    `update component_workload set copy_count = $3, failure = null
     where component_id = $1 and specification = $2`,
    [componentId, specification, copyCount],
  )
}

/** Whether requests are held from now on while there is no copy, or refused. */
export async function setScalesToZero(
  transaction: Queryable,
  { componentId, specification }: WorkloadKey,
  scalesToZero: boolean,
): Promise<void> {
  await transaction.query(
    `update component_workload set scales_to_zero = $3
     where component_id = $1 and specification = $2`,
    [componentId, specification, scalesToZero],
  )
}

/** From now on a copy that ends is started again, however young. */
export async function setProven(
  transaction: Queryable,
  { componentId, specification }: WorkloadKey,
): Promise<void> {
  await transaction.query(
    `update component_workload set is_proven = true
     where component_id = $1 and specification = $2`,
    [componentId, specification],
  )
}

/** The first failure since a change stays. */
export async function noteWorkloadFailure(
  transaction: Queryable,
  { componentId, specification }: WorkloadKey,
  failure: string,
): Promise<void> {
  await transaction.query(
    `update component_workload set failure = coalesce(failure, $3)
     where component_id = $1 and specification = $2`,
    [componentId, specification, failure],
  )
}

/** Copies of a workload that is not there leave. */
export async function deleteWorkloads(
  transaction: Queryable,
  componentId: string,
  exceptSpecification?: number,
): Promise<void> {
  await transaction.query(
    `with deleted as (
       delete from component_workload
       where component_id = $1 and ($2::integer is null or specification <> $2) returning endpoint_id)
     update fleet set published_version = null
     where stage <> 'Retiring' and endpoint_id in (select endpoint_id from deleted)`,
    [componentId, exceptSpecification ?? null],
  )
}

/** The highest number of a specification that a component has, or has copies of. */
export async function latestSpecification(
  transaction: Queryable,
  componentId: string,
): Promise<number> {
  const rows = await transaction.query<{ latest: number }>(
    `select greatest(
       (select max(specification) from component_workload where component_id = $1),
       (select max(specification) from replica where component_id = $1), 0) as latest`,
    [componentId],
  )
  return rows[0]?.latest ?? 0
}
