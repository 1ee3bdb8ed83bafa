import { joinS3Uri } from '../../aws/s3-uri.ts'
import type { TaskOutput } from '../../platform/engines/engine.ts'
import { type HostPlace, hostName, hostsOf } from './cluster.ts'
import { directoryS3Uri, plainS3Uri } from './s3-places.ts'
import type { TrainingJob, TrainingJobRequest } from './training-job.store.ts'

export const CHECKPOINTS_PATH = '/opt/ml/checkpoints'
const PACKED_PATHS = { model: '/opt/ml/model', output: '/opt/ml/output/data' } as const
type PackedName = keyof typeof PACKED_PATHS
const TENSORS_PATH = '/opt/ml/output/tensors'
const TENSORBOARD_PATH = '/opt/ml/output/tensorboard'

/** Where the job's own outputs lie: `<S3OutputPath>/<job>/output`. */
export function outputS3Uri(job: Pick<TrainingJob, 'name' | 'request'>): string {
  return joinS3Uri(plainS3Uri(job.request.OutputDataConfig.S3OutputPath), job.name, 'output')
}

/** What `ModelArtifacts.S3ModelArtifacts` says. */
export function modelS3Uri(job: Pick<TrainingJob, 'name' | 'request'>): string {
  return isModelPacked(job.request)
    ? pieceS3Uri(job, { name: 'model', hostIndex: 0 })
    : joinS3Uri(outputS3Uri(job), 'model/')
}

/** An archive that all hosts contribute to, with where each host's piece of it is. */
export interface GatheredOutput {
  readonly name: string
  readonly s3Uri: string
  /** In the order of hosts; the first host's is at `s3Uri` itself. */
  readonly pieces: readonly string[]
  readonly kmsKeyId?: string
}

export function gatheredOutputs(job: TrainingJob): readonly GatheredOutput[] {
  const hosts = hostsOf(job.request.ResourceConfig)
  const names: readonly PackedName[] = isModelPacked(job.request) ? ['model', 'output'] : ['output']
  return names.map((name) => ({
    name,
    s3Uri: pieceS3Uri(job, { name, hostIndex: 0 }),
    pieces: hosts.map((_, hostIndex) => pieceS3Uri(job, { name, hostIndex })),
    ...kmsKey(job.request),
  }))
}

/** What a host leaves in S3. */
export function outputsOf(job: TrainingJob, place: HostPlace): readonly TaskOutput[] {
  const { request } = job
  const outputs = [modelOutput(job, place), packedOutput(job, 'output', place)]
  const { CheckpointConfig, DebugHookConfig, TensorBoardOutputConfig } = request
  if (CheckpointConfig) {
    outputs.push(
      continuous('checkpoints', {
        path: CheckpointConfig.LocalPath ?? CHECKPOINTS_PATH,
        s3Uri: directoryS3Uri(CheckpointConfig.S3Uri ?? ''),
      }),
    )
  }
  if (DebugHookConfig) {
    outputs.push(
      continuous('tensors', {
        path: DebugHookConfig.LocalPath ?? TENSORS_PATH,
        s3Uri: jobDirectory(DebugHookConfig.S3OutputPath, job.name, 'debug-output'),
      }),
    )
  }
  if (TensorBoardOutputConfig) {
    outputs.push(
      continuous('tensorboard', {
        path: TensorBoardOutputConfig.LocalPath ?? TENSORBOARD_PATH,
        s3Uri: jobDirectory(TensorBoardOutputConfig.S3OutputPath, job.name, 'tensorboard-output'),
      }),
    )
  }
  return outputs
}

function modelOutput(job: TrainingJob, place: HostPlace): TaskOutput {
  if (isModelPacked(job.request)) return packedOutput(job, 'model', place)
  return {
    name: 'model',
    path: PACKED_PATHS.model,
    s3Uri: modelS3Uri(job),
    pack: 'files',
    upload: 'end',
    omitEmpty: true,
    ...kmsKey(job.request),
  }
}

function packedOutput(job: TrainingJob, name: PackedName, { host, hosts }: HostPlace): TaskOutput {
  return {
    name,
    path: PACKED_PATHS[name],
    s3Uri: pieceS3Uri(job, { name, hostIndex: hosts.indexOf(host) }),
    pack: 'tar.gz',
    upload: 'end',
    omitEmpty: true,
    ...kmsKey(job.request),
  }
}

/** Where a host's archive goes: the first host's to its place, the others' beside it until they are gathered. */
function pieceS3Uri(
  job: Pick<TrainingJob, 'name' | 'request'>,
  { name, hostIndex }: { readonly name: PackedName; readonly hostIndex: number },
): string {
  const base = outputS3Uri(job)
  const folder = hostIndex > 0 ? joinS3Uri(base, hostName(hostIndex + 1)) : base
  return joinS3Uri(folder, `${name}.tar.gz`)
}

function isModelPacked({ OutputDataConfig: output }: TrainingJobRequest): boolean {
  return output.CompressionType !== 'NONE'
}

function kmsKey({ OutputDataConfig: output }: TrainingJobRequest): { kmsKeyId?: string } {
  return output.KmsKeyId ? { kmsKeyId: output.KmsKeyId } : {}
}

function continuous(
  name: string,
  { path, s3Uri }: { readonly path: string; readonly s3Uri: string },
): TaskOutput {
  return { name, path, s3Uri, pack: 'files', upload: 'continuous', omitEmpty: true }
}

function jobDirectory(s3OutputPath: string | undefined, jobName: string, folder: string): string {
  return joinS3Uri(plainS3Uri(s3OutputPath ?? ''), jobName, `${folder}/`)
}
