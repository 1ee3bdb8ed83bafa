import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import { validationError } from './iam-errors.ts'

/** IAM's way of paging: a `Marker` that says after which name the next page begins. */

const ITEMS_DEFAULT = 100

export function pageSize(maxItems: number | undefined): number {
  return maxItems ?? ITEMS_DEFAULT
}

/** @returns the name after which the page begins, empty for the first. @throws validationError */
export function afterMarker(marker: string | undefined): string {
  if (marker === undefined) return ''
  const position = decodePageToken<{ after?: unknown }>(marker)
  if (typeof position?.after !== 'string') throw validationError('Invalid Marker.')
  return position.after
}

/** Cuts a list that was read with one item more than the page holds. */
export function pageOf<Item>(
  found: readonly Item[],
  { limit, keyOf }: { limit: number; keyOf: (item: Item) => string },
): { items: readonly Item[]; rest: { IsTruncated: boolean; Marker?: string } } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  if (found.length <= limit || last === undefined) return { items, rest: { IsTruncated: false } }
  return {
    items,
    rest: { IsTruncated: true, Marker: encodePageToken({ after: keyOf(last) }) },
  }
}
