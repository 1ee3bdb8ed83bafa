/**
 * What `inference-components` asks of hosting: copies are rows of an endpoint (workloads), which the supervisor
 * makes true as it does variants.
 */

import { validationException } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { endpointNotFound } from './endpoint.operations.ts'
import { type Endpoint, findEndpoint, lockEndpoint } from './endpoint.store.ts'
import { readFleets } from './fleet.store.ts'
import type { Fleet, FleetVariant } from './fleet.ts'

export { capacityOf, instancesMax } from './component-host.ts'
export { copyVariant, placementOf } from './copy-variant.ts'
export { requireAlarms } from './deployment-start.ts'
export {
  awaitRouted,
  changeEndpoint,
  type EndpointState,
  readState,
  readyCopies,
  watchEndpoint,
} from './endpoint-state.ts'
export { canHold, placementsOf } from './placement.states.ts'
export {
  deleteWorkloads,
  insertWorkload,
  latestSpecification,
  readWorkloads,
  setCopyCount,
  setProven,
  setScalesToZero,
} from './workload.store.ts'
export { isCopyOf, type Placement, type Workload } from './workload.ts'

/** An endpoint that serves, and the variant of it on whose instances components may be. */
export interface ComponentHost {
  readonly endpoint: Endpoint
  readonly serving: Fleet
  readonly variant: FleetVariant
}

/**
 * The variant that is to host a component; the only one where none is named.
 *
 * @throws ValidationException when there is no such endpoint or variant, or it is not for inference components
 */
export async function requireComponentHost(
  scope: RequestScope,
  queryable: Queryable,
  named: { readonly endpointName: string; readonly variantName: string | undefined },
): Promise<ComponentHost> {
  const { endpointName } = named
  const endpoint = await findEndpoint(queryable, scope, endpointName)
  if (!endpoint) throw endpointNotFound(scope, endpointName)
  const { endpointArn, status } = endpoint
  const fleets = await readFleets(queryable, endpoint.endpointId)
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  if (!serving || status === 'Deleting') {
    throw validationException(
      `Cannot host an inference component on endpoint "${endpointArn}" in status ${status}: it must be InService.`,
    )
  }
  const [only] = serving.variants.length === 1 ? serving.variants : []
  const variantName = named.variantName ?? only?.variantName
  const variant = serving.variants.find((one) => one.variantName === variantName)
  if (!variant) {
    throw validationException(
      named.variantName === undefined
        ? `VariantName is not given, and endpoint "${endpointArn}" has ${serving.variants.length} variants: give one.`
        : `The variant name(s) "${named.variantName}" is/are not present within endpoint configuration ` +
            `"${serving.endpointConfigName}".`,
    )
  }
  if (!variant.hostsComponents) {
    throw validationException(
      `Inference components are not supported on endpoint "${endpointArn}": its production variants have models. ` +
        'Create an endpoint from a configuration whose production variants have no ModelName.',
    )
  }
  return { endpoint, serving, variant }
}

/** Whoever else changes the endpoint waits for the transaction. @returns false when it is gone */
export async function holdEndpoint(transaction: Queryable, endpointId: string): Promise<boolean> {
  return (await lockEndpoint(transaction, endpointId)) !== undefined
}
