import { validationException } from '../../aws/errors.ts'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { Place } from '../scope.ts'
import type { Queryable, Row } from './database.ts'

/** A table of named resources of one realm and region, as SageMaker's List operations see it. */
export interface Listing {
  readonly table: string
  readonly columns: readonly string[]
  /** The column behind each value of `SortBy`. */
  readonly sortColumns: Readonly<Record<string, string>>
  readonly nameColumn: string
  readonly pageSizeDefault: number
}

/** What SageMaker's List operations have in common. */
export interface ListRequest {
  readonly SortBy?: string | undefined
  readonly SortOrder?: string | undefined
  readonly NextToken?: string | undefined
  readonly MaxResults?: number | undefined
}

/** A condition that a row must meet: `column operator value`. Absent values ask for nothing. */
export interface ListFilter {
  /** Or an expression over columns. */
  readonly column: string
  readonly operator: '=' | '<' | '>' | '>=' | 'contains'
  readonly value: unknown
}

export interface ListPage<R> {
  readonly rows: readonly R[]
  readonly nextToken: string | undefined
}

/** Where the next page begins: after this row, in this order. */
interface PagePosition {
  readonly sortBy: string
  readonly descending: boolean
  readonly value: string
  readonly name: string
}

/**
 * One page in order. Rows that come or go between pages shift nothing: a page begins after the last row
 * of the one before, not at a number.
 *
 * @throws ValidationException for a token that another listing gave
 */
export async function listPage<R extends Row>(
  { database, place, listing }: ListSource,
  request: ListRequest,
  filters: readonly ListFilter[],
): Promise<ListPage<R>> {
  const from = readPosition(request, listing)
  const { sortBy, descending } = from
  const sortColumn = listing.sortColumns[sortBy] ?? listing.nameColumn
  const limit = request.MaxResults ?? listing.pageSizeDefault
  const values: unknown[] = [place.realm, place.region]
  const conditions = ['realm = $1', 'region = $2']
  const bind = (value: unknown): string => `$${values.push(value)}`

  for (const { column, operator, value } of filters) {
    if (value === undefined) continue
    const bound = bind(value)
    conditions.push(
      operator === 'contains'
        ? `strpos(${column}, ${bound}) > 0`
        : `${column} ${operator} ${bound}`,
    )
  }
  if ('value' in from) {
    const order = descending ? '<' : '>'
    conditions.push(
      `(${sortColumn}, ${listing.nameColumn}) ${order} (${bind(from.value)}, ${bind(from.name)})`,
    )
  }
  const direction = descending ? 'desc' : 'asc'
  const found = database.query<R & { sort_text: string }>(
    `select ${listing.columns.join(', ')}, ${sortColumn}::text as sort_text from ${listing.table}
     where ${conditions.join(' and ')}
     order by ${sortColumn} ${direction}, ${listing.nameColumn} ${direction}
     limit ${bind(limit + 1)}`,
    values,
  )
  const rows = await found.catch((error: unknown) => {
    throw isMalformed(error) && 'value' in from ? strangeToken() : error
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length <= limit || !last) return { rows: page, nextToken: undefined }
  const name = String(last[listing.nameColumn])
  return {
    rows: page,
    nextToken: encodePageToken({ sortBy, descending, value: last.sort_text, name }),
  }
}

export interface ListSource {
  readonly database: Queryable
  readonly place: Place
  readonly listing: Listing
}

function readPosition(
  request: ListRequest,
  listing: Listing,
): PagePosition | Pick<PagePosition, 'sortBy' | 'descending'> {
  const sortBy = request.SortBy ?? 'CreationTime'
  const descending = (request.SortOrder ?? 'Descending') === 'Descending'
  if (request.NextToken === undefined) return { sortBy, descending }
  const position = decodePageToken<PagePosition>(request.NextToken)
  const isOurs =
    typeof position?.value === 'string' &&
    typeof position.name === 'string' &&
    Object.hasOwn(listing.sortColumns, position.sortBy) &&
    position.sortBy === sortBy &&
    position.descending === descending
  if (!isOurs) throw strangeToken()
  return position
}

function strangeToken() {
  return validationException(
    'The NextToken is not valid: give the one of the page before, with the same SortBy and SortOrder.',
  )
}

/** Postgres could not read a bound value as what the column holds. */
function isMalformed(error: unknown): boolean {
  return ['22007', '22008', '22P02'].includes(String((error as { code?: unknown }).code))
}
