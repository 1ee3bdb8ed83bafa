import type { AsyncInferenceNotificationConfig } from '@aws-sdk/client-sagemaker'
import { joinS3Uri } from '../../aws/s3-uri.ts'
import type { AsyncInvocation } from './async-invocation.ts'

/** Where the answer of a request goes. */
export function outputLocation(
  s3OutputPath: string | undefined,
  request: AsyncInvocation['request'],
  invocationId: string,
): string | undefined {
  if (s3OutputPath === undefined) return undefined
  const { S3OutputPathExtension: extension, Filename: filename } = request
  const folder = extension === undefined ? [] : [extension.replace(/^\/+|\/+$/g, '')]
  return joinS3Uri(s3OutputPath, ...folder, filename ?? `${invocationId}.out`)
}

/** Where the reason of a failure goes. */
export function failureLocation(
  s3FailurePath: string | undefined,
  invocationId: string,
): string | undefined {
  return s3FailurePath === undefined
    ? undefined
    : joinS3Uri(s3FailurePath, `${invocationId}-error.out`)
}

/** What a container gets: the request's payload, or the answer of the container before it. */
export interface ContainerPayload {
  readonly contentType: string | undefined
  readonly customAttributes?: string
  /** Absent where it is not known beforehand. */
  readonly sizeBytes?: number
  readonly isAnswer: boolean
  /** Whether it is told what the caller accepts, which concerns the last container. */
  readonly accepts: boolean
}

/** The headers under which a container gets a queued request. */
export function containerHeaders(
  request: AsyncInvocation['request'],
  payload: ContainerPayload,
): Readonly<Record<string, string>> {
  const { contentType, customAttributes, sizeBytes, isAnswer, accepts } = payload
  const headers: readonly (readonly [string, string | undefined])[] = [
    ['Content-Type', isAnswer ? contentType : (request.ContentType ?? contentType)],
    ['Accept', accepts ? request.Accept : undefined],
    ['X-Amzn-SageMaker-Custom-Attributes', customAttributes ?? request.CustomAttributes],
    ['X-Amzn-SageMaker-Inference-Id', request.InferenceId],
    ['Content-Length', sizeBytes === undefined ? undefined : String(sizeBytes)],
  ]
  return Object.fromEntries(
    headers.filter((header): header is [string, string] => header[1] !== undefined),
  )
}

/** How a request ended. */
export type Ending =
  | {
      readonly status: 'Completed'
      readonly contentType: string | undefined
      /** Absent when it is too large for a notification. */
      readonly answer: Buffer | undefined
    }
  | {
      readonly status: 'Failed'
      readonly failureReason: string
      readonly metric:
        | 'RequestDownloadFailures'
        | 'ResponseUploadFailures'
        | 'ExpiredRequests'
        | undefined
      readonly answer?: Buffer
    }

export interface Notification {
  readonly topicArn: string
  readonly message: object
}

/** A notification carries an answer only up to this size. */
export const NOTIFIED_BYTES_MAX = 128 * 1024

/** The notification that a topic gets when its endpoint is created or updated. */
export function testNotifications(
  config: AsyncInferenceNotificationConfig | undefined,
): readonly Notification[] {
  const topics = new Set([config?.SuccessTopic, config?.ErrorTopic])
  return [...topics].flatMap((topicArn) =>
    topicArn === undefined
      ? []
      : [
          {
            topicArn,
            message: {
              eventVersion: '1.0',
              eventSource: 'aws:sagemaker',
              eventName: 'TestNotification',
            },
          },
        ],
  )
}

/** What the topics of an endpoint are told of one ending. */
export function endingNotifications(
  config: AsyncInferenceNotificationConfig | undefined,
  { invocation, ending, at }: { invocation: AsyncInvocation; ending: Ending; at: Date },
): readonly Notification[] {
  const isSuccess = ending.status === 'Completed'
  const topicArn = isSuccess ? config?.SuccessTopic : config?.ErrorTopic
  if (topicArn === undefined) return []
  const { request, endpointName, place, receivedAt } = invocation
  const topicName = isSuccess ? 'SUCCESS_NOTIFICATION_TOPIC' : 'ERROR_NOTIFICATION_TOPIC'
  const includesAnswer = config?.IncludeInferenceResponseIn?.includes(topicName) === true
  const body = includesAnswer ? ending.answer : undefined
  const message = {
    awsRegion: place.region,
    eventTime: at.toISOString(),
    receivedTime: receivedAt.toISOString(),
    invocationStatus: ending.status,
    ...(!isSuccess && { failureReason: ending.failureReason }),
    requestParameters: {
      ...(request.ContentType !== undefined && { contentType: request.ContentType }),
      endpointName,
      ...(request.InputLocation !== undefined && { inputLocation: request.InputLocation }),
      ...(request.Accept !== undefined && { accept: request.Accept }),
      ...(request.CustomAttributes !== undefined && { customAttributes: request.CustomAttributes }),
    },
    responseParameters: {
      ...(isSuccess && ending.contentType !== undefined && { contentType: ending.contentType }),
      ...(isSuccess && { outputLocation: invocation.outputLocation }),
      ...(!isSuccess && { failureLocation: invocation.failureLocation }),
    },
    ...(body && { responseBody: { encoding: 'BASE64', content: body.toString('base64') } }),
    inferenceId: request.InferenceId ?? invocation.invocationId,
    eventVersion: '1.0',
    eventSource: 'aws:sagemaker',
    eventName: 'InferenceResult',
  }
  return [{ topicArn, message }]
}
