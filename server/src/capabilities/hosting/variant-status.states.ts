import type { ProductionVariantStatus } from '@aws-sdk/client-sagemaker'
import type { Deployment, DeploymentPhase } from './deployment.ts'
import type { Fleet, FleetVariant, Replica } from './fleet.ts'

/** What an endpoint's variants are shown from. */
export interface ShownEndpoint {
  readonly fleets: readonly Fleet[]
  readonly replicas: readonly Replica[]
  /** The one that is under way. */
  readonly deployment?: Deployment
}

/**
 * What is happening to a variant of the fleet that serves, where something is.
 *
 * @source the messages of VariantStatus in AWS's guide to deployment guardrails and to EventBridge
 */
export function servingStatus(
  shown: ShownEndpoint,
  fleet: Fleet,
  variant: FleetVariant,
): ProductionVariantStatus | undefined {
  const { deployment } = shown
  const { variantName, instanceCount, desiredInstanceCount } = variant
  if ((variant.serverless || variant.hostsComponents) && !deployment) return undefined
  const ready = readyReplicas(shown, fleet, variantName)
  if (deployment) {
    const leaving = leavingReplicas(shown, fleet, variantName)
    if (deployment.stage === 'Terminating' && leaving > 0) {
      return status('Deleting', `Terminating ${leaving} instance(s).`, deployment.since)
    }
    if (deployment.stage !== 'RollingBack' || ready >= instanceCount) return undefined
    return status('Updating', `Launching ${instanceCount - ready} instance(s).`, deployment.since)
  }
  if (desiredInstanceCount < instanceCount) {
    return status('Updating', `Scaling in desired instance count to ${desiredInstanceCount}.`)
  }
  if (ready >= desiredInstanceCount) return undefined
  return status('Updating', `Scaling out desired instance count to ${desiredInstanceCount}.`)
}

/** Likewise of the fleet that is launched, by CreateEndpoint or by a deployment. */
export function launchingStatus(
  { deployment, replicas }: ShownEndpoint,
  fleet: Fleet,
  { variantName, instanceCount }: FleetVariant,
): ProductionVariantStatus {
  if (!deployment) {
    return status('Creating', `Launching ${instanceCount} instance(s).`, fleet.launchedAt)
  }
  const { plan, stage, since } = deployment
  const phase = plan.phases[deployment.phase]
  const wanted = phase?.variants.find((one) => one.variantName === variantName)
  if (!phase || !wanted) return status('Creating', 'Launching 0 instance(s).', since)
  const { activeCount } = wanted
  switch (stage) {
    case 'Launching': {
      const before = plan.phases[deployment.phase - 1]?.variants.find(
        (one) => one.variantName === variantName,
      )
      const launched = wanted.instanceCount - (before?.instanceCount ?? 0)
      return status('Creating', `Launching ${launched} instance(s).`, since)
    }
    case 'ActivatingTraffic':
      return status(
        'ActivatingTraffic',
        `Activating traffic on ${part(phase, activeCount)}.`,
        since,
      )
    case 'Baking':
      return status('Baking', bakingText(phase, activeCount), since)
    case 'Terminating':
      return status('Updating', `Traffic enabled on ${part(phase, activeCount)}.`, since)
    case 'RollingBack': {
      const count = replicas.filter(
        (one) => one.generation === fleet.generation && one.variantName === variantName,
      ).length
      return status('Deleting', `Terminating ${count} instance(s).`, since)
    }
  }
}

function bakingText(phase: DeploymentPhase, activeCount: number): string {
  const { member, seconds } = phase.wait
  return (
    `Baking for ${seconds} seconds (${member}) with traffic enabled on ` +
    `${part(phase, activeCount)}.`
  )
}

function part({ capacity }: DeploymentPhase, activeCount: number): string {
  return `${capacity} capacity of ${activeCount} instance(s)`
}

function status(
  Status: ProductionVariantStatus['Status'],
  StatusMessage: string,
  StartTime?: Date,
): ProductionVariantStatus {
  return { Status, StatusMessage, ...(StartTime && { StartTime }) }
}

function readyReplicas({ replicas }: ShownEndpoint, fleet: Fleet, variantName: string): number {
  return replicas.filter(
    (replica) =>
      replica.ready &&
      !replica.retirement &&
      replica.generation === fleet.generation &&
      replica.variantName === variantName,
  ).length
}

/** Of the same variant in the fleet before, or in this one, those that shall serve no longer. */
function leavingReplicas(
  { replicas, fleets }: ShownEndpoint,
  fleet: Fleet,
  variantName: string,
): number {
  const retiring = fleets.filter(({ stage }) => stage === 'Retiring')
  return replicas.filter(
    (replica) =>
      replica.variantName === variantName &&
      (retiring.some(({ generation }) => generation === replica.generation) ||
        (replica.retirement !== undefined && replica.generation === fleet.generation)),
  ).length
}
