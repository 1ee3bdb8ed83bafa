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

export function noReplica(route: EndpointRoute, variantName: string): AwsError {
  return new AwsError(
    'ServiceUnavailable',
    `No container of variant ${variantName} of endpoint ${route.endpointName} is able to answer. ` +
      `Its log: /aws/sagemaker/Endpoints/${route.endpointName}`,
    { fault: 'server' },
  )
}

/** Where a model's failure happened. */
export interface FailedContainer {
  readonly route: EndpointRoute
  readonly variantName: string
  readonly replicaId: string
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
  const message = `Received ${side} error (${status}) from primary ${said}. ${whereToLook(container)}`
  return modelError(container, { status, message, original: body ?? '' })
}

/** AWS. */
export function containerTimedOut(container: FailedContainer): AwsError {
  return withoutAnswer(
    container,
    'Your invocation timed out while waiting for a response from container primary. Review the ' +
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
  return withoutAnswer(container, `The response of container primary is not valid HTTP: ${fault}.`)
}

/** Ours. */
export function containerVerbose(container: FailedContainer, bytesMax: number): AwsError {
  return withoutAnswer(
    container,
    `The response of container primary exceeded ${bytesMax} bytes. Stream it, or use S3.`,
  )
}

function withoutAnswer(container: FailedContainer, text: string): AwsError {
  const message = `Received server error (0) from primary with message "${text}". ${whereToLook(container)}`
  return modelError(container, { status: 0, message, original: text })
}

function modelError(
  { route, variantName, replicaId }: FailedContainer,
  { status, message, original }: { status: number; message: string; original: string },
): AwsError {
  const group = `/aws/sagemaker/Endpoints/${route.endpointName}`
  const [, partition = 'aws'] = route.endpointArn.split(':')
  const place = `arn:${partition}:logs:${route.region}:${route.account}`
  return new AwsError('ModelError', message, {
    members: {
      OriginalStatusCode: status,
      OriginalMessage: original,
      LogStreamArn: `${place}:log-group:${group}:log-stream:${variantName}/${replicaId}`,
    },
  })
}

function whereToLook({ route }: FailedContainer): string {
  const { region, account, endpointName } = route
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`
  const group = `#logEventViewer:group=/aws/sagemaker/Endpoints/${endpointName}`
  return `See ${console}${group} in account ${account} for more information.`
}
