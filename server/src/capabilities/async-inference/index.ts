/**
 * Asynchronous inference: endpoints whose requests are queued, and whose answers appear in S3. The queue is
 * rows; `async-supervisor.ts` gives them to replicas as far as these have room, by what hosting publishes to
 * `inference`. An accepted request ends exactly once for those who watch (output or failure object,
 * notification, metrics), though a replica may see it more often when processes die.
 */
import type * as SageMakerRuntime from '@aws-sdk/client-sagemaker-runtime'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { invokeEndpointAsync } from './async-invocation.operations.ts'

export { readBusyReplicas } from './async-invocation.store.ts'
export type { KeptNotification } from './async-notification.store.ts'
export { deleteOldNotifications, listNotifications } from './async-notifications.ts'
export { superviseAsyncInference } from './async-supervisor.ts'

export const asyncInferenceOperations = {
  InvokeEndpointAsync: invokeEndpointAsync,
} satisfies HandlersOf<typeof SageMakerRuntime, RequestScope>
