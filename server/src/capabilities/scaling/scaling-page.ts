import { validationException } from '../../aws/errors.ts'
import { invalidNextToken } from './scaling-errors.ts'

const PAGE_MAX = 50

/**
 * How many results a page has at most: 50 where it is not said.
 *
 * @throws ValidationException
 * @source Application Auto Scaling API Reference, MaxResults
 */
export function pageSize(maxResults: number | undefined): number {
  if (maxResults !== undefined && (maxResults < 1 || maxResults > PAGE_MAX)) {
    throw validationException(`MaxResults must be between 1 and ${PAGE_MAX}; it is ${maxResults}.`)
  }
  return maxResults ?? PAGE_MAX
}

/** Where a page begins, as its token says. @throws InvalidNextTokenException */
export function readToken<Position>(token: string | undefined): Position | undefined {
  if (token === undefined) return undefined
  try {
    const text = Buffer.from(token, 'base64url').toString('utf8')
    const { after } = JSON.parse(text) as { after?: Position }
    if (after !== undefined) return after
  } catch {
    // answered as any other text that is no token
  }
  throw invalidNextToken()
}

/** A page of rows that were read with one more than fits; the token leads to the rest. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => unknown,
): { readonly rows: readonly Row[]; readonly next: { readonly NextToken?: string } } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length <= limit || last === undefined) return { rows: page, next: {} }
  const token = Buffer.from(JSON.stringify({ after: positionOf(last) })).toString('base64url')
  return { rows: page, next: { NextToken: token } }
}
