import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** Where a variant's captured records go, and on whose behalf. */
export interface CaptureTarget {
  readonly realm: number
  readonly account: string
  readonly region: string
  readonly endpointName: string
  readonly variantName: string
  readonly destinationS3Uri: string
  readonly kmsKeyId?: string
}

/**
 * The folder in which gateways leave records and control finds them:
 *
 *   <dataDir>/capture/<target>/target.json        what is captured there
 *   <dataDir>/capture/<target>/<segment>.jsonl    some records of one minute, whole and never changed
 *   <dataDir>/capture/<target>/<batch>.batch/     segments that become one object
 */
export function captureFolder(dataDir: string): string {
  return join(dataDir, 'capture')
}

/** Gateways tell under `captured/<end of the minute, milliseconds>` that they have left records. */
export const CAPTURED_TOPIC_PREFIX = 'captured/'

export const TARGET_FILE = 'target.json'
export const SEGMENT_ENDING = '.jsonl'
export const BATCH_ENDING = '.batch'
/** What is not complete, or not needed any more. */
export const SCRATCH_ENDING = '.scratch'

export const MINUTE_MS = 60_000

/** The same name in every process for the same target. */
export function targetFolderName(target: CaptureTarget): string {
  const { realm, account, region, endpointName, variantName, destinationS3Uri, kmsKeyId } = target
  const parts = [realm, account, region, endpointName, variantName, destinationS3Uri, kmsKeyId]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}

/** @param firstMs of its first record; all of them are of the same minute */
export function segmentName(
  firstMs: number,
  { tag, count }: { tag: string; count: number },
): string {
  return `${firstMs}-${tag}-${count}${SEGMENT_ENDING}`
}

/** @returns when the first record of a segment, or of a batch, was; undefined for any other name */
export function firstMsOf(name: string): number | undefined {
  const match = /^(\d{1,16})-[0-9a-z-]+\.(?:jsonl|batch)$/.exec(name)
  return match ? Number(match[1]) : undefined
}

/** When nothing can be added any more to the minute that `ms` is in. */
export function minuteEndMs(ms: number): number {
  return (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS
}
