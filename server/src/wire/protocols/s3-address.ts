import { AwsError } from '../../aws/errors.ts'
import type { WireRequest } from '../request.ts'

const AMAZON_HOST = /^(?:(.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/
const LOCAL_HOST = /^(?:(.+?)\.)?(?:s3\.)?localhost$/

/**
 * The path of an S3 request with the bucket in front, wherever the client put it: in the path
 * (`localhost:8420/bucket/key`) or in the host (`bucket.localhost`, `bucket.s3.us-east-1.amazonaws.com`).
 *
 * @returns percent-encoded as sent. @throws AwsError InvalidURI
 */
export function pathWithBucket(request: Pick<WireRequest, 'host' | 'rawPath'>): string {
  const bucket = bucketOfHost(request.host)
  checkEscapes(request.rawPath)
  return bucket === undefined ? request.rawPath : `/${bucket}${request.rawPath}`
}

function bucketOfHost(host: string): string | undefined {
  const bucket = (AMAZON_HOST.exec(host) ?? LOCAL_HOST.exec(host))?.[1]
  return bucket === 's3' ? undefined : bucket
}

function checkEscapes(rawPath: string): void {
  try {
    decodeURIComponent(rawPath)
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.", {
      members: { URI: rawPath },
    })
  }
}
