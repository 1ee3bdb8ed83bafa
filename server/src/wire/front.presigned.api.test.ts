import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFront } from '../../../tests/support/front.ts'
import type { Clock } from '../base/clock.ts'
import { sendRaw } from './raw-request.ts'

/**
 * URLs as boto3 1.43.11 made them at 2026-11-21T03:16:19Z for an hour, by `generate_presigned_url` of a client
 * for `http://localhost:8420`, with the keys of the fixture.
 */
const URLS = {
  versionTwo:
    '/b/k%20y/%C3%BC?versionId=v1&response-content-type=text%2Fcsv%3B%20charset%3Dutf-8&AWSAccessKeyId=AKIDEXAMPLE&Signature=eWaMgAbTD1O2dh8pzvyQaa4UHuM%3D&Expires=1795234579',
  versionTwoPut:
    '/b/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=wiblofrq2rrtwnpSmwS7SlvXUeQ%3D&x-amz-meta-one=1&content-type=text%2Fplain&x-amz-security-token=a-session-token&Expires=1795234579',
  versionFour:
    '/b/k%20y/%C3%BC%2B?response-content-type=text%2Fcsv%3B%20charset%3Dutf-8&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261121T031619Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=a-session-token&X-Amz-Signature=d939be8a3bd8a1ad06f985bcf0659230519cc81c81998a7ab6d4faa572c6ebad',
  identity:
    '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20261121T031619Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=f17f13aee67c4aa6839ec8e4457221cd33620fdea1c7350d2ee2340651a72526',
}
const HOST = { host: 'localhost:8420' }

function clockAt(instant: string): Clock {
  return {
    now: () => new Date(instant),
    until: () => Promise.reject(new Error('nobody waits here')),
  }
}

async function ask(options: {
  path: string
  at?: string
  method?: string
  headers?: Record<string, string>
  body?: string
}) {
  const seen: object[] = []
  await using front = await startFront({
    wallClock: clockAt(options.at ?? '2026-11-21T03:20:00Z'),
    operations: {
      s3: {
        GetObject: async (input, { region }) => {
          seen.push({ ...input, region })
          return {}
        },
        PutObject: async ({ Body, ...input }, { region }) => {
          Body?.resume()
          seen.push({ ...input, region })
          return {}
        },
      },
      sts: { GetCallerIdentity: async (_input, { caller }) => ({ Account: caller.account }) },
    },
  })
  const { path, method = 'GET', headers = {}, body = '' } = options
  const answer = await sendRaw({
    port: front.port,
    method,
    path,
    headers: { ...HOST, ...headers },
    body,
  })
  return { ...answer, seen: seen[0], code: /<Code>(.*?)<\/Code>/.exec(answer.body)?.[1] }
}

test('a presigned URL of version 4 opens what it was made for, until it expires', async () => {
  const good = await ask({ path: URLS.versionFour })
  assert.equal(good.status, 200, good.body)
  assert.deepEqual(good.seen, {
    Bucket: 'b',
    Key: 'k y/ü+',
    ResponseContentType: 'text/csv; charset=utf-8',
    region: 'eu-central-1',
  })
  const late = await ask({ path: URLS.versionFour, at: '2026-11-21T04:16:20Z' })
  assert.deepEqual([late.status, late.code], [403, 'AccessDenied'])
  assert.match(
    late.body,
    /<Message>Request has expired<\/Message><X-Amz-Expires>3600<\/X-Amz-Expires><Expires>2026-11-21T04:16:19Z/,
  )
  const other = await ask({ path: URLS.versionFour.replace('/b/', '/c/') })
  assert.deepEqual([other.status, other.code], [403, 'SignatureDoesNotMatch'])
  assert.equal((await ask({ path: URLS.versionFour, method: 'PUT' })).code, 'SignatureDoesNotMatch')
})

test('a presigned URL of version 2 opens what it was made for, until it expires', async () => {
  const good = await ask({ path: URLS.versionTwo })
  assert.equal(good.status, 200, good.body)
  assert.deepEqual(good.seen, {
    Bucket: 'b',
    Key: 'k y/ü',
    VersionId: 'v1',
    ResponseContentType: 'text/csv; charset=utf-8',
    region: 'us-east-1',
  })
  const late = await ask({ path: URLS.versionTwo, at: '2026-11-21T04:16:20Z' })
  assert.deepEqual([late.status, late.code], [403, 'AccessDenied'])
  for (const changed of [
    URLS.versionTwo.replace('v1', 'v2'),
    URLS.versionTwo.replace('1795234579', '1795234580'),
    URLS.versionTwo.replace('text', 'next'),
    URLS.versionTwo.replace('/b/', '/c/'),
  ]) {
    assert.equal((await ask({ path: changed })).code, 'SignatureDoesNotMatch', changed)
  }
  assert.equal(
    (await ask({ path: URLS.versionTwo.replace('1795234579', 'soon') })).code,
    'AuthorizationQueryParametersError',
  )
})

test('a presigned upload takes its headers from the URL', async () => {
  const headers = { 'content-type': 'text/plain' }
  const good = await ask({ path: URLS.versionTwoPut, method: 'PUT', headers, body: 'x' })
  assert.equal(good.status, 200, good.body)
  assert.deepEqual(good.seen, {
    Bucket: 'b',
    Key: 'k',
    ContentLength: 1,
    ContentType: 'text/plain',
    Metadata: { one: '1' },
    region: 'us-east-1',
  })
  const added = { ...headers, 'x-amz-acl': 'public-read' }
  assert.equal(
    (await ask({ path: URLS.versionTwoPut, method: 'PUT', headers: added, body: 'x' })).code,
    'SignatureDoesNotMatch',
  )
})

test('a presigned identity is answered as Query, for whoever checks it', async () => {
  const answer = await ask({ path: URLS.identity, method: 'POST' })
  assert.equal(answer.status, 200, answer.body)
  assert.match(answer.body, /<Account>123456789012<\/Account>/)
})
