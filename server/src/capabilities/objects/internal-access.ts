import { Readable } from 'node:stream'
import { validationException } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { newUuid } from '../../base/ids.ts'
import type { Place, Platform, RequestScope } from '../../platform/scope.ts'
import { putObject } from './put-object.operations.ts'
import { getObject } from './read-object.operations.ts'

/** An object as the platform itself reads it. */
export interface OpenedObject {
  readonly body: Readable
  readonly sizeBytes: number
  readonly contentType: string | undefined
}

/**
 * Opens an object on the platform's own behalf. The body must be read to its end or destroyed.
 * @throws NoSuchBucket, NoSuchKey, or ValidationException when `s3Uri` is no S3 URI
 */
export async function openObject(
  platform: Platform,
  place: Place,
  s3Uri: string,
): Promise<OpenedObject> {
  const { bucket: Bucket, key: Key } = locate(s3Uri)
  const found = await getObject({ Bucket, Key }, internalScope(platform, place))
  return {
    body: found.Body,
    sizeBytes: found.ContentLength ?? 0,
    contentType: found.ContentType,
  }
}

export interface ObjectToStore {
  readonly s3Uri: string
  readonly body: Readable | Buffer
  readonly contentType?: string
  readonly kmsKeyId?: string
}

/**
 * Stores an object on the platform's own behalf, whole or not at all; one that is there is replaced.
 * @throws NoSuchBucket, InsufficientStorage, ValidationException, or what `body` fails with
 */
export async function storeObject(
  platform: Platform,
  place: Place,
  object: ObjectToStore,
): Promise<void> {
  const { bucket: Bucket, key: Key } = locate(object.s3Uri)
  const { body, contentType, kmsKeyId } = object
  await putObject(
    {
      Bucket,
      Key,
      Body: Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body,
      ...(contentType !== undefined && { ContentType: contentType }),
      ...(kmsKeyId && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
    },
    internalScope(platform, place),
  )
}

function locate(s3Uri: string) {
  const location = parseS3Uri(s3Uri)
  if (location) return location
  throw validationException(`'${s3Uri}' is no S3 URI: give s3://bucket/key.`)
}

/** The platform asks as the account itself, and nobody can hang up on it. */
function internalScope(platform: Platform, place: Place): RequestScope {
  const { account } = place
  return {
    ...platform,
    ...place,
    requestId: newUuid(),
    caller: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: '' },
    signal: new AbortController().signal,
  }
}
