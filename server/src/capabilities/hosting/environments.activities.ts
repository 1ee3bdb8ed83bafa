import type { Queryable } from '../../platform/database/database.ts'
import { forgetPeaks, readDemand } from '../inference/index.ts'
import type { Endpoint } from './endpoint.store.ts'
import { readyCount } from './endpoint-state.ts'
import { decideEnvironments } from './environments.states.ts'
import { keepEnvironments, readEnvironments } from './environments.store.ts'
import type { FleetCommand, ObservedReplica } from './fleet.states.ts'
import type { Fleet, FleetVariant } from './fleet.ts'

interface Looked {
  readonly transaction: Queryable
  readonly endpoint: Endpoint
  readonly replicas: readonly ObservedReplica[]
  readonly now: Date
  readonly idleMs: number
}

/**
 * Gives serverless variants the number of environments that they are wanted for now, which is to those who
 * decide about fleets a number of replicas as any other.
 */
export async function adaptEnvironments(
  fleets: readonly Fleet[],
  looked: Looked,
): Promise<{ readonly fleets: readonly Fleet[]; readonly lookAgain: readonly FleetCommand[] }> {
  const lookAgain: FleetCommand[] = []
  const adapted: Fleet[] = []
  for (const fleet of fleets) {
    const variants: FleetVariant[] = []
    for (const variant of fleet.variants) {
      const isAdapted = variant.serverless && fleet.stage !== 'Retiring'
      if (!isAdapted) {
        variants.push(variant)
        continue
      }
      const { count, until } = await adaptVariant({ fleet, variant }, looked)
      variants.push({ ...variant, instanceCount: count })
      if (until) lookAgain.push({ command: 'look again', at: until, clock: 'platform' })
    }
    adapted.push({ ...fleet, variants })
  }
  return { fleets: adapted, lookAgain }
}

async function adaptVariant(
  { fleet, variant }: { readonly fleet: Fleet; readonly variant: FleetVariant },
  { transaction, endpoint, replicas, now, idleMs }: Looked,
): Promise<{ readonly count: number; readonly until: Date | undefined }> {
  const { variantName, serverless: settings } = variant
  const { generation, stage } = fleet
  if (!settings) return { count: variant.instanceCount, until: undefined }
  const key = { endpointId: endpoint.endpointId, generation, variantName }
  const { realm } = endpoint.place
  const demanded = { realm, endpointArn: endpoint.endpointArn, generation, variantName }
  const known = await readEnvironments(transaction, key)
  const demand = await readDemand(transaction, demanded)
  const ready = readyCount(replicas, fleet, variantName)
  const decided = decideEnvironments({
    ...{ settings, stage, known, demand, now, idleMs },
    readyCount: ready,
  })
  const isNews = known?.count !== decided.count || known.since.getTime() !== decided.since.getTime()
  if (isNews) await keepEnvironments(transaction, key, decided)
  if (decided.watchesAnew) await forgetPeaks(transaction, demanded)
  const isAtLeast = decided.count <= settings.provisionedConcurrency
  const until = isAtLeast ? undefined : new Date(decided.since.getTime() + idleMs)
  return { count: decided.count, until }
}
