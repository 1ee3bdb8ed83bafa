import type { Demand } from '../inference/index.ts'
import type { FleetStage, ServerlessSettings } from './fleet.ts'

/** How many environments of a serverless variant are kept, and since when that is watched. */
export interface Environments {
  readonly count: number
  readonly since: Date
}

export interface EnvironmentsDecision extends Environments {
  /** True: a watch is over, the next one begins, and peaks before it do not count any more. */
  readonly watchesAnew: boolean
}

/** So many are started at the same time: a machine that starts a hundred containers at once starts none. */
const STARTING_MAX = 4

/**
 * How many environments a serverless variant is to have: one for each concurrent request, within what
 * MaxConcurrency and ProvisionedConcurrency allow. More come as soon as they are wanted; those that nobody
 * needed for a whole watch of `idleMs` end with it. A fleet that is launched has one at least: it proves that the
 * model can be started.
 */
export function decideEnvironments(variant: {
  readonly settings: ServerlessSettings
  readonly stage: FleetStage
  readonly known: Environments | undefined
  readonly demand: Demand
  readonly readyCount: number
  readonly now: Date
  readonly idleMs: number
}): EnvironmentsDecision {
  const { settings, stage, demand, readyCount, now, idleMs } = variant
  const { maxConcurrency, provisionedConcurrency } = settings
  const least = Math.max(provisionedConcurrency, stage === 'Launching' ? 1 : 0)
  const known = variant.known ?? { count: least, since: now }
  const wanted = Math.min(demand.requests, readyCount + STARTING_MAX)
  const isOver = now.getTime() - known.since.getTime() >= idleMs
  const kept = isOver ? Math.min(known.count, Math.max(demand.peak, demand.present)) : known.count
  const count = Math.min(maxConcurrency, Math.max(least, kept, wanted))
  return { count, since: isOver ? now : known.since, watchesAnew: isOver }
}
