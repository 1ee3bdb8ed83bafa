import type { CreateTransformJobRequest, DataProcessing } from '@aws-sdk/client-sagemaker'
import { resourceLimitExceeded, validationException } from '../../aws/errors.ts'
import { parseJsonPath } from '../../aws/json-path.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { acceleratorRefusal, instanceType } from '../compute/index.ts'
import { containersOf, type Model } from '../models/index.ts'

/** source: CreateTransformJob's reference */
const PAYLOAD_MB_MAX = 100
const TOTAL_MB_MAX = 100
const PAYLOAD_MB_DEFAULT = 6
/** source: TransformResources' reference */
const INSTANCES_MAX = 100
const PROCESSABLE =
  /^(text\/csv|application\/json|application\/jsonlines|application\/x-jsonlines)\b/i

/**
 * Refuses what is contradictory in itself and what this platform does not do. Members' own shapes are
 * checked before.
 *
 * @throws ValidationException
 */
export function validateCreateTransformJob(input: CreateTransformJobRequest): void {
  checkSource(input)
  checkPayload(input)
  checkProcessing(input)
  const uris = [input.TransformOutput?.S3OutputPath, input.DataCaptureConfig?.DestinationS3Uri]
  for (const uri of uris) if (uri !== undefined) requireS3Uri(uri)
  const { InstanceType: type, InstanceCount: count = 1 } = input.TransformResources ?? {}
  if (!instanceType(type ?? '')) throw validationException(`Unknown instance type: ${type}.`)
  if (count < 1) {
    throw validationException(
      `InstanceCount is ${count}: a transform job needs at least 1 instance.`,
    )
  }
}

/** @throws ResourceLimitExceeded for too many instances, or such as need what is not here */
export function requireQuotas(input: CreateTransformJobRequest): void {
  const { InstanceType: type = '', InstanceCount: count = 1 } = input.TransformResources ?? {}
  if (count > INSTANCES_MAX) {
    throw resourceLimitExceeded(
      `The account-level service limit 'Number of instances for a transform job' is ${INSTANCES_MAX} ` +
        `Instances, with current utilization of 0 Instances and a request delta of ${count} Instances.`,
    )
  }
  const refusal = acceleratorRefusal({ type, count }, 'transform job usage')
  if (refusal) throw refusal
}

/**
 * Refuses models through which records have no one way.
 *
 * @throws ValidationException for a multi-model container, and for containers that requests name (Mode Direct)
 */
export function requireOneWay({ modelName, request }: Model): void {
  const containers = containersOf(request)
  if (containers.some(({ Mode }) => Mode === 'MultiModel')) {
    throw validationException(
      `Model ${modelName} has a container in MultiModel mode, which transform jobs do not support: use a ` +
        'model of one archive.',
    )
  }
  if (request.InferenceExecutionConfig?.Mode !== 'Direct') return
  throw validationException(
    `Model ${modelName} has InferenceExecutionConfig with Mode Direct, where each request names its container: ` +
      'transform jobs send their records through all containers in order. Use a model with Mode Serial.',
  )
}

function checkSource({ TransformInput: input }: CreateTransformJobRequest): void {
  const source = input?.DataSource?.S3DataSource
  if (!source) throw validationException('TransformInput has no S3DataSource: give one.')
  if (source.S3DataType !== 'S3Prefix' && source.S3DataType !== 'ManifestFile') {
    throw validationException(
      `S3DataType ${source.S3DataType} is not supported for transform jobs: use S3Prefix or ManifestFile.`,
    )
  }
  requireS3Uri(source.S3Uri ?? '')
}

function checkPayload(input: CreateTransformJobRequest): void {
  const { MaxPayloadInMB: payload, MaxConcurrentTransforms: concurrent = 0 } = input
  if (payload !== undefined && payload > PAYLOAD_MB_MAX) {
    throw validationException(`MaxPayloadInMB is ${payload}: it must be at most ${PAYLOAD_MB_MAX}.`)
  }
  const total = concurrent * (payload ?? PAYLOAD_MB_DEFAULT)
  if (total > TOTAL_MB_MAX) {
    throw validationException(
      `MaxConcurrentTransforms * MaxPayloadInMB is ${concurrent} * ${payload ?? PAYLOAD_MB_DEFAULT} = ` +
        `${total}: it must not exceed ${TOTAL_MB_MAX} MB.`,
    )
  }
  if (payload === 0 && changesRecords(input)) {
    throw validationException(
      'MaxPayloadInMB is 0, which sends payloads of any size in chunks: DataProcessing and ' +
        'GenerateInferenceId need payloads with a bound. Give MaxPayloadInMB, or leave it out.',
    )
  }
}

function checkProcessing(input: CreateTransformJobRequest): void {
  if (!changesRecords(input)) return
  const { DataProcessing: processing = {}, TransformInput: source, TransformOutput: output } = input
  const splitType = source?.SplitType ?? 'None'
  if (splitType === 'RecordIO' || splitType === 'TFRecord') {
    throw validationException(
      `SplitType ${splitType} cannot be used with DataProcessing: only records of CSV and JSON can be ` +
        'filtered and joined. Use Line or None.',
    )
  }
  const assembleWith = output?.AssembleWith ?? 'None'
  if (processing.JoinSource === 'Input' && splitType !== assembleWith) {
    throw validationException(
      `SplitType is ${splitType} and AssembleWith is ${assembleWith}: with JoinSource Input they must be ` +
        'the same, Line or None.',
    )
  }
  requireType('TransformInput.ContentType', source?.ContentType)
  if (output?.Accept !== undefined) requireType('TransformOutput.Accept', output.Accept)
  requireSameFamily(source?.ContentType, output?.Accept, processing)
  requirePath('InputFilter', processing.InputFilter, source?.ContentType)
  requirePath('OutputFilter', processing.OutputFilter, output?.Accept ?? source?.ContentType)
}

/** Whether records are looked at, rather than sent and stored as they are. */
function changesRecords(input: CreateTransformJobRequest): boolean {
  const { InputFilter, OutputFilter, JoinSource } = input.DataProcessing ?? {}
  const isFilter = (filter: string | undefined) => (filter || '$').trim() !== '$'
  return (
    isFilter(InputFilter) ||
    isFilter(OutputFilter) ||
    JoinSource === 'Input' ||
    input.DataCaptureConfig?.GenerateInferenceId === true
  )
}

function requireType(member: string, type: string | undefined): void {
  if (type !== undefined && PROCESSABLE.test(type)) return
  throw validationException(
    `${member} is ${type ?? 'not given'}: with DataProcessing or GenerateInferenceId it must be text/csv, ` +
      'application/json or application/jsonlines.',
  )
}

function requireSameFamily(
  contentType: string | undefined,
  accept: string | undefined,
  { JoinSource }: DataProcessing,
): void {
  if (JoinSource !== 'Input' || accept === undefined) return
  if (isCsv(contentType) === isCsv(accept)) return
  throw validationException(
    `ContentType is ${contentType} and Accept is ${accept}: records are joined as CSV or as JSON, so both ` +
      'must be text/csv, or both JSON.',
  )
}

function requirePath(member: string, filter: string | undefined, type: string | undefined): void {
  if (!filter) return
  const path = parseJsonPath(filter)
  if (!path) {
    throw validationException(
      `${member} '${filter}' is not a supported JSONPath: it begins with $, and has .name, ['a','b'], ` +
        '[0,-1], [1:3] or *.',
    )
  }
  if (!isCsv(type) || path.length === 0) return
  if (path.length > 1 || path[0]?.kind === 'names') {
    throw validationException(
      `${member} '${filter}' does not fit text/csv: columns are chosen by index, such as $[0,2:] or $[-1].`,
    )
  }
}

function isCsv(type: string | undefined): boolean {
  return /^text\/csv\b/i.test(type ?? '')
}

function requireS3Uri(uri: string): void {
  const location = parseS3Uri(uri)
  if (location && location.bucket !== '') return
  throw validationException(`The S3 URI '${uri}' is not valid: it must be like s3://bucket/prefix.`)
}
