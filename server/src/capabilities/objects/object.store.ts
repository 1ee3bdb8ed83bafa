import { noSuchBucket, noSuchKey, preconditionFailed } from '../../aws/s3-errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import { isForeignKeyViolation, type StoredBucket } from './bucket.store.ts'
import type { ObjectChecksum } from './checksum.ts'
import { unquoteEtag } from './conditions.ts'
import type { ObjectDescription } from './object-description.ts'
import type { ObjectTag } from './object-tags.validation.ts'

/** Where an object's bytes are: in its row when they are few, else in sequences of the object store. */
export type ObjectContent =
  | { readonly inline: Buffer }
  | { readonly blobIds: readonly string[]; readonly blobSizes: readonly number[] }

/** A multipart object's parts, in order. */
export interface ObjectParts {
  readonly sizes: readonly number[]
  readonly checksums: readonly string[]
}

export interface NewObject {
  readonly key: string
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  /** Whole seconds. */
  readonly lastModified: Date
  readonly content: ObjectContent
  readonly parts: ObjectParts | undefined
  readonly checksum: ObjectChecksum
  readonly description: ObjectDescription
  readonly tags: readonly ObjectTag[]
}

export type StoredObject = NewObject

interface ObjectRow extends Record<string, unknown> {
  readonly key: string
  readonly size_bytes: number
  readonly etag: string
  readonly last_modified: Date
  readonly content: Buffer | null
  readonly blob_ids: string[]
  readonly blob_sizes: string[]
  readonly part_checksums: string[] | null
  readonly checksum: ObjectChecksum
  readonly description: ObjectDescription
  readonly tags: ObjectTag[]
}

const COLUMNS = [
  ...['key', 'size_bytes', 'etag', 'last_modified', 'content', 'blob_ids'],
  ...['blob_sizes', 'part_checksums', 'checksum', 'description', 'tags'],
]
const INSERT = `insert into object (bucket_id, ${COLUMNS.join(', ')})
  values ($1, ${COLUMNS.map((_, index) => `$${index + 2}`).join(', ')})`
const REPLACE = COLUMNS.slice(1)
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')
const REPLACE_MATCHING = COLUMNS.slice(1)
  .map((column, index) => `${column} = $${index + 3}`)
  .join(', ')

/** Conditions on the object that a write replaces; see `validateWriteConditions`. */
export interface WriteConditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
}

/**
 * Makes an object, or replaces it, when its present state satisfies the conditions.
 *
 * @throws NoSuchBucket when the bucket has been deleted meanwhile, PreconditionFailed, or NoSuchKey for
 *   `If-Match` without an object
 */
export async function putRow(
  database: Queryable,
  bucket: StoredBucket,
  { object, conditions }: { object: NewObject; conditions: WriteConditions },
): Promise<void> {
  const values = [bucket.bucketId, ...columnValues(object)]
  try {
    if (conditions.IfMatch !== undefined) {
      const etag = unquoteEtag(conditions.IfMatch)
      const rows = await database.query(
        `update object set ${REPLACE_MATCHING}
         where bucket_id = $1 and key = $2 and $${values.length + 1} in (etag, '*') returning 1`,
        [...values, etag],
      )
      if (rows.length === 0) await refuseMatch(database, bucket, object.key)
    } else if (conditions.IfNoneMatch !== undefined) {
      const rows = await database.query(
        `${INSERT} on conflict (bucket_id, key) do nothing returning 1`,
        values,
      )
      if (rows.length === 0) throw preconditionFailed('If-None-Match')
    } else {
      await database.query(
        `${INSERT} on conflict (bucket_id, key) do update set ${REPLACE}`,
        values,
      )
    }
  } catch (error) {
    throw isForeignKeyViolation(error) ? noSuchBucket(bucket.name) : error
  }
}

/** Refuses early what `putRow` would refuse, before a long body is read. */
export async function checkWriteConditions(
  database: Queryable,
  bucket: StoredBucket,
  { key, conditions }: { key: string; conditions: WriteConditions },
): Promise<void> {
  const { IfMatch, IfNoneMatch } = conditions
  if (IfMatch === undefined && IfNoneMatch === undefined) return
  const etag = await selectEtag(database, bucket, key)
  if (IfNoneMatch !== undefined && etag !== undefined) throw preconditionFailed('If-None-Match')
  if (IfMatch === undefined) return
  if (etag === undefined) throw noSuchKey(key)
  if (![etag, '*'].includes(unquoteEtag(IfMatch))) throw preconditionFailed('If-Match')
}

/** @throws NoSuchKey */
export async function getRow(
  database: Queryable,
  bucket: StoredBucket,
  key: string,
): Promise<StoredObject> {
  return selectRow(database, bucket, { key, columns: COLUMNS.join(', ') })
}

/** An object without its content, for those who only tell of it. @throws NoSuchKey */
export async function getRowWithoutContent(
  database: Queryable,
  bucket: StoredBucket,
  key: string,
): Promise<Omit<StoredObject, 'content'>> {
  const columns = COLUMNS.filter((column) => column !== 'content')
  return selectRow(database, bucket, { key, columns: `${columns.join(', ')}, null as content` })
}

/** Deletes objects that are there. @returns their keys */
export async function deleteRows(
  database: Queryable,
  bucket: StoredBucket,
  keys: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query<{ key: string }>(
    'delete from object where bucket_id = $1 and key = any($2) returning key',
    [bucket.bucketId, keys],
  )
  return rows.map(({ key }) => key)
}

/** Deletes an object whose ETag is `etag`, or any for `*`. @returns false when there was none such */
export async function deleteMatchingRow(
  database: Queryable,
  bucket: StoredBucket,
  { key, etag }: { key: string; etag: string },
): Promise<boolean> {
  const rows = await database.query(
    `delete from object where bucket_id = $1 and key = $2 and $3 in (etag, '*') returning 1`,
    [bucket.bucketId, key, etag],
  )
  return rows.length > 0
}

/** @throws NoSuchKey */
export async function updateTags(
  database: Queryable,
  bucket: StoredBucket,
  { key, tags }: { key: string; tags: readonly ObjectTag[] },
): Promise<void> {
  const rows = await database.query(
    'update object set tags = $3 where bucket_id = $1 and key = $2 returning 1',
    [bucket.bucketId, key, JSON.stringify(tags)],
  )
  if (rows.length === 0) throw noSuchKey(key)
}

export async function isObject(
  database: Queryable,
  bucket: StoredBucket,
  key: string,
): Promise<boolean> {
  return (await selectEtag(database, bucket, key)) !== undefined
}

/** Whether any object's key starts with `prefix`. */
export async function anyRowUnder(
  database: Queryable,
  bucketId: number,
  prefix: string,
): Promise<boolean> {
  const [found] = await database.query(
    `select 1 from
       (select key from object where bucket_id = $1 and key >= $2 order by key limit 1) as first
     where starts_with(key, $2)`,
    [bucketId, prefix],
  )
  return found !== undefined
}

async function selectRow(
  database: Queryable,
  bucket: StoredBucket,
  { key, columns }: { key: string; columns: string },
): Promise<StoredObject> {
  const [row] = await database.query<ObjectRow>(
    `select ${columns} from object where bucket_id = $1 and key = $2`,
    [bucket.bucketId, key],
  )
  if (!row) throw noSuchKey(key)
  return fromRow(row)
}

async function refuseMatch(database: Queryable, bucket: StoredBucket, key: string): Promise<never> {
  const etag = await selectEtag(database, bucket, key)
  throw etag === undefined ? noSuchKey(key) : preconditionFailed('If-Match')
}

async function selectEtag(
  database: Queryable,
  bucket: StoredBucket,
  key: string,
): Promise<string | undefined> {
  const [row] = await database.query<{ etag: string }>(
    'select etag from object where bucket_id = $1 and key = $2',
    [bucket.bucketId, key],
  )
  return row?.etag
}

function columnValues(object: NewObject): unknown[] {
  const { content, parts } = object
  const isInline = 'inline' in content
  return [
    object.key,
    object.sizeBytes,
    object.etag,
    object.lastModified,
    isInline ? content.inline : null,
    isInline ? [] : content.blobIds,
    isInline ? [] : content.blobSizes,
    parts?.checksums ?? null,
    JSON.stringify(object.checksum),
    JSON.stringify(object.description),
    JSON.stringify(object.tags),
  ]
}

function fromRow(row: ObjectRow): StoredObject {
  // Postgres's bigint arrays come as text
  const blobSizes = row.blob_sizes.map(Number)
  return {
    key: row.key,
    sizeBytes: row.size_bytes,
    etag: row.etag,
    lastModified: row.last_modified,
    content: row.content ? { inline: row.content } : { blobIds: row.blob_ids, blobSizes },
    parts: row.part_checksums ? { sizes: blobSizes, checksums: row.part_checksums } : undefined,
    checksum: row.checksum,
    description: row.description,
    tags: row.tags,
  }
}
