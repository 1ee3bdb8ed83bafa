import { AwsError } from '../../aws/errors.ts'
import type { EndpointRoute } from './route.ts'

/**
 * What InvokeEndpoint refuses with. Texts marked "AWS" are those of recorded responses of the service;
 * AWS calls an endpoint's container `primary` in them.
 */

/** AWS. */
export function endpointNotFound(account: string, endpointName: string): AwsError {
  return new AwsError(
    'ValidationError',
    `Endpoint ${endpointName} of account ${account} not found.`,
  )
}

export function variantNotFound(route: EndpointRoute, variantName: string): AwsError {
  const known = route.fleets.flatMap(({ variants }) =>
    variants.map((variant) => variant.variantName),
  )
  const names = [...new Set(known)].join(', ')
  return new AwsError(
    'ValidationError',
    `Variant ${variantName} of endpoint ${route.endpointName} not found. It has: ${names}.`,
  )
}

/** Requests to an asynchronous endpoint are queued, not answered. */
export function asynchronousEndpoint(route: EndpointRoute): AwsError {
  return new AwsError(
    'ValidationError',
    `Endpoint ${route.endpointName} of account ${route.account} is an asynchronous endpoint: ` +
      'it takes requests by InvokeEndpointAsync.',
  )
}

export function noWeight(route: EndpointRoute): AwsError {
  return new AwsError(
    'ValidationError',
    `All variants of endpoint ${route.endpointName} have weight 0: name one as TargetVariant.`,
  )
}

export function noReplica(
  route: EndpointRoute,
  of: { readonly variantName: string; readonly inferenceComponentName?: string | undefined },
): AwsError {
  return new AwsError(
    'ServiceUnavailable',
    `No container of variant ${of.variantName} of endpoint ${route.endpointName} is able to answer. ` +
      `Its log: ${logGroup({ route, ...of })}`,
    { fault: 'server' },
  )
}

/** AWS, as are the three below but for the one that says so. */
export function componentNotNamed(): AwsError {
  return new AwsError(
    'ValidationError',
    'Inference Component Name header is required for endpoints to which you plan to deploy inference ' +
      'components. Please include Inference Component Name header or consider using SageMaker models.',
    { members: { ErrorCode: 'INFERENCE_COMPONENT_NAME_MISSING' } },
  )
}

export function componentNotAllowed(): AwsError {
  return new AwsError(
    'ValidationError',
    'Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference ' +
      'components. Please remove the Inference Component Name header and try again.',
  )
}

/** A component without a copy. */
export function componentWithoutCapacity(): AwsError {
  return new AwsError(
    'ValidationError',
    'Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress ' +
      '(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API.',
  )
}

/** Ours. */
export function componentNotFound(route: EndpointRoute, inferenceComponentName: string): AwsError {
  return new AwsError(
    'ValidationError',
    `Inference Component ${inferenceComponentName} not found in endpoint ${route.endpointName} of account ` +
      `${route.account}.`,
  )
}

/** Ours. */
export function noSuchTarget(route: EndpointRoute, targetModel: string): AwsError {
  return new AwsError(
    'ValidationError',
    `TargetModel '${targetModel}' is given, but endpoint ${route.endpointName} does not hold many models: ` +
      'its container is not in Mode MultiModel.',
  )
}

/** The code is AWS's, the text is ours: AWS's is empty. */
export function concurrencyExceeded(route: EndpointRoute, maxConcurrency: number): AwsError {
  return new AwsError(
    'ThrottlingException',
    `Rate exceeded: endpoint ${route.endpointName} has ${maxConcurrency} concurrent invocations, which is ` +
      'its MaxConcurrency.',
  )
}

/** What stands before a container refused, under one of InvokeEndpoint's codes. */
export function refusedBefore(code: string, message: string): AwsError {
  return new AwsError(code, message, { fault: code === 'ServiceUnavailable' ? 'server' : 'client' })
}

/** Where a model's failure happened. */
export interface FailedContainer {
  readonly route: EndpointRoute
  readonly variantName: string
  readonly replicaId: string
  /** Whether something of the platform stands before it, which may refuse by itself. */
  readonly isMultiModel?: boolean
  /** Which container of the replica it is; absent when it has but one. */
  readonly containerName?: string | undefined
  /** Of which inference component the replica is a copy; absent when it is the variant's own. */
  readonly inferenceComponentName?: string | undefined
}

/** Ours, as are the two below; AWS documents that each is a validation error. */
export function containerNotNamed(route: EndpointRoute, hostnames: readonly string[]): AwsError {
  return new AwsError(
    'ValidationError',
    `Endpoint ${route.endpointName} is invoked by container: give TargetContainerHostname, one of: ` +
      `${hostnames.join(', ')}.`,
  )
}

export function containerNotFound(
  route: EndpointRoute,
  { target, hostnames }: { readonly target: string; readonly hostnames: readonly string[] },
): AwsError {
  return new AwsError(
    'ValidationError',
    `Container ${target} of endpoint ${route.endpointName} not found. It has: ${hostnames.join(', ')}.`,
  )
}

export function notDirect(route: EndpointRoute, target: string): AwsError {
  return new AwsError(
    'ValidationError',
    `TargetContainerHostname '${target}' is given, but endpoint ${route.endpointName} is not configured for ` +
      'direct invocation: its model has no InferenceExecutionConfig with Mode Direct.',
  )
}

/** AWS: the container answered other than 2xx. @param body undefined when it did not come completely */
export function containerError(
  container: FailedContainer,
  answer: { readonly status: number; readonly body: string | undefined },
): AwsError {
  const { status, body } = answer
  const side = status >= 400 && status < 500 ? 'client' : 'server'
  const said =
    body === undefined ? 'and could not load the entire response body' : `with message "${body}"`
  const message = `Received ${side} error (${status}) from ${nameOf(container)} ${said}. ${whereToLook(container)}`
  return modelError(container, { status, message, original: body ?? '' })
}

/** AWS. */
export function containerTimedOut(container: FailedContainer): AwsError {
  return withoutAnswer(
    container,
    `Your invocation timed out while waiting for a response from container ${nameOf(container)}. Review the ` +
      'latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.',
  )
}

/** AWS. */
export function containerExited(container: FailedContainer): AwsError {
  return withoutAnswer(
    container,
    'An error occurred while handling request as the model process exited.',
  )
}

/** Ours: AWS publishes no text for an answer that is not HTTP. */
export function containerIncoherent(container: FailedContainer, fault: string): AwsError {
  return withoutAnswer(
    container,
    `The response of container ${nameOf(container)} is not valid HTTP: ${fault}.`,
  )
}

/** Ours. */
export function containerVerbose(container: FailedContainer, bytesMax: number): AwsError {
  return withoutAnswer(
    container,
    `The response of container ${nameOf(container)} exceeded ${bytesMax} bytes. Stream it, or use S3.`,
  )
}

function nameOf({ containerName = 'primary' }: FailedContainer): string {
  return containerName
}

function withoutAnswer(container: FailedContainer, text: string): AwsError {
  const name = nameOf(container)
  const message = `Received server error (0) from ${name} with message "${text}". ${whereToLook(container)}`
  return modelError(container, { status: 0, message, original: text })
}

function modelError(
  container: FailedContainer,
  { status, message, original }: { status: number; message: string; original: string },
): AwsError {
  const { route, variantName, replicaId, containerName } = container
  const [, partition = 'aws'] = route.endpointArn.split(':')
  const stream = `${variantName}/${replicaId}${containerName === undefined ? '' : `/${containerName}`}`
  const place = `arn:${partition}:logs:${route.region}:${route.account}`
  return new AwsError('ModelError', message, {
    members: {
      OriginalStatusCode: status,
      OriginalMessage: original,
      LogStreamArn: `${place}:log-group:${logGroup(container)}:log-stream:${stream}`,
    },
  })
}

function logGroup({
  route,
  inferenceComponentName: component,
}: Pick<FailedContainer, 'route' | 'inferenceComponentName'>): string {
  return component === undefined
    ? `/aws/sagemaker/Endpoints/${route.endpointName}`
    : `/aws/sagemaker/InferenceComponents/${component}`
}

function whereToLook(container: FailedContainer): string {
  const { region, account } = container.route
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`
  const group = `#logEventViewer:group=${logGroup(container)}`
  return `See ${console}${group} in account ${account} for more information.`
}
