import { createHash } from 'node:crypto'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import { formatArn } from '../../aws/arn.ts'
import type { RequestScope } from '../../platform/scope.ts'

/** What a writer says about an object beside its bytes, in AWS's members; given back to each reader. */
export interface ObjectDescription
  extends Pick<
    PutObjectCommandInput,
    | 'CacheControl'
    | 'ContentDisposition'
    | 'ContentEncoding'
    | 'ContentLanguage'
    | 'ContentType'
    | 'Metadata'
    | 'StorageClass'
    | 'WebsiteRedirectLocation'
    | 'ServerSideEncryption'
    | 'SSEKMSKeyId'
    | 'BucketKeyEnabled'
  > {
  /** ISO 8601. */
  readonly Expires?: string | undefined
}

type Described = Omit<ObjectDescription, 'Expires'> & { readonly Expires?: Date | undefined }
type Place = Pick<RequestScope, 'account' | 'region'>

const CONTENT_TYPE_DEFAULT = 'binary/octet-stream'

/** The description that a writing request gives, with S3's defaults. */
export function describeObject(input: Described, place: Place): ObjectDescription {
  return compact({
    ...contentHeaders(input),
    ...storageHeaders(input, place),
  })
}

/** The description of a copy that keeps the source's: what says how bytes are stored is the request's. */
export function describeCopy(
  source: ObjectDescription,
  input: Described,
  place: Place,
): ObjectDescription {
  const { WebsiteRedirectLocation, ...kept } = source
  return compact({
    ...kept,
    StorageClass: undefined,
    SSEKMSKeyId: undefined,
    BucketKeyEnabled: undefined,
    ...storageHeaders(input, place),
  })
}

/** The members of a description that GetObject and HeadObject answer with. */
export function describedMembers(description: ObjectDescription) {
  const { Expires, StorageClass, ...members } = description
  return {
    ...members,
    Metadata: description.Metadata ?? {},
    ...(Expires === undefined ? {} : { Expires: new Date(Expires), ExpiresString: Expires }),
    // S3 leaves the header out for the standard class
    ...(StorageClass === undefined || StorageClass === 'STANDARD' ? {} : { StorageClass }),
  }
}

/** The members about encryption that answers to writes carry. */
export function encryptionMembers(description: ObjectDescription) {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = description
  return compact({ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled })
}

function contentHeaders(input: Described): ObjectDescription {
  return {
    CacheControl: input.CacheControl,
    ContentDisposition: input.ContentDisposition,
    ContentEncoding: withoutAwsChunked(input.ContentEncoding),
    ContentLanguage: input.ContentLanguage,
    ContentType: input.ContentType || CONTENT_TYPE_DEFAULT,
    Expires: input.Expires?.toISOString(),
    Metadata: lowerCaseKeys(input.Metadata ?? {}),
  }
}

function storageHeaders(input: Described, place: Place): ObjectDescription {
  const isKms = input.ServerSideEncryption?.startsWith('aws:kms') === true
  return {
    StorageClass: input.StorageClass,
    WebsiteRedirectLocation: input.WebsiteRedirectLocation,
    ServerSideEncryption: input.ServerSideEncryption ?? 'AES256',
    SSEKMSKeyId: isKms ? kmsKeyArn(input.SSEKMSKeyId, place) : undefined,
    BucketKeyEnabled: isKms ? input.BucketKeyEnabled : undefined,
  }
}

/** The ARN form in which S3 names the key: of the one given, else of the account's own `aws/s3`. */
function kmsKeyArn(keyId: string | undefined, { account, region }: Place): string {
  if (keyId?.startsWith('arn:')) return keyId
  const isAlias = keyId?.startsWith('alias/') === true
  const resource = isAlias ? keyId : `key/${keyId || managedKeyId({ account, region })}`
  return formatArn({ service: 'kms', region, account, resource })
}

/** The same for an account and region in every process, since nobody keeps it. */
function managedKeyId({ account, region }: Place): string {
  const hex = createHash('sha256').update(`aws/s3 ${account} ${region}`).digest('hex')
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return [...groups, hex.slice(20, 32)].join('-')
}

/** `aws-chunked` tells how the request was sent, and is not part of the object. */
function withoutAwsChunked(encoding: string | undefined): string | undefined {
  const codings = (encoding ?? '').split(',').map((coding) => coding.trim())
  return codings.filter((coding) => coding && coding !== 'aws-chunked').join(', ') || undefined
}

function lowerCaseKeys(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, v]) => [key.toLowerCase(), v]))
}

function compact<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined)) as T
}
