import type { DeploymentConfig } from '@aws-sdk/client-sagemaker'
import { notImplemented, validationException } from '../../aws/errors.ts'
import { capacityOf, instancesMax } from './component-host.ts'
import type { FleetVariant } from './fleet.ts'
import { canHold, placementsOf } from './placement.states.ts'
import type { Workload } from './workload.ts'

/** Refuses to turn an endpoint of models into one of inference components, or the other way round. */
export function requireHosts(
  present: readonly FleetVariant[],
  next: readonly FleetVariant[],
): void {
  const hosts = present.some(({ hostsComponents }) => hostsComponents)
  if (hosts === next.some(({ hostsComponents }) => hostsComponents === true)) return
  throw validationException(
    hosts
      ? 'The endpoint is one of inference components, and the production variants of the new configuration have a ' +
          'ModelName: leave it out.'
      : 'The production variants of the endpoint have models, and those of the new configuration have no ModelName: ' +
          'create another endpoint for inference components.',
  )
}

/** Refuses variants whose instances cannot hold the copies that there are. */
export function requireRoom(workloads: readonly Workload[], next: readonly FleetVariant[]): void {
  for (const [variantName, own] of Map.groupBy(workloads, (one) => one.variantName)) {
    const variant = next.find((one) => one.variantName === variantName)
    const names = [...new Set(own.map((one) => one.inferenceComponentName))].join(', ')
    if (!variant) {
      throw validationException(
        `The variant "${variantName}" hosts the inference component(s) ${names}: it must stay as long as they do.`,
      )
    }
    const count = instancesMax(variant)
    const capacity = capacityOf(variant)
    const copies = own.flatMap((one) => placementsOf(one, { count, capacity }))
    if (canHold(copies, { count, capacity })) continue
    const copyCount = own.reduce((sum, one) => sum + one.copyCount, 0)
    throw validationException(
      `${count} ${variant.production.InstanceType} instance(s) of the variant "${variantName}" cannot hold the ` +
        `${copyCount} copies of the inference component(s) ${names}: each instance has ${capacity.cpuCores} CPU ` +
        `core(s), ${capacity.accelerators} accelerator(s) and ${capacity.memoryMb} MB of memory.`,
    )
  }
}

/** With batches of instances the copies of both fleets would have to share what there is of each. */
export function requireNoBatches(config: DeploymentConfig | undefined): void {
  if (!config?.RollingUpdatePolicy) return
  throw notImplemented(
    'RollingUpdatePolicy for an endpoint that hosts inference components is not built yet: give a ' +
      'BlueGreenUpdatePolicy.',
  )
}
