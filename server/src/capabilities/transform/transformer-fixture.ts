import type {
  CreateTransformJobCommandInput,
  DescribeTransformJobCommandOutput,
} from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { registerProgram } from '../../../../tests/support/program-image.ts'
import {
  startServer,
  type TestServer,
  type TestServerOptions,
} from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { TRANSFORMER_PROGRAM } from './transformer-program-fixture.ts'

export type Change = Omit<
  Partial<CreateTransformJobCommandInput>,
  'TransformInput' | 'TransformOutput'
> & {
  readonly input?: Partial<NonNullable<CreateTransformJobCommandInput['TransformInput']>>
  readonly output?: Partial<NonNullable<CreateTransformJobCommandInput['TransformOutput']>>
}

/** One request that a container got. */
export interface Payload {
  readonly body: string
  readonly bytes: number
  /** How many were with the container then. */
  readonly busy: number
  readonly type: string | null
  readonly accept: string | null
}

export interface Given {
  readonly change: Change
  /** Inputs are at `<place>/in/`, outputs at `<place>/out/`. */
  readonly place: string
}

export interface Transformed {
  readonly job: DescribeTransformJobCommandOutput
  readonly name: string
  readonly place: string
  /** By their keys below the output's prefix. */
  readonly outputs: Readonly<Record<string, string>>
}

/** A server with a bucket and a model whose container answers as its environment says. */
export interface Transformer {
  readonly server: TestServer
  readonly bucket: string
  /** Of the container, whatever its environment says. */
  readonly image: string
  newName(): string
  createModel(environment?: Record<string, string>): Promise<string>
  /** A request that would be accepted: all of `in/`, by lines, to `out/`. */
  request(modelName: string, change?: Change): CreateTransformJobCommandInput
  /** Begins a job. @returns its name */
  start(modelName: string, change?: Change): Promise<string>
  ended(name: string): Promise<DescribeTransformJobCommandOutput>
  run(modelName: string, change?: Change): Promise<DescribeTransformJobCommandOutput>
  put(key: string, content: string | Buffer): Promise<void>
  get(key: string): Promise<string>
  keys(prefix: string): Promise<readonly string[]>
  /** Of the container's stream, or of the data log. */
  logOf(name: string, which: 'container' | 'data'): Promise<readonly string[]>
  /** What the model was sent, payload by payload, as it printed it. */
  payloads(name: string): Promise<readonly Payload[]>
  /** Puts objects under a prefix of their own. @returns a job over them, and that prefix */
  given(objects: Readonly<Record<string, string | Buffer>>): Promise<Given>
  /** Runs a job over these objects, by default with a model that answers at once. */
  transformed(
    objects: Readonly<Record<string, string | Buffer>>,
    change?: Change & { readonly modelName?: string },
  ): Promise<Transformed>
  close(): Promise<void>
}

export async function startTransformer(options: TestServerOptions = {}): Promise<Transformer> {
  const server = await startServer(options)
  const { sagemaker, s3, logs, roleArn } = server
  const image = await registerProgram(server, { name: 'transformer', program: TRANSFORMER_PROGRAM })
  const bucket = `transformer-${newShortId(8)}`
  await s3.createBucket({ Bucket: bucket })

  const put: Transformer['put'] = async (key, content) => {
    await s3.putObject({ Bucket: bucket, Key: key, Body: content })
  }
  const get: Transformer['get'] = async (key) => {
    const { Body } = await s3.getObject({ Bucket: bucket, Key: key })
    return (await Body?.transformToString()) ?? ''
  }
  const keys: Transformer['keys'] = async (prefix) => {
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: bucket, Prefix: prefix })
    return Contents.map(({ Key = '' }) => Key)
  }
  const given: Transformer['given'] = async (objects) => {
    const place = newShortId(8)
    for (const [key, content] of Object.entries(objects)) await put(`${place}/in/${key}`, content)
    const s3Uri = `s3://${bucket}/${place}`
    const source = { S3DataType: 'S3Prefix', S3Uri: `${s3Uri}/in/` } as const
    const input = { DataSource: { S3DataSource: source } }
    return { place, change: { input, output: { S3OutputPath: `${s3Uri}/out/` } } }
  }

  const newName = (): string => `job-${newShortId(10)}`
  const createModel: Transformer['createModel'] = async (environment) => {
    const ModelName = newName()
    await sagemaker.createModel({
      ModelName,
      ExecutionRoleArn: roleArn,
      PrimaryContainer: { Image: image, ...(environment && { Environment: environment }) },
    })
    return ModelName
  }
  let plainModel: Promise<string> | undefined
  const request: Transformer['request'] = (modelName, { input, output, ...change } = {}) => ({
    TransformJobName: newName(),
    ModelName: modelName,
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/in/` } },
      ContentType: 'text/csv',
      SplitType: 'Line',
      ...input,
    },
    TransformOutput: { S3OutputPath: `s3://${bucket}/out`, AssembleWith: 'Line', ...output },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    ...change,
  })
  const start: Transformer['start'] = async (modelName, change) => {
    const asked = request(modelName, change)
    await sagemaker.createTransformJob(asked)
    return asked.TransformJobName ?? ''
  }
  const ended: Transformer['ended'] = (name) =>
    eventually(
      async () => {
        const job = await sagemaker.describeTransformJob({ TransformJobName: name })
        return !['InProgress', 'Stopping'].includes(job.TransformJobStatus ?? '') && job
      },
      { timeoutMs: 60_000, what: `the end of ${name}` },
    )
  const logOf: Transformer['logOf'] = async (name, which) => {
    const { events = [] } = await logs.filterLogEvents({
      logGroupName: '/aws/sagemaker/TransformJobs',
      logStreamNamePrefix: `${name}/`,
    })
    return events
      .filter(({ logStreamName }) => logStreamName?.endsWith('/data-log') === (which === 'data'))
      .map(({ message = '' }) => message)
  }
  return {
    server,
    bucket,
    image,
    newName,
    createModel,
    request,
    start,
    ended,
    run: async (modelName, change) => ended(await start(modelName, change)),
    put,
    get,
    keys,
    logOf,
    payloads: async (name) =>
      (await logOf(name, 'container'))
        .filter((line) => line.startsWith('payload '))
        .map((line) => JSON.parse(line.slice('payload '.length)) as Payload),
    given,
    transformed: async (objects, { modelName, ...more } = {}) => {
      const { change, place } = await given(objects)
      plainModel ??= createModel()
      const name = await start(modelName ?? (await plainModel), {
        ...more,
        input: { ...change.input, ...more.input },
        output: { ...change.output, ...more.output },
      })
      const job = await ended(name)
      const outputs: Record<string, string> = {}
      for (const key of await keys(`${place}/out/`)) {
        outputs[key.slice(`${place}/out/`.length)] = await get(key)
      }
      return { job, name, place, outputs }
    },
    close: () => server.close(),
  }
}
