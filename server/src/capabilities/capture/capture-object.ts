import { joinS3Uri } from '../../aws/s3-uri.ts'
import { type CaptureTarget, MINUTE_MS, minuteEndMs } from './capture-folder.ts'

/** Gateways write what they gathered within this long after a minute is over. */
const GRACE_MS = 500

/**
 * Where captured records go: one object per variant and minute, named by the instant of its first record.
 *
 * @source AWS's guide: `<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`, in UTC
 */
export function captureObjectUri(
  { destinationS3Uri, endpointName, variantName }: CaptureTarget,
  { firstMs, id }: { readonly firstMs: number; readonly id: string },
): string {
  const [date = '', time = ''] = new Date(firstMs).toISOString().slice(0, -1).split('T')
  const [hour = '', ...rest] = time.split(/[:.]/)
  const file = `${rest.join('-')}-${id}.jsonl`
  const folder = [endpointName, variantName, ...date.split('-'), hour]
  return joinS3Uri(destinationS3Uri, ...folder, file)
}

/**
 * When the segment's minute may be taken to be complete. One from the future was written before the clock was
 * set back, and waits for nothing.
 */
export function collectableMs(firstMs: number, nowMs: number): number {
  return firstMs > nowMs + MINUTE_MS ? nowMs : minuteEndMs(firstMs) + GRACE_MS
}
