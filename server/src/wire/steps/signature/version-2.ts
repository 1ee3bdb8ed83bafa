import { createHmac } from 'node:crypto'
import type { CredentialSource } from '../../handler.ts'
import type { Query } from '../../request.ts'
import { formatTimestamp, type SignatureClaim, type SignedHead } from './claim.ts'
import { SignatureFault } from './fault.ts'
import { signingKeyOf } from './signing-key.ts'
import { sameText, type VerifiedSignature } from './verify.ts'

/**
 * Presigned S3 URLs of signature version 2. botocore still makes them by default in the older regions, so
 * `generate_presigned_url` of an unmodified boto3 depends on it. Nothing else of version 2 is accepted.
 *
 * @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */

/** Version 2 names no region: its buckets are addressed in the one that S3's global endpoint stands in. */
const REGION = 'us-east-1'

/** @returns undefined when the request bears no such signature */
export function readVersion2Claim(query: Query): SignatureClaim | undefined {
  if (query.size === 0) return undefined
  const [accessKeyId, signature, expires] = ['AWSAccessKeyId', 'Signature', 'Expires'].map(
    (name) => query.get(name)?.[0],
  )
  if (accessKeyId === undefined || signature === undefined || expires === undefined)
    return undefined
  const expiresAt = new Date(Number(expires) * 1_000)
  if (Number.isNaN(expiresAt.getTime())) {
    throw new SignatureFault({
      kind: 'expiry',
      because: `Invalid date (should be seconds since epoch): ${expires}`,
    })
  }
  return {
    version: 2,
    place: 'query',
    accessKeyId,
    date: formatTimestamp(expiresAt).slice(0, 8),
    region: REGION,
    service: 's3',
    scope: '',
    signedHeaders: [],
    signedHeaderNames: '',
    signature,
    timestamp: formatTimestamp(expiresAt),
    sessionToken: query.get('x-amz-security-token')?.[0],
    expiresSeconds: Number(expires),
  }
}

export interface Version2Options {
  readonly claim: SignatureClaim
  readonly credentials: CredentialSource
  readonly now: Date
  readonly query: Query
  /** With the bucket in front, percent-encoded as sent. */
  readonly pathWithBucket: string
  /** Lower-case names of all headers sent. */
  readonly headerNames: readonly string[]
}

/** @throws SignatureFault */
export function verifyVersion2(head: SignedHead, options: Version2Options): VerifiedSignature {
  const { claim, now } = options
  const { accessKeyId, sessionToken, signature } = claim
  const found = options.credentials.find(accessKeyId, sessionToken)
  if (!found.known) {
    throw new SignatureFault(
      found.because === 'unknown key'
        ? { kind: 'unknown key', accessKeyId }
        : { kind: found.because, token: sessionToken },
    )
  }
  const expiredAt = new Date((claim.expiresSeconds ?? 0) * 1_000)
  if (now > expiredAt) {
    throw new SignatureFault({
      kind: 'presigned expired',
      expiresSeconds: undefined,
      expiredAt,
      now,
    })
  }
  const stringToSign = version2StringToSign(head, options)
  const secret = Buffer.from(found.secretAccessKey)
  const expected = createHmac('sha1', secret).update(stringToSign, 'latin1').digest('base64')
  if (!sameText(expected, signature)) {
    throw new SignatureFault({
      kind: 'mismatch',
      accessKeyId,
      signature,
      stringToSign,
      canonicalRequest: undefined,
    })
  }
  return { caller: found.caller, key: signingKeyOf(secret) }
}

/** Query parameters that are part of what is asked for, and so of what is signed. */
const SIGNED_PARAMETERS = new Set([
  ...['accelerate', 'acl', 'analytics', 'cors', 'defaultObjectAcl', 'delete', 'inventory'],
  ...['lifecycle', 'location', 'logging', 'metrics', 'notification', 'object-lock', 'partNumber'],
  ...['policy', 'replication', 'requestPayment', 'restore', 'select', 'select-type'],
  ...['storageClass', 'tagging', 'torrent', 'uploadId', 'uploads', 'versionId', 'versioning'],
  ...['versions', 'website', 'response-content-type', 'response-content-language'],
  ...['response-expires', 'response-cache-control', 'response-content-disposition'],
  'response-content-encoding',
])

function version2StringToSign(head: SignedHead, options: Version2Options): string {
  const { query } = options
  const held = (name: string) => head.header(name) ?? query.get(name)?.[0] ?? ''
  const amazon = [...new Set([...options.headerNames, ...query.keys()])]
    .filter((name) => name.startsWith('x-amz-'))
    .sort()
    .map((name) => `${name}:${held(name).trim()}\n`)
  const parameters = [...query]
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, [value = '']]) => (value === '' ? name : `${name}=${value}`))
  const resource = [
    options.pathWithBucket,
    ...(parameters.length > 0 ? [parameters.join('&')] : []),
  ]
  const expires = options.claim.expiresSeconds
  return [
    ...[head.method, held('content-md5'), held('content-type'), expires],
    `${amazon.join('')}${resource.join('?')}`,
  ].join('\n')
}
