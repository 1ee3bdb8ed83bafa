import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import {
  type AsyncInferenceConfig,
  type ContainerDefinition,
  type ProductionVariantServerlessConfig,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker'
import { pack } from 'tar-stream'
import { type BenchPlatform, startBenchPlatform } from './platform.ts'
import { peerEnvironment } from './python.ts'
import type { Bench } from './row.ts'
import { trainModel } from './script-mode.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Where models and answers are. */
export const BUCKET = 'bench-hosting'
export const XGBOOST_IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1'
/** AWS's limit is by the instance: this one has room for a thousand models. */
const INSTANCE = 'ml.m5.4xlarge'

export interface XgboostEndpoint {
  readonly name: string
  /** What requests may name; one undefined where the endpoint has one model. */
  readonly targets: readonly (string | undefined)[]
  invoke(line: string, target: string | undefined): Promise<unknown>
}

/** A platform with the bucket, and a model for its endpoints. */
export interface Hosting extends AsyncDisposable {
  readonly platform: BenchPlatform
  readonly model: Buffer
  /** A row of the model's data, as CSV. */
  readonly line: string
}

export async function startHosting(bench: Bench): Promise<Hosting> {
  const peers = await peerEnvironment(bench.say)
  await using folder = await temporaryFolder()
  const { modelFile, row: line } = await trainModel(peers, folder.path)
  const model = await readFile(modelFile)
  const platform = await startBenchPlatform()
  await platform.s3.createBucket({ Bucket: BUCKET })
  return { platform, model, line, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() }
}

/** Deploys the built-in XGBoost image with one instance, and returns when it serves. */
export async function deployXgboost(
  platform: BenchPlatform,
  options: {
    readonly name: string
    /** Padded with bytes that do not compress. */
    readonly model: { readonly file: Buffer; readonly bytes: number }
    /** Present: so many models in one container. */
    readonly models?: number
    readonly asyncInference?: AsyncInferenceConfig
    readonly serverless?: ProductionVariantServerlessConfig
  },
): Promise<XgboostEndpoint> {
  const { s3, runtime } = platform
  const { name, models } = options
  const prefix = `${name}/`
  const first = `${prefix}model-0.tar.gz`
  await s3.putObject({ Bucket: BUCKET, Key: first, Body: await archive(options.model) })
  const names = Array.from({ length: models ?? 0 }, (_, index) => `model-${index}.tar.gz`)
  for (const copy of names.slice(1)) {
    const Key = `${prefix}${copy}`
    await s3.copyObject({ Bucket: BUCKET, Key, CopySource: `${BUCKET}/${first}` })
  }
  const container = {
    Image: XGBOOST_IMAGE,
    ModelDataUrl: `s3://${BUCKET}/${models === undefined ? first : prefix}`,
    ...(models !== undefined && { Mode: 'MultiModel' as const }),
  }
  await deploy(platform, { ...options, containers: [container] })
  return {
    name,
    targets: models === undefined ? [undefined] : names,
    invoke: (line, target) =>
      runtime.invokeEndpoint({
        EndpointName: name,
        Body: line,
        ContentType: 'text/csv',
        ...(target !== undefined && { TargetModel: target }),
      }),
  }
}

/** Deploys a model of these containers, on one instance unless it is serverless, and returns when it serves. */
export async function deploy(
  { sagemaker, roleArn }: BenchPlatform,
  options: {
    readonly name: string
    readonly containers: readonly ContainerDefinition[]
    readonly asyncInference?: AsyncInferenceConfig
    readonly serverless?: ProductionVariantServerlessConfig
  },
): Promise<void> {
  const { name, containers, asyncInference, serverless } = options
  await sagemaker.createModel({
    ModelName: name,
    ExecutionRoleArn: roleArn,
    ...(containers.length === 1
      ? { PrimaryContainer: containers[0] }
      : { Containers: [...containers] }),
  })
  await sagemaker.createEndpointConfig({
    EndpointConfigName: name,
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: name,
        ...(serverless
          ? { ServerlessConfig: serverless }
          : { InstanceType: INSTANCE, InitialInstanceCount: 1 }),
      },
    ],
    ...(asyncInference && { AsyncInferenceConfig: asyncInference }),
  })
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name })
  await waitUntilEndpointInService(
    { client: sagemaker, maxWaitTime: 120, minDelay: 1, maxDelay: 1 },
    { EndpointName: name },
  )
}

function archive({ file, bytes }: { file: Buffer; bytes: number }): Promise<Buffer> {
  return packed({
    'xgboost-model': file,
    '.padding': randomBytes(Math.max(0, bytes - gzipSync(file).length)),
  })
}

/** A model's archive, by its files' names. */
export async function packed(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const tar = pack()
  const bytes = buffer(tar)
  const entry = (name: string, content: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      tar.entry({ name }, content, (error) => (error ? reject(error) : resolve()))
    })
  for (const [name, content] of Object.entries(files)) await entry(name, content)
  tar.finalize()
  return gzipSync(await bytes, { level: 1 })
}
