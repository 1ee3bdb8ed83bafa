import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import type { PlatformClient } from '../platform-client.ts'
import { uploadStream } from '../s3.ts'
import type { ExecutionParameters } from './execution-parameters.ts'
import type { Invoker } from './invoker.ts'
import { type MiniBatch, miniBatches } from './mini-batches.ts'
import type { Payload } from './model-client.ts'
import type { Permits } from './permits.ts'
import { readObject } from './read-object.ts'
import { RecordFailure } from './record-failure.ts'
import type { RecordProcessing } from './record-processing.ts'

export interface ObjectTransform {
  readonly client: PlatformClient
  readonly transform: TaskTransform
  readonly parameters: ExecutionParameters
  readonly invoker: Invoker
  /** Of mini-batches in memory, over all objects. */
  readonly slots: Permits
  readonly processing: RecordProcessing | undefined
  readonly signal: AbortSignal
}

/** From S3 to S3. */
export interface ObjectRoute {
  readonly bucket: string
  readonly key: string
  readonly output: { readonly bucket: string; readonly key: string }
}

const MIB = 2 ** 20
const NEWLINE = Buffer.from('\n')

/**
 * Sends one object through the model. Its output is seen only when it is whole.
 * @throws RecordFailure, S3Fault, NoAnswer; the signal's reason
 */
export async function transformObject(work: ObjectTransform, route: ObjectRoute): Promise<void> {
  const { kmsKeyId } = work.transform.output
  const headers = kmsKeyId && {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId,
  }
  await uploadStream(
    work.client,
    { ...route.output, ...(headers && { headers }) },
    assembled(work, answers(work, route)),
  )
}

/**
 * Answers in the order of their mini-batches; the next ones are under way meanwhile, as far as there are
 * slots. Only who has nothing under way waits for a slot, so that somebody can always go on.
 */
async function* answers(work: ObjectTransform, route: ObjectRoute): AsyncGenerator<Buffer> {
  const { slots } = work
  const ahead: Promise<Buffer>[] = []
  const batches = sendables(work, route)
  try {
    for (;;) {
      if (!slots.tryTake()) {
        const first = ahead[0]
        if (first) {
          yield await first
          ahead.splice(0, 1)
          slots.give()
          continue
        }
        await slots.take()
      }
      const batch = await next(batches, slots)
      if (!batch) break
      const answer = invoke(work, batch)
      // one that fails while an earlier one is awaited is not nobody's
      answer.catch(() => undefined)
      ahead.push(answer)
    }
    for (const answer of ahead) yield await answer
  } finally {
    await Promise.allSettled(ahead)
    for (const _ of ahead) slots.give()
    await batches.return(undefined)
  }
}

/** @returns undefined at the end, with the slot given back; also when it fails */
async function next(
  batches: AsyncGenerator<Sendable>,
  slots: Permits,
): Promise<Sendable | undefined> {
  let batch: Sendable | undefined
  try {
    const found = await batches.next()
    batch = found.done ? undefined : found.value
    return batch
  } finally {
    if (!batch) slots.give()
  }
}

async function invoke(
  { invoker, processing }: ObjectTransform,
  { payload, inputs }: Sendable,
): Promise<Buffer> {
  const { body } = await invoker.invoke(payload)
  if (!processing || !inputs) return body
  return Buffer.from(processing.fromModel(inputs, body.toString('utf8')).join('\n'))
}

type Sendable = Pick<MiniBatch, 'inputs'> & { readonly payload: Payload }

async function* sendables(work: ObjectTransform, route: ObjectRoute): AsyncGenerator<Sendable> {
  const { parameters, transform, processing } = work
  const { splitType } = transform.input
  const isUnbound = parameters.maxPayloadMb === 0
  if (isUnbound && (splitType === 'None' || parameters.strategy === 'MultiRecord')) {
    yield { payload: () => plainBytes(work, route) }
    return
  }
  const batches = miniBatches(plainBytes(work, route), {
    splitType,
    strategy: parameters.strategy,
    payloadBytesMax: isUnbound ? Number.POSITIVE_INFINITY : parameters.maxPayloadMb * MIB,
    ...(processing && { processing }),
  })
  for await (const { body, inputs } of batches) yield { payload: body, ...(inputs && { inputs }) }
}

async function* plainBytes(
  { client, transform, signal }: ObjectTransform,
  { bucket, key }: ObjectRoute,
): AsyncGenerator<Buffer> {
  const bytes = readObject(client, { bucket, key, signal })
  if (!transform.input.isGzipped) return yield* bytes
  const unpacked = createGunzip({ chunkSize: 2 ** 18 })
  pipeline(Readable.from(bytes), unpacked, () => undefined)
  try {
    yield* unpacked
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!code.startsWith('Z_')) throw error
    throw new RecordFailure(
      `The object is not whole gzip, though CompressionType is Gzip: ${(error as Error).message}`,
    )
  }
}

async function* assembled(
  { transform }: ObjectTransform,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const isLined = transform.output.assembleWith === 'Line'
  for await (const answer of source) {
    if (answer.length === 0) continue
    yield answer
    // a container that ends its answer with a newline needs no second one
    if (isLined && answer.at(-1) !== NEWLINE[0]) yield NEWLINE
  }
}
