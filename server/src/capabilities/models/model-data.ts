import type { ContainerDefinition, S3ModelDataSource } from '@aws-sdk/client-sagemaker'

/** Where a container's model comes from, whichever of its two spellings the request used. */
export interface ModelData {
  readonly s3Uri: string
  readonly s3DataType: 'S3Prefix' | 'Object'
  readonly unpack: 'none' | 'tar.gz'
}

/** @returns undefined when the container brings its model itself */
export function modelDataOf(container: ContainerDefinition): ModelData | undefined {
  if (container.ModelDataUrl !== undefined) {
    return { s3Uri: container.ModelDataUrl, s3DataType: 'Object', unpack: 'tar.gz' }
  }
  const source: S3ModelDataSource | undefined = container.ModelDataSource?.S3DataSource
  if (source?.S3Uri === undefined) return undefined
  return {
    s3Uri: source.S3Uri,
    s3DataType: source.S3DataType === 'S3Prefix' ? 'S3Prefix' : 'Object',
    unpack: source.CompressionType === 'Gzip' ? 'tar.gz' : 'none',
  }
}
