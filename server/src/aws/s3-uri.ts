/** Where bytes are in S3: the bucket, and the key or key prefix below it (no leading slash). */
export interface S3Location {
  readonly bucket: string
  readonly key: string
}

const HTTPS_FORMS = [
  /^https?:\/\/s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?\/([^/]+)\/?(.*)$/s,
  /^https?:\/\/([a-z0-9][a-z0-9.-]+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?\/?(.*)$/s,
]

/**
 * Reads `s3://bucket/key` and the https forms that SageMaker accepts too
 * (`https://bucket.s3-region.amazonaws.com/key`, `https://s3.region.amazonaws.com/bucket/key`).
 *
 * @returns undefined when `uri` is none of them
 */
export function parseS3Uri(uri: string): S3Location | undefined {
  const plain = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri)
  if (plain) return { bucket: plain[1] ?? '', key: plain[2] ?? '' }
  for (const form of HTTPS_FORMS) {
    const match = form.exec(uri)
    if (match) return { bucket: match[1] ?? '', key: decodeURIComponent(match[2] ?? '') }
  }
  return undefined
}

export function formatS3Uri({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`
}

/** Appends path segments to a key prefix with exactly one slash between them. */
export function joinS3Uri(uri: string, ...segments: readonly string[]): string {
  return [uri.replace(/\/+$/, ''), ...segments].join('/')
}
