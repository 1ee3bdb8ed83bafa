import type {
  _Object,
  ListObjectsCommandInput,
  ListObjectsCommandOutput,
  ListObjectsV2CommandInput,
  ListObjectsV2CommandOutput,
  ListObjectVersionsCommandInput,
  ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import { invalidArgument } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { canonicalUserId } from './bucket.operations.ts'
import { type BucketReference, findBucket } from './bucket.store.ts'
import { quoteEtag } from './conditions.ts'
import { afterMarker, afterPrefix, NEXT, urlEncodeKey } from './key-order.ts'
import { type ListedEntry, type ListedObject, selectListing } from './object-listing.store.ts'

type Answer<Output> = Promise<Omit<Output, '$metadata'>>

const KEYS_MAX = 1000
const KEYS_ASKED_MAX = 2 ** 31 - 1

/** What the three listing operations have in common. */
interface ListingInput extends BucketReference {
  readonly Prefix?: string | undefined
  readonly Delimiter?: string | undefined
  readonly MaxKeys?: number | undefined
  readonly EncodingType?: string | undefined
}

interface Listing {
  readonly objects: readonly ListedObject[]
  readonly commonPrefixes: readonly string[]
  /** The last entry of a page that has a next one. */
  readonly last: ListedEntry | undefined
  readonly maxKeys: number
  /** Applies `encoding-type`. */
  readonly encode: (text: string) => string
}

/** GET /{Bucket}?list-type=2. @throws NoSuchBucket, AccessDenied, InvalidArgument */
export async function listObjectsV2(
  input: ListObjectsV2CommandInput,
  scope: RequestScope,
): Answer<ListObjectsV2CommandOutput> {
  const { ContinuationToken, StartAfter } = input
  const from =
    ContinuationToken === undefined
      ? startBehind(StartAfter, input)
      : tokenPosition(ContinuationToken)
  const listing = await list(scope, input, from)
  const { encode, last } = listing
  return {
    ...describeListing(input, listing),
    Contents: listing.objects.map((object) =>
      listedObject(object, { encode, owner: input.FetchOwner ? scope.account : undefined }),
    ),
    KeyCount: listing.objects.length + listing.commonPrefixes.length,
    ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
    ...(StartAfter === undefined ? {} : { StartAfter: encode(StartAfter) }),
    ...(last ? { NextContinuationToken: encodePageToken({ from: behind(last) }) } : {}),
  }
}

/** GET /{Bucket}. @throws NoSuchBucket, AccessDenied, InvalidArgument */
export async function listObjects(
  input: ListObjectsCommandInput,
  scope: RequestScope,
): Answer<ListObjectsCommandOutput> {
  const listing = await list(scope, input, startBehind(input.Marker, input))
  const { encode, last } = listing
  return {
    ...describeListing(input, listing),
    Marker: encode(input.Marker ?? ''),
    Contents: listing.objects.map((object) =>
      listedObject(object, { encode, owner: scope.account }),
    ),
    // without a delimiter clients go on from the last key
    ...(last && input.Delimiter ? { NextMarker: encode(nameOf(last)) } : {}),
  }
}

/**
 * GET /{Bucket}?versions. Buckets have no versions here, so each object has the one version `null`.
 *
 * @throws NoSuchBucket, AccessDenied, InvalidArgument
 */
export async function listObjectVersions(
  input: ListObjectVersionsCommandInput,
  scope: RequestScope,
): Answer<ListObjectVersionsCommandOutput> {
  if (input.VersionIdMarker && !input.KeyMarker) {
    throw invalidArgument('A version-id marker cannot be specified without a key marker.', {
      name: 'version-id-marker',
      value: input.VersionIdMarker,
    })
  }
  const listing = await list(scope, input, startBehind(input.KeyMarker, input))
  const { encode, last } = listing
  return {
    ...describeListing(input, listing),
    KeyMarker: encode(input.KeyMarker ?? ''),
    VersionIdMarker: input.VersionIdMarker ?? '',
    Versions: listing.objects.map((object) => {
      const { StorageClass, ...listed } = listedObject(object, { encode, owner: scope.account })
      return { ...listed, StorageClass: 'STANDARD', VersionId: 'null', IsLatest: true }
    }),
    ...(last ? { NextKeyMarker: encode(nameOf(last)), NextVersionIdMarker: 'null' } : {}),
  }
}

async function list(scope: RequestScope, input: ListingInput, from: string): Promise<Listing> {
  const maxKeys = validateListing(input)
  const bucket = await findBucket(scope, input)
  const found = await selectListing(scope.database, bucket.bucketId, {
    prefix: input.Prefix ?? '',
    delimiter: input.Delimiter,
    from,
    limit: maxKeys === 0 ? 0 : maxKeys + 1,
  })
  const page = found.slice(0, maxKeys)
  return {
    objects: page.flatMap((entry) => ('key' in entry ? [entry] : [])),
    commonPrefixes: page.flatMap((entry) => ('commonPrefix' in entry ? [entry.commonPrefix] : [])),
    last: found.length > maxKeys ? page.at(-1) : undefined,
    maxKeys,
    encode: input.EncodingType === 'url' ? urlEncodeKey : (text) => text,
  }
}

/** @returns how many entries the page may have */
function validateListing(input: ListingInput): number {
  const { MaxKeys: asked = KEYS_MAX, EncodingType } = input
  if (asked < 0 || asked > KEYS_ASKED_MAX) {
    throw invalidArgument(`Argument maxKeys must be an integer between 0 and ${KEYS_ASKED_MAX}`, {
      name: 'maxKeys',
      value: asked,
    })
  }
  if (EncodingType !== undefined && EncodingType !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request', {
      name: 'encoding-type',
      value: EncodingType,
    })
  }
  for (const [name, text] of [
    ['prefix', input.Prefix],
    ['delimiter', input.Delimiter],
  ]) {
    if (text?.includes('\0'))
      throw invalidArgument(`The ${name} has a NUL character`, { name: `${name}` })
  }
  return Math.min(asked, KEYS_MAX)
}

function describeListing(input: ListingInput, listing: Listing) {
  const { encode, commonPrefixes, last, maxKeys } = listing
  return {
    Name: `${input.Bucket}`,
    Prefix: encode(input.Prefix ?? ''),
    ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
    MaxKeys: maxKeys,
    IsTruncated: last !== undefined,
    ...(input.EncodingType === 'url' ? { EncodingType: 'url' as const } : {}),
    ...(commonPrefixes.length === 0
      ? {}
      : { CommonPrefixes: commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })) }),
  }
}

function listedObject(
  object: ListedObject,
  { encode, owner }: { encode: (text: string) => string; owner: string | undefined },
): _Object {
  return {
    Key: encode(object.key),
    LastModified: object.lastModified,
    ETag: quoteEtag(object.etag),
    ChecksumAlgorithm: [object.checksumAlgorithm],
    ChecksumType: object.checksumType,
    Size: object.sizeBytes,
    StorageClass: object.storageClass,
    ...(owner === undefined ? {} : { Owner: { ID: canonicalUserId(owner) } }),
  }
}

function startBehind(marker: string | undefined, input: ListingInput): string {
  if (!marker) return ''
  if (marker.includes('\0')) {
    throw invalidArgument('The marker has a NUL character', { name: 'marker' })
  }
  return afterMarker(marker, { prefix: input.Prefix ?? '', delimiter: input.Delimiter })
}

function tokenPosition(token: string): string {
  const position = decodePageToken<{ from: unknown }>(token)
  if (typeof position?.from === 'string' && !position.from.includes('\0')) return position.from
  throw invalidArgument('The continuation token provided is incorrect', {
    name: 'continuation-token',
  })
}

function nameOf(entry: ListedEntry): string {
  return 'key' in entry ? entry.key : entry.commonPrefix
}

function behind(entry: ListedEntry): string {
  if ('key' in entry) return entry.key + NEXT
  return afterPrefix(entry.commonPrefix) ?? entry.commonPrefix + NEXT
}
