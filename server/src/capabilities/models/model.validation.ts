import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { type AwsError, notImplemented, validationException } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { validateTogether } from './model-containers.validation.ts'

/** AWS's bound on all of a model's environment maps together: keys and values, in bytes. */
const ENVIRONMENT_BYTES_MAX = 32 * 1024

/** Refuses what is contradictory in itself, then what this platform does not do. */
export function validateCreateModel(input: CreateModelCommandInput): void {
  if (input.PrimaryContainer && input.Containers?.length) {
    throw validationException(
      'Both PrimaryContainer and Containers are given: give one container in the first, or a list in the second.',
    )
  }
  const containers = containersOf(input)
  if (containers.length === 0) {
    throw validationException('No container is given: give PrimaryContainer or Containers.')
  }
  if (input.ExecutionRoleArn === undefined) {
    throw validationException('No ExecutionRoleArn is given: the container runs as this role.')
  }
  for (const container of containers) validateContainer(container)
  validateTogether(input, containers)
  validateEnvironment(containers)
  const missing = containers.map(unbuilt).find((error) => error)
  if (missing) throw missing
}

/** The model's containers in order, whichever member they came in. */
export function containersOf(
  request: Pick<CreateModelCommandInput, 'PrimaryContainer' | 'Containers'>,
): readonly ContainerDefinition[] {
  if (request.PrimaryContainer) return [request.PrimaryContainer]
  return request.Containers ?? []
}

function validateContainer(container: ContainerDefinition): void {
  if ((container.Image === undefined) === (container.ModelPackageName === undefined)) {
    // source: botocore.exceptions.ClientError of CreateModel, published in several issue reports
    throw validationException(
      'Specify one of either Image and Model Data URL or ModelPackageName in container definition.',
    )
  }
  if (container.ModelDataUrl !== undefined && container.ModelDataSource !== undefined) {
    throw validationException(
      'Both ModelDataUrl and ModelDataSource are given in the container definition: give one of them.',
    )
  }
  if (container.Mode === 'MultiModel' && container.ModelDataUrl === undefined) {
    throw validationException(
      'Mode is MultiModel and ModelDataUrl is not given: give the prefix in S3 under which the models are.',
    )
  }
  const source = container.ModelDataSource?.S3DataSource
  if (container.ModelDataSource && !source) {
    throw validationException('ModelDataSource has no S3DataSource: give where the model is.')
  }
  if (source?.S3DataType === 'S3Prefix' && source.CompressionType === 'Gzip') {
    throw validationException(
      'CompressionType Gzip goes with S3DataType S3Object: one archive, not a prefix.',
    )
  }
  if (source?.S3DataType === 'S3Prefix' && !source.S3Uri?.endsWith('/')) {
    throw validationException(
      `S3Uri '${source.S3Uri}' is given with S3DataType S3Prefix: it must end with a slash.`,
    )
  }
  const uri = container.ModelDataUrl ?? source?.S3Uri
  const isPrefix = container.Mode === 'MultiModel'
  if (uri !== undefined && !(isPrefix ? parseS3Uri(uri) : parseS3Uri(uri)?.key)) {
    throw validationException(
      `'${uri}' names no object in S3: give s3://bucket/key or its https form.`,
    )
  }
}

function validateEnvironment(containers: readonly ContainerDefinition[]): void {
  const texts = containers.flatMap((container) =>
    Object.entries(container.Environment ?? {}).flat(),
  )
  const total = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (total > ENVIRONMENT_BYTES_MAX) {
    throw validationException(
      `The keys and values of Environment have ${total} bytes: at most ${ENVIRONMENT_BYTES_MAX} are allowed.`,
    )
  }
}

function unbuilt(container: ContainerDefinition): AwsError | undefined {
  if (container.ModelPackageName !== undefined) {
    return notImplemented('Models made of model packages (ModelPackageName) are not built yet.')
  }
  if (container.AdditionalModelDataSources?.length) {
    return notImplemented('AdditionalModelDataSources are not built yet.')
  }
  const source = container.ModelDataSource?.S3DataSource
  if (source?.ManifestS3Uri !== undefined || source?.HubAccessConfig) {
    return notImplemented('ModelDataSource by ManifestS3Uri or HubAccessConfig is not built yet.')
  }
  return undefined
}
