import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parseS3Uri } from '../aws/s3-uri.ts'
import type { TaskInput } from '../platform/engines/engine.ts'
import type { TaskDirectory, TaskOrder } from '../platform/engines/process/task-directory.ts'
import { machinePath } from './container-paths.ts'
import type { PlatformClient } from './platform-client.ts'
import { getObject, listObjects, S3Fault, toFile } from './s3.ts'
import { TaskFailure } from './task-failure.ts'
import { unpackArchive } from './unpack-archive.ts'

export interface StagingOptions {
  readonly order: TaskOrder
  readonly directory: TaskDirectory
  readonly client: PlatformClient
  readonly signal: AbortSignal
}

/** An object and where it goes, relative to the input's folder. */
export interface Staged {
  readonly bucket: string
  readonly key: string
  readonly path: string
}

const DOWNLOADS_AT_ONCE = 8

/** Copies all inputs into the task's folders. @throws TaskFailure `InputFailed` or `OutOfDisk` */
export async function stageInputs(options: StagingOptions): Promise<void> {
  const budget = createBudget(options.order.task.resources.diskBytes)
  for (const input of options.order.task.inputs) {
    const late = timeoutOf(input)
    const signal = late ? AbortSignal.any([options.signal, late]) : options.signal
    try {
      await stageInput(input, { ...options, signal }, budget)
    } catch (error) {
      if (late?.aborted && !options.signal.aborted) {
        throw new TaskFailure('InputFailed', tooLate(input))
      }
      if (error instanceof TaskFailure || options.signal.aborted) throw error
      throw new TaskFailure('InputFailed', explain(input, options.order, error))
    }
  }
}

function timeoutOf({ timeoutSeconds }: TaskInput): AbortSignal | undefined {
  return timeoutSeconds === undefined ? undefined : AbortSignal.timeout(timeoutSeconds * 1_000)
}

function tooLate({ name, timeoutSeconds }: TaskInput): string {
  return `The download of input ${name} took longer than the ${timeoutSeconds} seconds that it may take`
}

async function stageInput(
  input: TaskInput,
  options: StagingOptions,
  budget: () => Transform,
): Promise<void> {
  const folder = machinePath(options.directory, input.path)
  await mkdir(folder, { recursive: true })
  const all = await findObjects(input, options)
  if (all.length === 0 && input.required) {
    throw new TaskFailure('InputFailed', noObjects(input, options.order))
  }
  const { shard } = input
  const own = shard ? all.filter((_, index) => index % shard.count === shard.index) : all
  await concurrently(own, async (staged) => {
    options.signal.throwIfAborted()
    const place = { bucket: staged.bucket, key: staged.key, signal: options.signal }
    if (input.unpack === 'tar.gz') {
      return getObject(options.client, place, (body) => unpackGzipped(body, budget(), folder))
    }
    const path = safeJoin(folder, staged.path, input)
    await mkdir(dirname(path), { recursive: true })
    const between = input.unpack === 'gzip' ? [createGunzip(), budget()] : [budget()]
    await getObject(options.client, place, toFile(path, ...between))
  })
}

/** A pipeline hands every error on, which a chain of pipes does not: bad gzip ends the task, not the runner. */
async function unpackGzipped(body: Readable, plain: Transform, folder: string): Promise<void> {
  const reading = pipeline(body, createGunzip(), plain)
  const unpacking = unpackArchive(plain, folder).catch((error: Error) => {
    plain.destroy(error)
    throw error
  })
  await Promise.all([unpacking, reading])
}

/**
 * The objects that an input names, in key order or in its manifest's.
 * @throws TaskFailure `InputFailed`, S3Fault
 */
export async function findObjects(
  input: Pick<TaskInput, 'name' | 's3DataType' | 's3Uri'>,
  options: Pick<StagingOptions, 'client' | 'signal'>,
): Promise<Staged[]> {
  const location = parseS3Uri(input.s3Uri)
  if (!location) {
    throw new TaskFailure(
      'InputFailed',
      `Cannot read input ${input.name}: '${input.s3Uri}' is no S3 URI`,
    )
  }
  const { bucket, key } = location
  if (input.s3DataType === 'Object') return [{ bucket, key, path: basename(key) }]
  if (input.s3DataType === 'ManifestFile') return readManifest({ bucket, key }, input, options)
  const found: Staged[] = []
  for await (const object of listObjects(options.client, {
    bucket,
    prefix: key,
    signal: options.signal,
  })) {
    // What the S3 console makes for an empty folder.
    if (object.key.endsWith('/')) continue
    const path = object.key === key ? basename(key) : relativeKey(object.key, key)
    found.push({ bucket, key: object.key, path })
  }
  return found
}

/**
 * Under which name a key of a prefix is stored: what follows the prefix when that ends a folder
 * (`data` or `data/` and `data/a/b.csv` → `a/b.csv`), else what follows the prefix's last folder
 * (`data/part-` and `data/part-1.csv` → `part-1.csv`).
 */
export function relativeKey(key: string, prefix: string): string {
  const folder = prefix.endsWith('/') || prefix === '' ? prefix : `${prefix}/`
  if (key.startsWith(folder)) return key.slice(folder.length)
  return key.slice(prefix.lastIndexOf('/') + 1)
}

/** `[{"prefix": "s3://bucket/folder/"}, "one.csv", "sub/two.csv"]` */
async function readManifest(
  place: { bucket: string; key: string },
  input: Pick<TaskInput, 'name' | 's3Uri'>,
  options: Pick<StagingOptions, 'client' | 'signal'>,
): Promise<Staged[]> {
  const chunks: Buffer[] = []
  await getObject(options.client, { ...place, signal: options.signal }, async (body) => {
    chunks.length = 0
    for await (const chunk of body) chunks.push(chunk)
  })
  const fault = new TaskFailure(
    'InputFailed',
    `Cannot read input ${input.name}: manifest ${input.s3Uri} must be a JSON list: ` +
      `first {"prefix": "s3://…"}, then keys below it`,
  )
  let entries: unknown
  try {
    entries = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw fault
  }
  if (!Array.isArray(entries)) throw fault
  const [head, ...keys] = entries as [{ prefix?: unknown }, ...unknown[]]
  const prefix = typeof head?.prefix === 'string' ? parseS3Uri(head.prefix) : undefined
  if (!prefix || !keys.every((key) => typeof key === 'string')) throw fault
  return keys.map((key) => ({ bucket: prefix.bucket, key: prefix.key + key, path: key }))
}

function safeJoin(folder: string, path: string, input: TaskInput): string {
  const joined = join(folder, path)
  if (joined.startsWith(`${folder}/`)) return joined
  throw new TaskFailure(
    'InputFailed',
    `Cannot stage input ${input.name}: key '${path}' leaves its folder`,
  )
}

async function concurrently<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      await work(items[index] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(DOWNLOADS_AT_ONCE, items.length) }, worker))
}

/** Counts what is written, over all inputs: a small archive may hold a large disk. */
function createBudget(diskBytes: number): () => Transform {
  let written = 0
  return () =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        written += chunk.length
        if (written <= diskBytes) return done(null, chunk)
        const message = `The inputs need more than the volume's ${diskBytes} bytes; ask for a larger one`
        done(new TaskFailure('OutOfDisk', message))
      },
    })
}

/** @source ValidationException of CreateTrainingJob, as quoted in aws/amazon-sagemaker-examples issue 2489 */
export function noObjects(
  input: Pick<TaskInput, 's3Uri'>,
  { task }: Pick<TaskOrder, 'task'>,
): string {
  const bucket = parseS3Uri(input.s3Uri)?.bucket ?? ''
  return (
    `No S3 objects found under S3 URL "${input.s3Uri}" given in input data source. ` +
    `Please ensure that the bucket exists in the selected region (${task.region}), that objects exist ` +
    `under that S3 prefix, and that the role "${task.roleArn}" has "s3:ListBucket" permissions on ` +
    `bucket "${bucket}".`
  )
}

function explain(input: TaskInput, order: TaskOrder, error: unknown): string {
  if (!(error instanceof S3Fault)) {
    return `Cannot stage input ${input.name} from ${input.s3Uri}: ${reasonOf(error)}`
  }
  if (input.s3DataType === 'S3Prefix') {
    return `${noObjects(input, order)} Error message from S3: ${error.message}`
  }
  return `Cannot stage input ${input.name} from ${input.s3Uri}: ${error.code}: ${error.message}`
}

/** Of errors of this machine's file system only what concerns the user: no path of ours. */
function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (['EISDIR', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return 'one key is both a file and the folder of another, which no file system can hold'
  }
  if (code === 'ENAMETOOLONG') return 'a key has a part of more than 255 bytes, too long for a file'
  return error instanceof Error ? error.message : String(error)
}
