import type { ChecksumType } from '@aws-sdk/client-s3'
import { noSuchBucket, noSuchUpload } from '../../aws/s3-errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import { isForeignKeyViolation, type StoredBucket } from './bucket.store.ts'
import type { ChecksumName, ObjectChecksum } from './checksum.ts'
import type { ObjectDescription } from './object-description.ts'
import type { ObjectTag } from './object-tags.validation.ts'

/** A multipart upload that was begun. */
export interface StoredUpload {
  /** In one key's uploads, ids sort by when they were begun. */
  readonly uploadId: string
  readonly key: string
  readonly initiatedAt: Date
  readonly checksumAlgorithm: ChecksumName
  readonly checksumType: ChecksumType
  /** Whether the client chose the algorithm, or the server did. */
  readonly checksumAsked: boolean
  readonly description: ObjectDescription
  readonly tags: readonly ObjectTag[]
  /** What completing answered, once it has. */
  readonly completion: UploadCompletion | undefined
}

export interface UploadCompletion {
  readonly etag: string
  readonly checksum: ObjectChecksum
}

export interface StoredPart {
  readonly partNumber: number
  readonly sizeBytes: number
  /** Without quotes: the MD5 in hexadecimal. */
  readonly etag: string
  /** Base64, by the upload's algorithm. */
  readonly checksum: string
  readonly lastModified: Date
  readonly blobId: string | undefined
}

const COLUMNS = `upload_id as "uploadId", key, initiated_at as "initiatedAt",
  checksum_algorithm as "checksumAlgorithm", checksum_type as "checksumType",
  checksum_asked as "checksumAsked", description, tags, completion`
const PART_COLUMNS = `part_number as "partNumber", size_bytes as "sizeBytes", etag, checksum,
  last_modified as "lastModified", blob_id as "blobId"`

/** @throws NoSuchBucket when the bucket has been deleted meanwhile */
export async function insertUpload(
  database: Queryable,
  bucket: StoredBucket,
  upload: StoredUpload,
): Promise<void> {
  try {
    await database.query(
      `insert into object_upload (upload_id, bucket_id, key, initiated_at, checksum_algorithm,
         checksum_type, checksum_asked, description, tags)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[upload.uploadId, bucket.bucketId, upload.key, upload.initiatedAt],
        ...[upload.checksumAlgorithm, upload.checksumType, upload.checksumAsked],
        ...[JSON.stringify(upload.description), JSON.stringify(upload.tags)],
      ],
    )
  } catch (error) {
    throw isForeignKeyViolation(error) ? noSuchBucket(bucket.name) : error
  }
}

export interface UploadReference {
  readonly key: string
  readonly uploadId: string
}

/** An upload, completed or not. `lock` keeps others from completing or aborting it until the commit. */
export async function findUpload(
  database: Queryable,
  bucket: StoredBucket,
  { key, uploadId, lock = false }: UploadReference & { lock?: boolean },
): Promise<StoredUpload> {
  const [row] = await database.query<StoredUpload & Record<string, unknown>>(
    `select ${COLUMNS} from object_upload where bucket_id = $1 and key = $2 and upload_id = $3
     ${lock ? 'for update' : ''}`,
    [bucket.bucketId, key, uploadId],
  )
  if (!row) throw noSuchUpload(uploadId)
  return { ...row, completion: row.completion ?? undefined }
}

/** An upload that can still be added to. @throws NoSuchUpload */
export async function findOpenUpload(
  database: Queryable,
  bucket: StoredBucket,
  reference: UploadReference,
): Promise<StoredUpload> {
  const upload = await findUpload(database, bucket, reference)
  if (upload.completion) throw noSuchUpload(reference.uploadId)
  return upload
}

/** Adds a part, or replaces it. @throws NoSuchUpload when the upload has ended meanwhile */
export async function putPart(
  database: Queryable,
  uploadId: string,
  part: StoredPart,
): Promise<void> {
  const rows = await database.query(
    `with open as (
       select upload_id from object_upload
       where upload_id = $1 and completion is null for share)
     insert into object_part
       (upload_id, part_number, size_bytes, etag, checksum, last_modified, blob_id)
     select upload_id, $2::int, $3::bigint, $4, $5, $6::timestamptz, $7 from open
     on conflict (upload_id, part_number) do update set size_bytes = excluded.size_bytes,
       etag = excluded.etag, checksum = excluded.checksum,
       last_modified = excluded.last_modified, blob_id = excluded.blob_id
     returning 1`,
    [
      ...[uploadId, part.partNumber, part.sizeBytes, part.etag, part.checksum],
      ...[part.lastModified, part.blobId],
    ],
  )
  if (rows.length === 0) throw noSuchUpload(uploadId)
}

/** Parts in the order of their numbers. */
export async function selectParts(
  database: Queryable,
  uploadId: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<readonly StoredPart[]> {
  return database.query<StoredPart & Record<string, unknown>>(
    `select ${PART_COLUMNS} from object_part where upload_id = $1 and part_number > $2
     order by part_number limit $3`,
    [uploadId, page.after ?? 0, page.limit ?? null],
  )
}

/** Ends an upload well: the named parts' bytes are the object's now, those of the rest are garbage. */
export async function completeUpload(
  database: Queryable,
  uploadId: string,
  end: { usedParts: readonly number[]; completion: UploadCompletion; completedAt: Date },
): Promise<void> {
  await database.query(
    'update object_part set blob_id = null where upload_id = $1 and part_number = any($2)',
    [uploadId, end.usedParts],
  )
  await database.query('delete from object_part where upload_id = $1', [uploadId])
  await database.query(
    'update object_upload set completion = $2, completed_at = $3 where upload_id = $1',
    [uploadId, JSON.stringify(end.completion), end.completedAt],
  )
}

/** Takes an open upload and its parts away. @returns false when there is none */
export async function deleteUpload(
  database: Queryable,
  bucket: StoredBucket,
  { key, uploadId }: UploadReference,
): Promise<boolean> {
  const rows = await database.query(
    `delete from object_upload where bucket_id = $1 and key = $2 and upload_id = $3
       and completion is null returning 1`,
    [bucket.bucketId, key, uploadId],
  )
  return rows.length > 0
}

/** Forgets uploads that were completed before `instant`. */
export async function forgetCompletedUploads(database: Queryable, instant: Date): Promise<void> {
  await database.query('delete from object_upload where completed_at < $1', [instant])
}

export interface UploadPage {
  /** The least key that may be listed. */
  readonly from: string
  /** Of the key `from`, only uploads behind this one. */
  readonly afterUploadId: string | undefined
  readonly prefix: string
  readonly limit: number
}

/** Open uploads by key, then by when they were begun. */
export async function selectUploads(
  database: Queryable,
  bucketId: number,
  { from, afterUploadId, prefix, limit }: UploadPage,
): Promise<readonly StoredUpload[]> {
  return database.query<StoredUpload & Record<string, unknown>>(
    `select ${COLUMNS} from object_upload
     where bucket_id = $1 and completion is null and starts_with(key, $2)
       and key >= $3 and ($4::text is null or key > $3 or upload_id > $4)
     order by key, upload_id limit $5`,
    [bucketId, prefix, from, afterUploadId ?? null, limit],
  )
}
