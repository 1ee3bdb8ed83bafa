import type { Queryable } from '../../platform/database/database.ts'
import { insertDecision } from './deployment.store.ts'
import type { DecisionDetail, DecisionName } from './deployment.ts'
import { instancesByConfig, sharesByConfig } from './deployment-traffic.ts'
import type { FleetKey } from './endpoint.workflow.ts'
import { readFleets } from './fleet.store.ts'
import type { Fleet, Replica } from './fleet.ts'
import { readReplicas } from './replica.store.ts'

/** A decision as it is taken. */
export interface TakenDecision {
  readonly decision: DecisionName
  readonly cause: string
  readonly at: Date
  /** Tells it from others of its kind in the same deployment. */
  readonly occasion: string | number
  readonly detail?: DecisionDetail
}

/** Writes a decision into the deployment's record, with the shares and counts that follow from it. */
export async function recordDecision(
  transaction: Queryable,
  key: FleetKey,
  { decision, cause, at, occasion, detail }: TakenDecision,
): Promise<void> {
  const fleets = await readFleets(transaction, key.endpointId)
  const replicas = await readReplicas(transaction, key.endpointId)
  await insertDecision(transaction, key, {
    decision,
    cause,
    at,
    decisionKey: `${decision}/${occasion}`,
    detail: { ...present(fleets, replicas), ...detail },
  })
}

function present(fleets: readonly Fleet[], replicas: readonly Replica[]): DecisionDetail {
  const staying = fleets.filter(({ stage }) => stage !== 'Retiring')
  return { shares: sharesByConfig(fleets), instances: instancesByConfig(staying, replicas) }
}
