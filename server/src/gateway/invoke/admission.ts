import { concurrencyExceeded, type RoutedVariant } from '../../capabilities/inference/index.ts'
import { headerOf, type ResponseHead } from '../http1/message-head.ts'

/**
 * A serverless variant handles as many requests at once as MaxConcurrency says, over all gateways: it never
 * has more environments, and each lets in one request. A request is held while an environment may still be
 * started for it, and refused when none may.
 *
 * @throws AwsError when this gateway alone has more requests for it than that
 */
export function admit({ serverless, meter, endpoint }: RoutedVariant): void {
  if (!serverless || meter.underWay <= serverless.maxConcurrency) return
  throw concurrencyExceeded(endpoint, serverless.maxConcurrency)
}

/** For a request that met no free environment. @throws AwsError when the variant has all that it may have */
export function requireRoomToGrow({ serverless, replicas, endpoint }: RoutedVariant): void {
  if (!serverless || replicas.length < serverless.maxConcurrency) return
  throw concurrencyExceeded(endpoint, serverless.maxConcurrency)
}

/** Whether an answer is of what stands before an environment: the request of another gateway is in it. */
export function isBusy({ serverless }: RoutedVariant, head: ResponseHead): boolean {
  return serverless !== undefined && headerOf(head, 'x-sagebrush-refusal') === 'Busy'
}

/**
 * Whether a request that is just sent is beyond the environments that are always kept: this gateway alone has more
 * at work than these. With several gateways each knows its own requests, so that spilling is seen late.
 */
export function isSpilled({ serverless, replicas }: RoutedVariant): boolean {
  if (!serverless) return false
  let atWork = 0
  for (const { outstanding } of replicas) if (outstanding > 0) atWork++
  return atWork > serverless.provisionedConcurrency
}
