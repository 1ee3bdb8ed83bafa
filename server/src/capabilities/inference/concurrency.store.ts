import type { Queryable } from '../../platform/database/database.ts'
import type { ServerlessFigures } from './concurrency-samples.ts'
import type { MeteredVariant } from './invocation-meters.ts'

/** What one gateway sees of one variant. */
export interface VariantConcurrency {
  readonly variant: MeteredVariant
  /** Requests under way, held ones among them, on average since the last look. */
  readonly mean: number
  readonly instances: number
  /** Of a serverless variant. */
  readonly serverless?: ServerlessFigures
}

/** A gateway that has not spoken for this long has no requests any more. */
const SILENCE_SECONDS_MAX = 5
/** A clock that was set back further than this has its own seconds recorded again. */
const BACKWARD_SECONDS_MAX = 5

/** Says what a gateway has under way. */
export async function noteConcurrency(
  transaction: Queryable,
  { gatewayId, requests }: { gatewayId: string; requests: readonly VariantConcurrency[] },
): Promise<void> {
  await transaction.query(
    `insert into gateway_concurrency (gateway_id, requests, seen_at)
     values ($1, $2, clock_timestamp())
     on conflict (gateway_id) do update set requests = excluded.requests, seen_at = excluded.seen_at`,
    [gatewayId, JSON.stringify(requests)],
  )
}

/**
 * Takes it upon the caller's transaction to record concurrency up to `second` of the platform's clock.
 *
 * @returns the second up to which it was recorded; undefined when another gateway was quicker
 */
export async function claimConcurrency(
  transaction: Queryable,
  second: number,
): Promise<number | undefined> {
  const rows = await transaction.query<{ before: number }>(
    `with present as (select second from concurrency_recorded for update)
     update concurrency_recorded recorded set second = $1 from present
     where present.second < $1 or present.second > $1 + $2
     returning present.second as before`,
    [second, BACKWARD_SECONDS_MAX],
  )
  return rows[0]?.before
}

/** What all living gateways have under way. */
export async function readConcurrency(
  transaction: Queryable,
): Promise<readonly VariantConcurrency[]> {
  const rows = await transaction.query<{ requests: VariantConcurrency[] }>(
    `select requests from gateway_concurrency
     where seen_at > clock_timestamp() - make_interval(secs => $1)`,
    [SILENCE_SECONDS_MAX],
  )
  return rows.flatMap(({ requests }) => requests)
}

/** The variants that have requests under way and, as their gateways know, no instance to answer them. */
export async function readHeldVariants(database: Queryable): Promise<readonly MeteredVariant[]> {
  const told = await readConcurrency(database)
  return told
    .filter(({ mean, instances }) => mean > 0 && instances === 0)
    .map(({ variant }) => variant)
}

/** A gateway that ends has nothing under way. Gateways that are long gone are forgotten with it. */
export async function forgetConcurrency(database: Queryable, gatewayId: string): Promise<void> {
  await database.query(
    `delete from gateway_concurrency
     where gateway_id = $1 or seen_at < clock_timestamp() - interval '1 hour'`,
    [gatewayId],
  )
}
