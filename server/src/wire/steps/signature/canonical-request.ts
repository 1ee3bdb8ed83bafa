import type { SignatureClaim, SignedHead } from './claim.ts'

const CLEAN_PATH = /^(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})*$/
const CLEAN_QUERY = /^(?:[A-Za-z0-9\-._~=&]|%[0-9A-F]{2})*$/

/**
 * The text whose hash a version 4 signature covers.
 *
 * @param options.pathAsSent S3 signs the path as it is sent; all others normalise it and encode it once more
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(
  head: SignedHead,
  options: { claim: SignatureClaim; payloadHash: string; pathAsSent: boolean },
): string {
  const { claim, payloadHash, pathAsSent } = options
  let headers = ''
  for (const name of claim.signedHeaders) {
    headers += `${name}:${trimmed(head.header(name) ?? '')}\n`
  }
  const path = pathAsSent ? encodedOnce(head.rawPath) : encodedTwice(head.rawPath)
  const query = canonicalQuery(head.rawQuery)
  return `${head.method}\n${path}\n${query}\n${headers}\n${claim.signedHeaderNames}\n${payloadHash}`
}

/** RFC 3986: all but unreserved characters is escaped. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function encodedOnce(rawPath: string): string {
  if (CLEAN_PATH.test(rawPath)) return rawPath
  return rawPath.split('/').map(reencode).join('/')
}

function encodedTwice(rawPath: string): string {
  if (/^(?:\/[A-Za-z0-9\-_~]+)*\/?$/.test(rawPath)) return rawPath
  const segments: string[] = []
  for (const segment of rawPath.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  const trailing = rawPath.endsWith('/') && segments.length > 0 ? '/' : ''
  return `/${segments.map(encodeStrictly).join('/')}${trailing}`
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return ''
  const clean = CLEAN_QUERY.test(rawQuery)
  const pairs: [name: string, value: string][] = []
  for (const pair of rawQuery.split('&')) {
    if (pair === '' || pair.startsWith('X-Amz-Signature=')) continue
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    const value = equals < 0 ? '' : pair.slice(equals + 1)
    const plain = clean && !value.includes('=')
    pairs.push(plain ? [name, value] : [reencode(name), reencode(value)])
  }
  pairs.sort(([name, value], [otherName, otherValue]) =>
    name === otherName ? order(value, otherValue) : order(name, otherName),
  )
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** Clients differ in what they leave unescaped; the canonical form does not. */
function reencode(text: string): string {
  try {
    return encodeStrictly(decodeURIComponent(text.replaceAll('+', '%20')))
  } catch {
    return text
  }
}

function trimmed(value: string): string {
  const text = value.trim()
  return /\s\s|[\t\n]/.test(text) ? text.replace(/\s+/g, ' ') : text
}
