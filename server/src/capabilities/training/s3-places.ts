import { formatS3Uri, parseS3Uri } from '../../aws/s3-uri.ts'

/** A prefix that stands for a folder, so that `…/checkpoints` does not take in `…/checkpoints-2`. */
export function directoryS3Uri(uri: string): string {
  return `${plainS3Uri(uri).replace(/\/+$/, '')}/`
}

/** The `s3://` form of the URIs that SageMaker takes. */
export function plainS3Uri(uri: string): string {
  const location = parseS3Uri(uri)
  return location ? formatS3Uri(location) : uri
}
