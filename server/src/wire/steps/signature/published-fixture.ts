import assert from 'node:assert/strict'
import type { CredentialSource } from '../../handler.ts'
import { readClaim, type SignedHead } from './claim.ts'
import { SignatureFault } from './fault.ts'
import { sha256Hex } from './signing-key.ts'
import type { VerifyOptions } from './verify.ts'

/**
 * Requests with the signatures that AWS publishes for them. `suite`: the Signature Version 4 test suite
 * (`aws-sig-v4-test-suite`, as in botocore tests/unit/auth/aws4_testsuite). `s3`: "Authenticating Requests:
 * Using the Authorization Header" and "… Query Parameters" of the Amazon S3 API Reference. `iam`: "Create a
 * signed AWS API request" of the IAM User Guide.
 */
export interface Published {
  readonly name: string
  readonly source: 'suite' | 's3' | 'iam'
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signature: string
}

export const SETS = {
  suite: {
    key: 'AKIDEXAMPLE',
    secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    scope: '20150830/us-east-1/service',
    date: '20150830T123600Z',
  },
  iam: {
    key: 'AKIDEXAMPLE',
    secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    scope: '20150830/us-east-1/iam',
    date: '20150830T123600Z',
  },
  s3: {
    key: 'AKIAIOSFODNN7EXAMPLE',
    secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    scope: '20130524/us-east-1/s3',
    date: '20130524T000000Z',
  },
}
const SUITE_HEADERS = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' }
export const BUCKET = 'examplebucket.s3.amazonaws.com'
const NOTHING = sha256Hex('')

export const PUBLISHED: readonly Published[] = [
  {
    name: 'get-vanilla',
    source: 'suite',
    method: 'GET',
    target: '/',
    headers: SUITE_HEADERS,
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'post-vanilla',
    source: 'suite',
    method: 'POST',
    target: '/',
    headers: SUITE_HEADERS,
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    source: 'suite',
    method: 'GET',
    target: '/?Param2=value2&Param1=value1',
    headers: SUITE_HEADERS,
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-relative',
    source: 'suite',
    method: 'GET',
    target: '/example/..',
    headers: SUITE_HEADERS,
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'get-slashes',
    source: 'suite',
    method: 'GET',
    target: '//',
    headers: SUITE_HEADERS,
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'ListUsers',
    source: 'iam',
    method: 'GET',
    target: '/?Action=ListUsers&Version=2010-05-08',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      host: 'iam.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
    },
    signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
  {
    name: 'GET Object with a range',
    source: 's3',
    method: 'GET',
    target: '/test.txt',
    headers: {
      host: BUCKET,
      range: 'bytes=0-9',
      'x-amz-content-sha256': NOTHING,
      'x-amz-date': '20130524T000000Z',
    },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT Object',
    source: 's3',
    method: 'PUT',
    target: '/test%24file.text',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      host: BUCKET,
      'x-amz-content-sha256': sha256Hex('Welcome to Amazon S3.'),
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    body: 'Welcome to Amazon S3.',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET Bucket Lifecycle',
    source: 's3',
    method: 'GET',
    target: '/?lifecycle',
    headers: { host: BUCKET, 'x-amz-content-sha256': NOTHING, 'x-amz-date': '20130524T000000Z' },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'Get Bucket (List Objects)',
    source: 's3',
    method: 'GET',
    target: '/?max-keys=2&prefix=J',
    headers: { host: BUCKET, 'x-amz-content-sha256': NOTHING, 'x-amz-date': '20130524T000000Z' },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
]

export function headOf(published: Published, signature = published.signature): SignedHead {
  const { key, scope } = SETS[published.source]
  const names = Object.keys(published.headers).join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${scope}/aws4_request, SignedHeaders=${names}, Signature=${signature}`
  return headWith(published.method, {
    target: published.target,
    headers: { ...published.headers, authorization },
  })
}

export function headWith(
  method: string,
  { target, headers }: { target: string; headers: Readonly<Record<string, string | undefined>> },
): SignedHead {
  const [rawPath = '', rawQuery = ''] = target.split('?')
  return { method, rawPath, rawQuery, header: (name) => headers[name] }
}

function credentialsOf(source: Published['source']): CredentialSource {
  const { key, secret } = SETS[source]
  const caller = { account: '1', arn: 'a', userId: 'u', accessKeyId: key }
  return {
    find: (accessKeyId) =>
      accessKeyId === key
        ? { known: true, secretAccessKey: secret, caller }
        : { known: false, because: 'unknown key' },
  }
}

export function optionsFor(
  head: SignedHead,
  source: Published['source'],
  body = '',
): VerifyOptions {
  return {
    claim: readClaim(head),
    payloadHash: sha256Hex(body),
    credentials: credentialsOf(source),
    now: new Date(SETS[source].date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')),
    pathAsSent: source === 's3',
    mustBeSigned: [],
  }
}

export function kindOf(verify: () => unknown): string {
  try {
    verify()
    return 'accepted'
  } catch (error) {
    assert.ok(error instanceof SignatureFault, String(error))
    return error.reason.kind
  }
}

export const VANILLA = PUBLISHED[0] as Published
