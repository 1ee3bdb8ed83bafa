import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSteerableClock } from '../../../base/steerable-clock.ts'
import { readClaim } from './claim.ts'
import {
  BUCKET,
  headOf,
  headWith,
  kindOf,
  optionsFor,
  PUBLISHED,
  SETS,
  VANILLA,
} from './published-fixture.ts'
import { verifySignature } from './verify.ts'

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
