import type { ChecksumType, ObjectStorageClass } from '@aws-sdk/client-s3'
import type { Queryable } from '../../platform/database/database.ts'
import type { ChecksumName } from './checksum.ts'
import { afterPrefix } from './key-order.ts'

/** One line of a listing: an object, or all keys that share a prefix up to the delimiter. */
export type ListedEntry = ListedObject | { readonly commonPrefix: string }

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
  readonly etag: string
  readonly lastModified: Date
  readonly storageClass: ObjectStorageClass
  readonly checksumAlgorithm: ChecksumName
  readonly checksumType: ChecksumType
}

export interface ListingPage {
  readonly prefix: string
  readonly delimiter: string | undefined
  /** The least key that may be listed. */
  readonly from: string
  readonly limit: number
}

type ListedRow = ListedObject & { readonly commonPrefix: string | null } & Record<string, unknown>

const COLUMNS = `key, size_bytes as "sizeBytes", etag, last_modified as "lastModified",
  coalesce(description->>'StorageClass', 'STANDARD') as "storageClass",
  checksum->>'algorithm' as "checksumAlgorithm", checksum->>'type' as "checksumType"`

/**
 * At most `limit` entries in the order of keys. Costs by what is listed, not by what is there: below a
 * delimiter each common prefix is one seek in the index, whatever the number of its keys.
 */
export async function selectListing(
  database: Queryable,
  bucketId: number,
  { prefix, delimiter, from, limit }: ListingPage,
): Promise<readonly ListedEntry[]> {
  const end = afterPrefix(prefix)
  const values = [bucketId, compareKeys(from, prefix) > 0 ? from : prefix, limit]
  if (end !== undefined) values.push(end)
  const below = end === undefined ? '' : 'and key < $4'
  if (!delimiter) {
    return database.query<ListedRow>(
      `select ${COLUMNS} from object where bucket_id = $1 and key >= $2 ${below}
       order by key limit $3`,
      values,
    )
  }
  const at = values.length
  const rows = await database.query<ListedRow>(seekingListing({ below, at }), [
    ...values,
    ...[[...prefix].length + 1, delimiter, afterPrefix(delimiter) ?? `${delimiter}\u{10ffff}`],
  ])
  return rows.map(({ commonPrefix, ...object }) => (commonPrefix ? { commonPrefix } : object))
}

/**
 * Walks the index: from each entry to the first key behind it. Behind a common prefix that is the prefix with
 * the delimiter made greater. Parameters from `at` on: the first character behind the prefix, the
 * delimiter, and what follows it.
 */
function seekingListing({ below, at }: { below: string; at: number }): string {
  const [tail, delimiter, afterDelimiter] = [
    `$${at + 1}::int`,
    `$${at + 2}::text`,
    `$${at + 3}::text`,
  ]
  const found = `strpos(substr(key, ${tail}), ${delimiter})`
  const entry = (from: string): string => `
    select ${COLUMNS},
      case when ${found} > 0
        then left(key, ${tail} + ${found} + length(${delimiter}) - 2) end as "commonPrefix"
    from object where bucket_id = $1 and key >= ${from} ${below}
    order by key limit 1`
  return `
    with recursive entry as (
      (select 1 as number, first.* from (${entry('$2')}) as first where $3 > 0)
      union all
      select entry.number + 1, next.* from entry cross join lateral (${entry(`
        case when entry."commonPrefix" is null then entry.key || chr(1)
          else left(entry."commonPrefix", -length(${delimiter})) || ${afterDelimiter} end`)}) as next
      where entry.number < $3
    )
    select * from entry order by number`
}

/** In the order of UTF-8 bytes; JavaScript's own comparison goes by UTF-16 units. */
function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
