import assert from 'node:assert/strict'
import type { AsyncInferenceConfig, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { Place } from '../../platform/scope.ts'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'
import { selectNotifications } from './async-notification.store.ts'

export const TOPICS = {
  SuccessTopic: 'arn:aws:sns:us-east-1:123456789012:done',
  ErrorTopic: 'arn:aws:sns:us-east-1:123456789012:failed',
}

/** A server whose endpoints are asynchronous. */
export interface AsyncHost extends Host {
  /** An asynchronous endpoint in service. @returns its name */
  givenAsyncEndpoint(
    environment?: Record<string, string>,
    more?: {
      readonly client?: AsyncInferenceConfig['ClientConfig']
      readonly model?: Partial<CreateModelCommandInput>
    },
  ): Promise<string>
  /** @returns the location of an object with this content */
  putInput(body: string, contentType?: string): Promise<string>
  /** The content of an object, once it is there. */
  read(location: string | undefined): Promise<string>
  place(): Promise<Place>
  /** What a topic was told of a request, once it was. */
  told(topicArn: string, inferenceId: string | undefined): Promise<Record<string, unknown>>
}

export async function startAsyncHost(): Promise<AsyncHost> {
  const host = await startHost()
  const { sagemaker, s3, platform, config } = host.server
  const place = async (): Promise<Place> => {
    const rows = await platform.database.query<{ realm: number }>(
      'select max(realm) as realm from realm',
    )
    return { realm: rows[0]?.realm ?? 0, account: config.account, region: config.region }
  }
  return {
    ...host,
    place,
    givenAsyncEndpoint: async (environment = {}, { client = {}, model } = {}) => {
      const EndpointName = host.newName()
      const modelName = await host.createModel(environment, model)
      await sagemaker.createEndpointConfig({
        EndpointConfigName: EndpointName,
        ProductionVariants: [host.variant(modelName)],
        AsyncInferenceConfig: {
          OutputConfig: {
            S3OutputPath: `s3://${host.bucket}/answers/${EndpointName}`,
            S3FailurePath: `s3://${host.bucket}/failures/${EndpointName}`,
            NotificationConfig: {
              ...TOPICS,
              IncludeInferenceResponseIn: ['SUCCESS_NOTIFICATION_TOPIC'],
            },
          },
          ClientConfig: client,
        },
      })
      await sagemaker.createEndpoint({ EndpointName, EndpointConfigName: EndpointName })
      const { EndpointStatus, FailureReason } = await host.settled(EndpointName)
      assert.equal(EndpointStatus, 'InService', FailureReason)
      return EndpointName
    },
    putInput: async (body, contentType = 'text/csv') => {
      const key = `inputs/${host.newName()}`
      await s3.putObject({ Bucket: host.bucket, Key: key, Body: body, ContentType: contentType })
      return `s3://${host.bucket}/${key}`
    },
    read: async (location) => {
      const Key = location?.replace(`s3://${host.bucket}/`, '')
      const { text } = await eventually(
        async () => {
          const object = await s3.getObject({ Bucket: host.bucket, Key }).catch((error: Error) => {
            assert.equal(error.name, 'NoSuchKey')
            return undefined
          })
          return object && { text: await object.Body?.transformToString() }
        },
        { what: `${location} to appear` },
      )
      return text ?? ''
    },
    told: async (topicArn, inferenceId) => {
      const { realm } = await place()
      const wanted = { realm, topicArn, limit: 1_000 }
      return eventually(
        async () =>
          (await selectNotifications(platform.database, wanted))
            .map(({ message }) => message as Record<string, unknown>)
            .find((message) => message.inferenceId === inferenceId),
        { what: `a notification of ${inferenceId}` },
      )
    },
  }
}
