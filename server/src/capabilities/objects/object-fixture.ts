import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { GetObjectCommandInput, PutObjectCommandInput, S3 } from '@aws-sdk/client-s3'
import { startServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'

/** A server with a bucket of its own. */
export async function startObjects() {
  const server = await startServer()
  const { s3 } = server
  const Bucket = `objects-${newHexId(12)}`
  await s3.createBucket({ Bucket })
  return {
    server,
    s3,
    Bucket,
    givenObject: async (Body: string | Buffer, more: Partial<PutObjectCommandInput> = {}) => {
      const Key = `key-${newHexId(12)}`
      const put = await s3.putObject({ Bucket, Key, Body, ...more })
      return { at: { Bucket, Key }, ETag: put.ETag ?? '', put }
    },
    read: (input: GetObjectCommandInput) => readObject(s3, input),
  }
}

async function readObject(s3: S3, input: GetObjectCommandInput): Promise<Buffer> {
  const { Body } = await s3.getObject(input)
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

export function md5(bytes: string | Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** What `assert.rejects` takes: a refusal with this status and, where it is given, this code. */
export function failsWith(status: number, name?: string) {
  return (error: Error & { $metadata?: { httpStatusCode?: number } }): boolean => {
    assert.equal(error.$metadata?.httpStatusCode, status, error.message)
    if (name !== undefined) assert.equal(error.name, name)
    return true
  }
}
