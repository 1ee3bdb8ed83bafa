import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQuery } from '../request.ts'
import { SERVICES } from '../services.ts'

const s3 = SERVICES.find(({ id }) => id === 's3')

const CASES: readonly [
  request: string,
  operation: string | undefined,
  headers?: Record<string, string>,
][] = [
  ['GET /', 'ListBuckets'],
  ['HEAD /b', 'HeadBucket'],
  ['HEAD /b/', 'HeadBucket'],
  ['PUT /b', 'CreateBucket'],
  ['DELETE /b', 'DeleteBucket'],
  ['GET /b', 'ListObjects'],
  ['GET /b?prefix=x&encoding-type=url', 'ListObjects'],
  ['GET /b/?list-type=2&prefix=x', 'ListObjectsV2'],
  ['GET /b?list-type=1', 'ListObjects'],
  ['GET /b?versions', 'ListObjectVersions'],
  ['GET /b?uploads', 'ListMultipartUploads'],
  ['GET /b?location', 'GetBucketLocation'],
  ['GET /b?analytics', 'ListBucketAnalyticsConfigurations'],
  ['GET /b?analytics&id=1', 'GetBucketAnalyticsConfiguration'],
  ['POST /b?delete', 'DeleteObjects'],
  ['PUT /b?policy', 'PutBucketPolicy'],
  ['GET /b/k', 'GetObject'],
  ['GET /b/k/', 'GetObject'],
  ['GET /b//k', 'GetObject'],
  ['GET /b/k?x-id=PutObject', 'GetObject'],
  ['GET /b/k?partNumber=1', 'GetObject'],
  ['GET /b/k?uploadId=u', 'ListParts'],
  ['GET /b/k?attributes', 'GetObjectAttributes', { 'x-amz-object-attributes': 'ETag' }],
  ['HEAD /b/k', 'HeadObject'],
  ['PUT /b/k', 'PutObject'],
  ['PUT /b/k?x-id=PutObject', 'PutObject'],
  ['PUT /b/k', 'CopyObject', { 'x-amz-copy-source': '/b/other' }],
  ['PUT /b/k?partNumber=1&uploadId=u', 'UploadPart'],
  ['PUT /b/k?partNumber=1&uploadId=u', 'UploadPartCopy', { 'x-amz-copy-source': '/b/other' }],
  ['PUT /b/k?tagging', 'PutObjectTagging'],
  ['POST /b/k?uploads', 'CreateMultipartUpload'],
  ['POST /b/k?uploadId=u', 'CompleteMultipartUpload'],
  ['DELETE /b/k', 'DeleteObject'],
  ['DELETE /b/k?uploadId=u', 'AbortMultipartUpload'],
  ['DELETE /b/k?tagging', 'DeleteObjectTagging'],
  ['POST /b/k', undefined],
  ['PATCH /b/k', undefined],
]

for (const [request, operation, headers = {}] of CASES) {
  test(`S3 routes: ${request}${Object.keys(headers).map((name) => ` with ${name}`)}`, async () => {
    const [method = '', target = ''] = request.split(' ')
    const [rawPath = '', rawQuery = ''] = target.split('?')
    const named = await s3?.protocol.nameOperation(
      {
        id: '',
        method,
        rawPath,
        rawQuery,
        query: parseQuery(rawQuery),
        host: 'localhost',
        header: (name) => headers[name],
        headerNames: [],
        body: undefined as never,
      },
      undefined,
    )
    assert.equal(named?.name, operation)
  })
}

test('S3 routes: a key keeps its slashes and loses its escapes', async () => {
  const named = await s3?.protocol.nameOperation(
    {
      id: '',
      method: 'GET',
      rawPath: '/b//a%2Fb/%C3%BC+%20/',
      rawQuery: '',
      query: new Map(),
      host: 'localhost',
      header: () => undefined,
      headerNames: [],
      body: undefined as never,
    },
    undefined,
  )
  assert.deepEqual(named?.labels, { Bucket: 'b', Key: '/a/b/ü+ /' })
})
