import type { Readable } from 'node:stream'
import type {
  InvokeEndpointAsyncCommandInput,
  InvokeEndpointAsyncCommandOutput,
} from '@aws-sdk/client-sagemaker-runtime'
import { AwsError } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { newUuid } from '../../base/ids.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { endpointNotFound, readRoute } from '../inference/index.ts'
import { failureLocation, outputLocation } from './async-invocation.container.ts'
import { insertInvocation } from './async-invocation.store.ts'
import { ASYNC_TOPIC_PREFIX, type AsyncInvocation, queueKey } from './async-invocation.ts'

/** @source Amazon SageMaker Runtime API Reference, InvokeEndpointAsync: six hours */
const TTL_SECONDS_DEFAULT = 6 * 60 * 60

/** The payload is small and arrives whole. */
type AsyncInput = Omit<InvokeEndpointAsyncCommandInput, 'Body'> & {
  readonly Body?: Uint8Array | Readable | undefined
}

/**
 * Queues a request. Accepted requests are rows: each is answered, fails or expires, whatever ends meanwhile.
 *
 * @throws ValidationError when the endpoint does not serve or is not asynchronous, or the request names
 *   neither or both of an object and a body
 */
export async function invokeEndpointAsync(
  input: AsyncInput,
  scope: RequestScope,
): Promise<Omit<InvokeEndpointAsyncCommandOutput, '$metadata'>> {
  const { Body: payload, ...request } = input
  const endpointName = input.EndpointName ?? ''
  const body =
    payload instanceof Uint8Array && payload.length > 0 ? Buffer.from(payload) : undefined
  const hasBody = body !== undefined
  if (hasBody === (request.InputLocation !== undefined)) {
    throw validationError(
      hasBody
        ? 'InputLocation and Body are both given: give the one or the other.'
        : 'InputLocation is not given: name an object in S3, or send the payload as Body.',
    )
  }
  if (request.InputLocation !== undefined && !parseS3Uri(request.InputLocation)?.key) {
    throw validationError(
      `InputLocation '${request.InputLocation}' names no object: give s3://bucket/key.`,
    )
  }
  const route = await readRoute(scope.database, { ...scope, endpointName })
  if (!route) throw endpointNotFound(scope.account, endpointName)
  const config = route.fleets.at(-1)?.asyncInference
  if (!config) {
    throw validationError(
      `Endpoint ${endpointName} of account ${scope.account} is not an asynchronous endpoint: its ` +
        'configuration has no AsyncInferenceConfig. Use InvokeEndpoint.',
    )
  }
  const invocationId = newUuid()
  const receivedAt = scope.clock.now()
  const ttlSeconds = request.RequestTTLSeconds ?? TTL_SECONDS_DEFAULT
  const invocation: AsyncInvocation = {
    invocationId,
    place: { realm: scope.realm, account: scope.account, region: scope.region },
    endpointName: route.endpointName,
    endpointArn: route.endpointArn,
    request,
    body,
    outputLocation: outputLocation(config.OutputConfig?.S3OutputPath, request, invocationId),
    failureLocation: failureLocation(config.OutputConfig?.S3FailurePath, invocationId),
    config,
    receivedAt,
    expiresAt: new Date(receivedAt.getTime() + ttlSeconds * 1_000),
    attempts: 0,
  }
  await scope.database.transaction(async (transaction) => {
    await insertInvocation(transaction, invocation)
    await scope.changes.announce(transaction, `${ASYNC_TOPIC_PREFIX}${queueKey(route)}`)
  })
  return {
    InferenceId: request.InferenceId ?? invocationId,
    ...(invocation.outputLocation !== undefined && { OutputLocation: invocation.outputLocation }),
    ...(invocation.failureLocation !== undefined && {
      FailureLocation: invocation.failureLocation,
    }),
  }
}

function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}
