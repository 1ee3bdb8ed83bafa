import type { Row } from '../../platform/database/database.ts'
import {
  type ListFilter,
  type Listing,
  type ListPage,
  type ListRequest,
  type ListSource,
  listPage,
} from '../../platform/database/listing.store.ts'

/** What the List operations of jobs have in common. */
export interface ListJobsRequest extends ListRequest {
  readonly CreationTimeAfter?: Date | undefined
  readonly CreationTimeBefore?: Date | undefined
  readonly LastModifiedTimeAfter?: Date | undefined
  readonly LastModifiedTimeBefore?: Date | undefined
  readonly NameContains?: string | undefined
  readonly StatusEquals?: string | undefined
}

/** A table of jobs as List operations see it: newest first by default, ten to a page. */
export function jobListing(table: string, ownColumns: readonly string[]): Listing {
  const nameColumn = `${table}_name`
  return {
    table,
    columns: [nameColumn, `${table}_arn`, 'created_at', 'modified_at', 'status', ...ownColumns],
    sortColumns: { Name: nameColumn, CreationTime: 'created_at', Status: 'status' },
    nameColumn,
    pageSizeDefault: 10,
  }
}

/**
 * One page of jobs.
 *
 * @param ownFilters besides those that all jobs have
 * @throws ValidationException for a token that this listing did not give
 */
export function listJobPage<R extends Row>(
  source: ListSource,
  request: ListJobsRequest,
  ownFilters: readonly ListFilter[] = [],
): Promise<ListPage<R>> {
  return listPage<R>(source, request, [
    { column: 'created_at', operator: '>', value: request.CreationTimeAfter },
    { column: 'created_at', operator: '<', value: request.CreationTimeBefore },
    { column: 'modified_at', operator: '>', value: request.LastModifiedTimeAfter },
    { column: 'modified_at', operator: '<', value: request.LastModifiedTimeBefore },
    { column: source.listing.nameColumn, operator: 'contains', value: request.NameContains },
    { column: 'status', operator: '=', value: request.StatusEquals },
    ...ownFilters,
  ])
}
