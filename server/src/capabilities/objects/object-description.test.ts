import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeCopy, describedMembers, describeObject } from './object-description.ts'

const place = { account: '123456789012', region: 'eu-central-1' }

test('describeObject fills in what S3 takes for granted', () => {
  assert.deepEqual(describeObject({}, place), {
    ContentType: 'binary/octet-stream',
    Metadata: {},
    ServerSideEncryption: 'AES256',
  })
})

test('describeObject keeps aws-chunked out of the content encoding', () => {
  const encodingOf = (ContentEncoding: string) =>
    describeObject({ ContentEncoding }, place).ContentEncoding
  assert.equal(encodingOf('aws-chunked'), undefined)
  assert.equal(encodingOf('aws-chunked,gzip'), 'gzip')
})

test('describeObject names the KMS key by its ARN, the account’s own by default', () => {
  const keyOf = (SSEKMSKeyId?: string) =>
    describeObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId }, place).SSEKMSKeyId
  const own = keyOf()
  assert.match(own ?? '', /^arn:aws:kms:eu-central-1:123456789012:key\/[0-9a-f-]{36}$/)
  assert.equal(keyOf(), own)
  assert.equal(keyOf('abc'), 'arn:aws:kms:eu-central-1:123456789012:key/abc')
  assert.equal(keyOf('alias/a'), 'arn:aws:kms:eu-central-1:123456789012:alias/a')
  assert.equal(keyOf('arn:aws:kms:x:1:key/k'), 'arn:aws:kms:x:1:key/k')
})

test('describeCopy keeps what the source says, but not how it is stored', () => {
  const source = describeObject(
    {
      ...{ ContentType: 'text/csv', Metadata: { a: '1' }, StorageClass: 'STANDARD_IA' },
      ...{ WebsiteRedirectLocation: '/x', ServerSideEncryption: 'aws:kms' },
    },
    place,
  )
  assert.deepEqual(describeCopy(source, {}, place), {
    ContentType: 'text/csv',
    Metadata: { a: '1' },
    ServerSideEncryption: 'AES256',
  })
})

test('describedMembers leaves the standard class out', () => {
  const shown = describedMembers({ StorageClass: 'STANDARD', Expires: '2030-01-01T00:00:00.000Z' })
  assert.equal('StorageClass' in shown, false)
  assert.deepEqual(shown.Expires, new Date('2030-01-01T00:00:00Z'))
})
