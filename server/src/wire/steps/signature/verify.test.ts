import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSteerableClock } from '../../../base/steerable-clock.ts'
import type { CredentialSource } from '../../handler.ts'
import { readClaim, type SignedHead } from './claim.ts'
import { SignatureFault } from './fault.ts'
import { sha256Hex } from './signing-key.ts'
import { type VerifyOptions, verifySignature } from './verify.ts'

/**
 * Requests with the signatures that AWS publishes for them. `suite`: the Signature Version 4 test suite
 * (`aws-sig-v4-test-suite`, as in botocore tests/unit/auth/aws4_testsuite). `s3`: "Authenticating Requests:
 * Using the Authorization Header" and "… Query Parameters" of the Amazon S3 API Reference. `iam`: "Create a
 * signed AWS API request" of the IAM User Guide.
 */
interface Published {
  readonly name: string
  readonly source: 'suite' | 's3' | 'iam'
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signature: string
}

const SETS = {
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
const BUCKET = 'examplebucket.s3.amazonaws.com'
const NOTHING = sha256Hex('')

const PUBLISHED: readonly Published[] = [
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

function headOf(published: Published, signature = published.signature): SignedHead {
  const { key, scope } = SETS[published.source]
  const names = Object.keys(published.headers).join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${scope}/aws4_request, SignedHeaders=${names}, Signature=${signature}`
  return headWith(published.method, {
    target: published.target,
    headers: { ...published.headers, authorization },
  })
}

function headWith(
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

function optionsFor(head: SignedHead, source: Published['source'], body = ''): VerifyOptions {
  return {
    claim: readClaim(head),
    payloadHash: sha256Hex(body),
    credentials: credentialsOf(source),
    now: new Date(SETS[source].date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')),
    pathAsSent: source === 's3',
    mustBeSigned: [],
  }
}

function kindOf(verify: () => unknown): string {
  try {
    verify()
    return 'accepted'
  } catch (error) {
    assert.ok(error instanceof SignatureFault, String(error))
    return error.reason.kind
  }
}

for (const published of PUBLISHED) {
  test(`signature: ${published.source} ${published.name} is accepted`, () => {
    const head = headOf(published)
    const { caller } = verifySignature(head, optionsFor(head, published.source, published.body))
    assert.equal(caller.accessKeyId, SETS[published.source].key)
  })

  test(`signature: ${published.source} ${published.name} with one digit changed is refused`, () => {
    const head = headOf(
      published,
      published.signature.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    )
    assert.equal(
      kindOf(() => verifySignature(head, optionsFor(head, published.source, published.body))),
      'mismatch',
    )
  })
}

const VANILLA = PUBLISHED[0] as Published

test('signature: a published presigned URL is accepted until it expires', () => {
  const head = headWith('GET', {
    target:
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    headers: { host: BUCKET },
  })
  const options = { ...optionsFor(head, 's3'), payloadHash: 'UNSIGNED-PAYLOAD' }
  const at = (instant: string) =>
    kindOf(() => verifySignature(head, { ...options, now: new Date(instant) }))
  assert.equal(at('2013-05-24T00:00:00Z'), 'accepted')
  assert.equal(at('2013-05-25T00:00:00Z'), 'accepted')
  assert.equal(at('2013-05-25T00:00:01Z'), 'presigned expired')
  assert.equal(at('2013-05-23T23:44:59Z'), 'skewed')
})

test('signature: the client’s clock may be 15 minutes off, either way', () => {
  const head = headOf(VANILLA)
  const at = (instant: string) =>
    kindOf(() => verifySignature(head, { ...optionsFor(head, 'suite'), now: new Date(instant) }))
  assert.equal(at('2015-08-30T12:51:00Z'), 'accepted')
  assert.equal(at('2015-08-30T12:51:01Z'), 'skewed')
  assert.equal(at('2015-08-30T12:21:00Z'), 'accepted')
  assert.equal(at('2015-08-30T12:20:59Z'), 'skewed')
})

test('signature: a header may also be dated by the platform’s clock', () => {
  const head = headOf(VANILLA)
  const wall = '2015-08-30T18:00:00Z'
  const platformAt = (instant: string) =>
    kindOf(() =>
      verifySignature(head, {
        ...optionsFor(head, 'suite'),
        now: new Date(wall),
        platformClock: steered(wall, { to: instant, at: wall }),
      }),
    )
  assert.equal(platformAt('2015-08-30T12:36:00Z'), 'accepted')
  assert.equal(platformAt('2015-08-30T12:51:01Z'), 'skewed')
})

/** How a URL that was signed at 00:00:00 for an hour fares when the platform's clock was moved. */
const PRESIGNED_UNDER_MOVES: readonly {
  readonly name: string
  readonly move: { readonly at: string; readonly to: string; readonly speed?: number }
  readonly now: string
  readonly kind: string
}[] = [
  {
    name: 'made before the clock was put two hours ahead',
    move: { at: '2013-05-24T00:00:30Z', to: '2013-05-24T02:00:30Z' },
    now: '2013-05-24T00:00:31Z',
    kind: 'presigned expired',
  },
  {
    name: 'made after the clock was put two hours ahead',
    move: { at: '2013-05-23T23:59:30Z', to: '2013-05-24T01:59:30Z' },
    now: '2013-05-24T00:00:01Z',
    kind: 'accepted',
  },
  {
    name: 'made in the second in which the clock was put ahead',
    move: { at: '2013-05-24T00:00:00.300Z', to: '2013-05-24T02:00:00.300Z' },
    now: '2013-05-24T00:00:00.700Z',
    kind: 'accepted',
  },
  {
    name: 'made while the clock was frozen, which has not moved since',
    move: { at: '2013-05-23T23:00:00Z', to: '2013-05-23T23:00:00Z', speed: 0 },
    now: '2013-05-24T09:00:00Z',
    kind: 'accepted',
  },
  {
    name: 'made a minute ago with the clock at sixty times the speed',
    move: { at: '2013-05-23T23:00:00Z', to: '2013-05-23T23:00:00Z', speed: 60 },
    now: '2013-05-24T00:01:01Z',
    kind: 'presigned expired',
  },
  {
    name: 'dated by a client that keeps the platform’s time',
    move: { at: '2013-05-23T12:00:00Z', to: '2013-05-23T23:59:00Z' },
    now: '2013-05-23T12:30:00Z',
    kind: 'accepted',
  },
  {
    name: 'dated by a client that keeps the platform’s time, an hour of it ago',
    move: { at: '2013-05-23T12:00:00Z', to: '2013-05-24T01:00:00Z' },
    now: '2013-05-23T12:00:01Z',
    kind: 'presigned expired',
  },
  {
    name: 'of nobody’s time',
    move: { at: '2013-05-23T12:00:00Z', to: '2013-05-23T14:00:00Z' },
    now: '2013-05-23T12:00:01Z',
    kind: 'skewed',
  },
]

for (const { name, move, now, kind } of PRESIGNED_UNDER_MOVES) {
  test(`signature: a presigned URL ${name} is ${kind}`, () => {
    const url = `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=0`
    const head = headWith('GET', { target: url, headers: { host: BUCKET } })
    const options = {
      ...optionsFor(head, 's3'),
      payloadHash: 'UNSIGNED-PAYLOAD',
      now: new Date(now),
      platformClock: steered(now, move),
    }
    // the time is judged first, so that what is in time fails by its signature, which is made up here
    const found = kindOf(() => verifySignature(head, options))
    assert.equal(found === 'mismatch' ? 'accepted' : found, kind)
  })
}

/** A clock that was put to `to` when the wall's read `at`, and by now runs in another process's memory. */
function steered(now: string, { at, to, speed = 1 }: { at: string; to: string; speed?: number }) {
  const wall = { now: () => new Date(now), until: () => new Promise<void>(() => undefined) }
  const clock = createSteerableClock({ wall })
  clock.steer({ at: new Date(to), since: new Date(at), speed })
  return clock
}

const CLAIMED = headOf(VANILLA).header('authorization') ?? ''
const claimedWith = (from: string, to: string) => ({ authorization: CLAIMED.replace(from, to) })

const REFUSED: readonly {
  name: string
  headers: Record<string, string | undefined>
  kind: string
}[] = [
  { name: 'another host', headers: { host: 'evil.example' }, kind: 'mismatch' },
  {
    name: 'a date that is not the scope’s',
    headers: { 'x-amz-date': '20150831T123600Z' },
    kind: 'scope',
  },
  { name: 'a date in another form', headers: { 'x-amz-date': '2015-08-30' }, kind: 'incomplete' },
  { name: 'no date', headers: { 'x-amz-date': undefined }, kind: 'incomplete' },
  { name: 'no claim', headers: { authorization: undefined }, kind: 'missing' },
  {
    name: 'another scheme',
    headers: { authorization: 'AWS AKIDEXAMPLE:c2ln' },
    kind: 'unsupported',
  },
  {
    name: 'a scope without its end',
    headers: claimedWith('/aws4_request', ''),
    kind: 'incomplete',
  },
  { name: 'an unknown key', headers: claimedWith('AKIDEXAMPLE', 'AKIDOTHER'), kind: 'unknown key' },
  {
    name: 'an unsigned host',
    headers: claimedWith('SignedHeaders=host;', 'SignedHeaders='),
    kind: 'unsigned headers',
  },
]

for (const { name, headers, kind } of REFUSED) {
  test(`signature: ${name} is refused`, () => {
    const sent = { ...VANILLA.headers, authorization: CLAIMED, ...headers }
    const head = headWith('GET', { target: '/', headers: sent })
    assert.equal(
      kindOf(() => verifySignature(head, optionsFor(head, 'suite'))),
      kind,
    )
  })
}

test('signature: an expiry beyond a week, negative or no number is refused', () => {
  const expiring = (expires: string) =>
    kindOf(() =>
      readClaim(
        headWith('GET', {
          target: `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20130524%2Fr%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=${expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=a`,
          headers: {},
        }),
      ),
    )
  assert.deepEqual(['604800', '604801', '-1', 'soon'].map(expiring), [
    'accepted',
    'expiry',
    'expiry',
    'expiry',
  ])
})

test('signature: header values are compared with their spaces collapsed', () => {
  // suite: get-header-value-trim
  const head = headWith('GET', {
    target: '/',
    headers: {
      host: 'example.amazonaws.com',
      'my-header1': ' value1',
      'my-header2': ' "a   b   c"',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;my-header1;my-header2;x-amz-date, Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    },
  })
  assert.equal(
    kindOf(() => verifySignature(head, optionsFor(head, 'suite'))),
    'accepted',
  )
})
