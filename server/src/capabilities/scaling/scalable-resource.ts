import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findScalableVariant } from '../hosting/index.ts'
import type { ScalableTarget, TargetName } from '../scalable-targets/index.ts'
import { tagsOf } from '../tags/index.ts'
import { findDimension, readResource } from './scalable-dimension.ts'

/** An endpoint that has this tag may have no instance at all, though its requests are answered at once. */
export const SCALE_TO_ZERO_TAG = { Key: 'sagebrush:scale-to-zero', Value: 'true' }

/**
 * What a target's name names, if it is there and its capacity may come to so little.
 *
 * @throws ValidationException
 */
export async function requireScalable(
  scope: RequestScope,
  { resourceId, scalableDimension }: TargetName,
  minCapacity: number,
): Promise<NonNullable<ScalableTarget['variant']>> {
  const dimension = findDimension(scalableDimension)
  const resource = dimension && readResource(resourceId, dimension)
  if (!resource || !('variantName' in resource)) {
    throw validationException(
      `${resourceId} does not exist: there are no inference components yet.`,
    )
  }
  const variant = await findScalableVariant(scope.database, scope, resource)
  if (!variant) {
    throw validationException(
      `${resourceId} does not exist: there is no such endpoint, or it has no such variant.`,
    )
  }
  const isServerless = dimension.kind === 'ServerlessVariant'
  if (isServerless !== variant.isServerless) {
    throw validationException(
      `The scalable dimension ${scalableDimension} is not one of ${resourceId}: the variant is ` +
        `${variant.isServerless ? '' : 'not '}serverless.`,
    )
  }
  if (minCapacity > 0 || variant.isAsync || isServerless) return resource
  const tags = await tagsOf(scope.database, scope, variant.endpointArn)
  const { Key, Value } = SCALE_TO_ZERO_TAG
  if (tags.some((tag) => tag.Key === Key && tag.Value === Value)) return resource
  throw validationException(
    `MinCapacity is 0, but ${resourceId} answers requests at once: it must be at least 1. Only asynchronous ` +
      `endpoints may have no instance, and endpoints with the tag ${Key}=${Value}, whose requests are then held ` +
      'until there is one.',
  )
}
