import type { AwsError } from '../../aws/errors.ts'
import { notModified, preconditionFailed } from '../../aws/s3-errors.ts'

/** What a request demands of the object's present state before it is answered. */
export interface ReadConditions {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: Date | undefined
  readonly ifUnmodifiedSince: Date | undefined
}

interface Present {
  /** Without quotes. */
  readonly etag: string
  /** Whole seconds, as in HTTP's dates. */
  readonly lastModified: Date
}

/**
 * The first condition that does not hold, by RFC 9110's precedence (13.2.2), which is S3's: an ETag condition
 * makes the date condition of its pair count for nothing.
 */
export function failedCondition(
  conditions: ReadConditions,
  present: Present,
): 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since' | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, present.etag)) return 'If-Match'
  } else if (ifUnmodifiedSince && present.lastModified > ifUnmodifiedSince) {
    return 'If-Unmodified-Since'
  }
  if (ifNoneMatch !== undefined) {
    if (matchesEtag(ifNoneMatch, present.etag)) return 'If-None-Match'
  } else if (ifModifiedSince && present.lastModified <= ifModifiedSince) {
    return 'If-Modified-Since'
  }
  return undefined
}

/** For GetObject and HeadObject: a reader that has the present state already is told so with a 304. */
export function refusedRead(conditions: ReadConditions, present: Present): AwsError | undefined {
  const failed = failedCondition(conditions, present)
  if (failed === undefined) return undefined
  return failed === 'If-None-Match' || failed === 'If-Modified-Since'
    ? notModified(quoteEtag(present.etag), present.lastModified)
    : preconditionFailed(failed)
}

/** For the source of a copy: every failed condition is a 412. */
export function refusedCopy(conditions: ReadConditions, present: Present): AwsError | undefined {
  const failed = failedCondition(conditions, present)
  return failed && preconditionFailed(`x-amz-copy-source-${failed}`)
}

/** Whether a condition's value (`*`, or one or several ETags, with or without quotes) names `etag`. */
export function matchesEtag(condition: string, etag: string): boolean {
  return condition.split(',').some((one) => {
    const candidate = unquoteEtag(one)
    return candidate === '*' || candidate === etag
  })
}

export function quoteEtag(etag: string): string {
  return `"${etag}"`
}

export function unquoteEtag(text: string): string {
  return text
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1')
}
