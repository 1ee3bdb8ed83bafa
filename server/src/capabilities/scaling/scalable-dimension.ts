import type { MetricType } from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'
import type { TargetName } from '../scalable-targets/index.ts'

/** One thing of SageMaker whose capacity Application Auto Scaling changes. */
export interface Dimension {
  readonly scalableDimension: string
  /** What a capacity is a count of, in the words of scaling activities. */
  readonly quantity: string
  /** The metrics that policies may track without saying more about them. */
  readonly predefinedMetrics: readonly MetricType[]
  readonly kind: 'Variant' | 'ServerlessVariant' | 'InferenceComponent'
}

/** What a resource id names. */
export type ScalableResource =
  | { readonly endpointName: string; readonly variantName: string }
  | { readonly inferenceComponentName: string }

export const DIMENSIONS: readonly Dimension[] = [
  {
    scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    quantity: 'desired instance count',
    kind: 'Variant',
    predefinedMetrics: [
      'SageMakerVariantInvocationsPerInstance',
      'SageMakerVariantConcurrentRequestsPerModelHighResolution',
    ],
  },
  {
    scalableDimension: 'sagemaker:variant:DesiredProvisionedConcurrency',
    quantity: 'desired provisioned concurrency',
    kind: 'ServerlessVariant',
    predefinedMetrics: ['SageMakerVariantProvisionedConcurrencyUtilization'],
  },
  {
    scalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
    quantity: 'desired copy count',
    kind: 'InferenceComponent',
    predefinedMetrics: [
      'SageMakerInferenceComponentInvocationsPerCopy',
      'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
    ],
  },
]

/** The members by which requests name a target. */
interface TargetRequest {
  readonly ServiceNamespace?: string | undefined
  readonly ResourceId?: string | undefined
  readonly ScalableDimension?: string | undefined
}

/** @throws ValidationException for what is no resource of SageMaker that can be scaled */
export function requireTargetName(request: TargetRequest): TargetName {
  const { ResourceId: resourceId = '', ScalableDimension: scalableDimension = '' } = request
  const dimension = findDimension(scalableDimension)
  if (request.ServiceNamespace !== 'sagemaker' || !dimension) throw unsupported()
  if (!readResource(resourceId, dimension)) throw unsupported()
  return { resourceId, scalableDimension }
}

/** @source recorded answers of Application Auto Scaling */
function unsupported() {
  return validationException('Unsupported service namespace, resource type or scalable dimension')
}

export function findDimension(scalableDimension: string): Dimension | undefined {
  return DIMENSIONS.find((one) => one.scalableDimension === scalableDimension)
}

/** @returns undefined when the id does not name what the dimension is of */
export function readResource(
  resourceId: string,
  { kind }: Pick<Dimension, 'kind'>,
): ScalableResource | undefined {
  const pattern =
    kind === 'InferenceComponent'
      ? /^inference-component\/([^/]+)$/
      : /^endpoint\/([^/]+)\/variant\/([^/]+)$/
  const [, first, second] = pattern.exec(resourceId) ?? []
  if (first === undefined) return undefined
  return second === undefined
    ? { inferenceComponentName: first }
    : { endpointName: first, variantName: second }
}

/** What a target's name names. @returns undefined when the name is none of SageMaker's */
export function resourceOf(target: TargetName): ScalableResource | undefined {
  const dimension = findDimension(target.scalableDimension)
  return dimension && readResource(target.resourceId, dimension)
}

/** The name of the target that an inference component may be. */
export function componentTarget(inferenceComponentName: string): TargetName {
  return {
    resourceId: `inference-component/${inferenceComponentName}`,
    scalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
  }
}

/** What a target's capacity is a count of, in the words of its activities. */
export function quantityOf({ scalableDimension }: Pick<TargetName, 'scalableDimension'>): string {
  return findDimension(scalableDimension)?.quantity ?? 'capacity'
}

/**
 * Filters of Describe operations.
 *
 * @throws ValidationException when a dimension is given without a resource, as AWS's reference has it
 */
export function requireResourceWithDimension(request: {
  readonly resource: unknown
  readonly scalableDimension: string | undefined
}): void {
  if (request.scalableDimension === undefined || request.resource !== undefined) return
  throw validationException('A resource ID must be given with a scalable dimension.')
}
