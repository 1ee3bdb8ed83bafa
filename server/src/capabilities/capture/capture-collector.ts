import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { AwsError } from '../../aws/errors.ts'
import { systemClock } from '../../base/clock.ts'
import { newUuid } from '../../base/ids.ts'
import type { Platform } from '../../platform/scope.ts'
import { storeObject } from '../objects/index.ts'
import {
  BATCH_ENDING,
  type CaptureTarget,
  firstMsOf,
  minuteEndMs,
  SCRATCH_ENDING,
  SEGMENT_ENDING,
  TARGET_FILE,
} from './capture-folder.ts'
import { captureObjectUri, collectableMs } from './capture-object.ts'

/** What was begun and never finished, or a target without records, goes after this long of real time. */
const LEFTOVER_MS = 60 * 60_000

interface TargetFolder {
  readonly path: string
  readonly target: CaptureTarget
}

/**
 * Makes objects of all minutes that are over, of whichever gateway, alive or not. Segments are first moved
 * into a batch, whose name is the object's: a crash at any point leaves either segments, or a batch that is
 * stored again under the same name, or one that is stored and marked as such.
 *
 * @returns when the next minute is over of which there are records; undefined when there are none
 */
export async function collectCaptures(
  platform: Platform,
  folder: string,
): Promise<Date | undefined> {
  const due: number[] = []
  for (const name of await namesIn(folder)) {
    const path = join(folder, name)
    const target = await readTarget(path)
    if (!target) continue
    const remaining = await collectTarget(platform, { path, target })
    if (remaining !== undefined) due.push(remaining)
  }
  return due.length > 0 ? new Date(Math.min(...due)) : undefined
}

async function collectTarget(
  platform: Platform,
  { path, target }: TargetFolder,
): Promise<number | undefined> {
  const nowMs = platform.clock.now().getTime()
  const names = await namesIn(path)
  const segments = names
    .filter((name) => name.endsWith(SEGMENT_ENDING))
    .map((name) => ({ name, firstMs: firstMsOf(name) ?? 0 }))
    .sort((one, other) => one.firstMs - other.firstMs)
  const isDue = ({ firstMs }: { firstMs: number }) => collectableMs(firstMs, nowMs) <= nowMs
  const due = Map.groupBy(segments.filter(isDue), ({ firstMs }) => minuteEndMs(firstMs))
  const batches = names.filter((name) => name.endsWith(BATCH_ENDING))
  for (const minute of due.values()) batches.push(await makeBatch(path, minute))
  for (const batch of batches) await storeBatch(platform, { path, target, batch })
  await clean(path, names)
  const waiting = segments.filter((segment) => !isDue(segment))
  if (waiting.length === 0) return undefined
  return Math.min(...waiting.map(({ firstMs }) => collectableMs(firstMs, nowMs)))
}

async function makeBatch(
  path: string,
  segments: readonly { readonly name: string; readonly firstMs: number }[],
): Promise<string> {
  const batch = `${segments[0]?.firstMs ?? 0}-${newUuid()}${BATCH_ENDING}`
  await mkdir(join(path, batch), { mode: 0o700 })
  for (const { name } of segments) await rename(join(path, name), join(path, batch, name))
  return batch
}

/** @throws what a later attempt may mend; a refusal by S3 is final, and the records with it */
async function storeBatch(
  platform: Platform,
  { path, target, batch }: TargetFolder & { readonly batch: string },
): Promise<void> {
  const folder = join(path, batch)
  const firstMs = firstMsOf(batch) ?? 0
  const id = batch.slice(`${firstMs}-`.length, -BATCH_ENDING.length)
  const s3Uri = captureObjectUri(target, { firstMs, id })
  const names = (await namesIn(folder)).sort(
    (one, other) => (firstMsOf(one) ?? 0) - (firstMsOf(other) ?? 0),
  )
  const { realm, account, region, kmsKeyId } = target
  if (names.length > 0) {
    try {
      await storeObject(
        platform,
        { realm, account, region },
        {
          s3Uri,
          body: Readable.from(contentOf(folder, names), { objectMode: false }),
          ...(kmsKeyId && { kmsKeyId }),
        },
      )
    } catch (error) {
      if (!isRefusal(error)) throw error
      const { endpointName, variantName } = target
      const reason = error.message
      platform.log.warn('captured records cannot be stored and are lost', {
        ...{ endpointName, variantName, s3Uri, reason },
      })
    }
  }
  // at once out of the way: a part of it under the object's name would be stored over the whole
  const done = `${folder}${SCRATCH_ENDING}`
  await rename(folder, done)
  await rm(done, { recursive: true, force: true })
}

/** No bucket, no such key: another attempt would be refused as well. */
function isRefusal(error: unknown): error is AwsError {
  return error instanceof AwsError && error.fault === 'client'
}

async function* contentOf(folder: string, names: readonly string[]): AsyncGenerator<Buffer> {
  for (const name of names) {
    for await (const piece of createReadStream(join(folder, name))) yield piece as Buffer
  }
}

/** Removes what a crash left half done, and the folder of a target that has not been heard of for long. */
async function clean(path: string, names: readonly string[]): Promise<void> {
  const isOld = async (name: string): Promise<boolean> => {
    const found = await stat(join(path, name)).catch(() => undefined)
    const ageMs = systemClock.now().getTime() - (found?.mtimeMs ?? Number.POSITIVE_INFINITY)
    return ageMs > LEFTOVER_MS
  }
  for (const name of names.filter((one) => one.endsWith(SCRATCH_ENDING))) {
    if (await isOld(name)) await rm(join(path, name), { recursive: true, force: true })
  }
  if (names.length > 1 || names[0] !== TARGET_FILE || !(await isOld('.'))) return
  await rm(join(path, TARGET_FILE), { force: true })
  // a gateway may just have put something there
  await rmdir(path).catch(() => undefined)
}

async function namesIn(path: string): Promise<string[]> {
  return await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

async function readTarget(path: string): Promise<CaptureTarget | undefined> {
  const text = await readFile(join(path, TARGET_FILE), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as CaptureTarget)
}
