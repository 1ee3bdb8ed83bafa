import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findScalableVariant } from '../hosting/index.ts'
import { readInferenceComponentCapacity } from '../inference-components/index.ts'
import type { ScalableTarget, TargetName } from '../scalable-targets/index.ts'
import { tagsOf } from '../tags/index.ts'
import { type Dimension, findDimension, readResource } from './scalable-dimension.ts'

/** An endpoint that has this tag may have no instance at all, though its requests are answered at once. */
export const SCALE_TO_ZERO_TAG = { Key: 'sagebrush:scale-to-zero', Value: 'true' }

/** What a scalable target is to be. */
interface Registered extends TargetName {
  readonly minCapacity: number
  readonly maxCapacity: number
}

/**
 * What a target's name names, if it is there and its capacity may lie within the bounds.
 *
 * @returns whose it is when it is a variant; undefined for a component
 * @throws ValidationException
 */
export async function requireScalable(
  scope: RequestScope,
  target: Registered,
): Promise<ScalableTarget['variant']> {
  const { resourceId, scalableDimension } = target
  const dimension = findDimension(scalableDimension)
  const resource = dimension && readResource(resourceId, dimension)
  if (resource && 'variantName' in resource) {
    await requireVariant(scope, target, { dimension, resource })
    return resource
  }
  const found =
    resource &&
    (await readInferenceComponentCapacity(scope.database, scope, resource.inferenceComponentName))
  if (!found) {
    throw validationException(`${resourceId} does not exist: there is no such inference component.`)
  }
  return undefined
}

async function requireVariant(
  scope: RequestScope,
  { resourceId, scalableDimension, minCapacity, maxCapacity }: Registered,
  of: { readonly dimension: Dimension; readonly resource: NonNullable<ScalableTarget['variant']> },
): Promise<void> {
  const variant = await findScalableVariant(scope.database, scope, of.resource)
  if (!variant) {
    throw validationException(
      `${resourceId} does not exist: there is no such endpoint, or it has no such variant.`,
    )
  }
  const isServerless = of.dimension.kind === 'ServerlessVariant'
  if (isServerless !== variant.isServerless) {
    throw validationException(
      `The scalable dimension ${scalableDimension} is not one of ${resourceId}: the variant is ` +
        `${variant.isServerless ? '' : 'not '}serverless.`,
    )
  }
  const { maxConcurrency = Number.POSITIVE_INFINITY } = variant
  if (maxCapacity > maxConcurrency) {
    throw validationException(
      `MaxCapacity is ${maxCapacity}, but the MaxConcurrency of ${resourceId} is ${maxConcurrency}: provisioned ` +
        'concurrency must be less than or equal to it.',
    )
  }
  if (minCapacity > 0 || variant.isAsync || isServerless) return
  const tags = await tagsOf(scope.database, scope, variant.endpointArn)
  const { Key, Value } = SCALE_TO_ZERO_TAG
  if (tags.some((tag) => tag.Key === Key && tag.Value === Value)) return
  throw validationException(
    `MinCapacity is 0, but ${resourceId} answers requests at once: it must be at least 1. Only asynchronous ` +
      'endpoints and inference components may have no capacity, and endpoints with the tag ' +
      `${Key}=${Value}, whose requests are then held until there is an instance.`,
  )
}
