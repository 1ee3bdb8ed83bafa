import type { Queryable } from '../../platform/database/database.ts'
import type { MeteredVariant } from './invocation-meters.ts'

/** What one gateway wants of one serverless variant. */
export interface NotedDemand {
  readonly variant: Pick<MeteredVariant, 'realm' | 'endpointArn' | 'generation' | 'variantName'>
  /** Requests under way, held ones among them: now, and most at once since it spoke before. */
  readonly present: number
  readonly requests: number
}

/** What all gateways together want of a variant. */
export interface Demand {
  /** Requests under way: now, most at once lately, and most at once since `forgetPeaks`. */
  readonly present: number
  readonly requests: number
  readonly peak: number
}

/** A gateway with requests speaks every second; one that has not spoken for this long has none. */
const SILENCE_SECONDS_MAX = 4

export async function noteDemand(
  database: Queryable,
  gatewayId: string,
  demands: readonly NotedDemand[],
): Promise<void> {
  const variants = demands.map(({ variant }) => variant)
  await database.query(
    `insert into serverless_demand
       (realm, endpoint_arn, generation, variant_name, gateway_id, present, requests, peak, noted_at)
     select realm, endpoint_arn, generation, variant_name, $1, present, requests, requests,
       clock_timestamp()
     from unnest($2::bigint[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::integer[])
       as noted (realm, endpoint_arn, generation, variant_name, present, requests)
     on conflict (realm, endpoint_arn, generation, variant_name, gateway_id) do update set
       present = excluded.present,
       requests = excluded.requests,
       peak = greatest(serverless_demand.peak, excluded.requests),
       noted_at = excluded.noted_at`,
    [
      gatewayId,
      variants.map(({ realm }) => realm),
      variants.map(({ endpointArn }) => endpointArn),
      variants.map(({ generation }) => generation),
      variants.map(({ variantName }) => variantName),
      demands.map(({ present }) => present),
      demands.map(({ requests }) => requests),
    ],
  )
}

export async function readDemand(
  database: Queryable,
  { realm, endpointArn, generation, variantName }: NotedDemand['variant'],
): Promise<Demand> {
  const rows = await database.query<{ present: number; requests: number; peak: number }>(
    `select coalesce(sum(present) filter (where is_fresh), 0)::integer as present,
       coalesce(sum(requests) filter (where is_fresh), 0)::integer as requests,
       coalesce(sum(peak), 0)::integer as peak
     from (
       select *, noted_at > clock_timestamp() - $5 * interval '1 second' as is_fresh
       from serverless_demand
       where realm = $1 and endpoint_arn = $2 and generation = $3 and variant_name = $4
     ) demand`,
    [realm, endpointArn, generation, variantName, SILENCE_SECONDS_MAX],
  )
  return rows[0] ?? { present: 0, requests: 0, peak: 0 }
}

/** Watches for peaks anew. What has not been said for a while is forgotten: its gateway is gone, or the fleet. */
export async function forgetPeaks(
  transaction: Queryable,
  { realm, endpointArn, generation, variantName }: NotedDemand['variant'],
): Promise<void> {
  await transaction.query(
    `delete from serverless_demand
     where realm = $1 and endpoint_arn = $2 and noted_at < clock_timestamp() - interval '1 hour'`,
    [realm, endpointArn],
  )
  await transaction.query(
    `update serverless_demand set peak = case
         when noted_at > clock_timestamp() - $5 * interval '1 second' then present else 0 end
     where realm = $1 and endpoint_arn = $2 and generation = $3 and variant_name = $4`,
    [realm, endpointArn, generation, variantName, SILENCE_SECONDS_MAX],
  )
}
