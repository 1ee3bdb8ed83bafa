import type { DataCaptureConfig } from '@aws-sdk/client-sagemaker'

/** How captured data stands in a record: as text, or as base64 of any bytes. */
export type CaptureEncoding = 'CSV' | 'JSON' | 'BASE64'

/** A DataCaptureConfig as it is asked for each request. */
export interface CaptureSettings {
  readonly input: boolean
  readonly output: boolean
  /** Share of the requests, in [0, 1]. */
  readonly share: number
  /** How data of a content type is written. */
  kindOf(contentType: string | undefined): PayloadKind
}

export interface PayloadKind {
  readonly encoding: CaptureEncoding
  /** The content type's member in JSON with its comma; empty when there is none. */
  readonly observed: string
}

const UNKNOWN: PayloadKind = { encoding: 'BASE64', observed: '' }
/** Callers send a handful of content types; one that sends ever new ones is not remembered for ever. */
const KINDS_MAX = 256

/**
 * @returns undefined when nothing is to be captured
 * @source AWS's API reference, DataCaptureConfig: capture is enabled unless it says otherwise, and data of a
 *   content type that no list names is base64
 */
export function captureSettings(config: DataCaptureConfig): CaptureSettings | undefined {
  const { EnableCapture: enabled = true, InitialSamplingPercentage: percentage = 0 } = config
  const modes = new Set(config.CaptureOptions?.map(({ CaptureMode }) => CaptureMode))
  const input = modes.has('Input') || modes.has('InputAndOutput')
  const output = modes.has('Output') || modes.has('InputAndOutput')
  if (!enabled || percentage <= 0 || !(input || output)) return undefined
  const { CsvContentTypes: csv, JsonContentTypes: json } = config.CaptureContentTypeHeader ?? {}
  const encodings = new Map<string, CaptureEncoding>([
    ...(csv ?? []).map((type) => [mediaType(type), 'CSV'] as const),
    ...(json ?? []).map((type) => [mediaType(type), 'JSON'] as const),
  ])
  return {
    input,
    output,
    share: Math.min(percentage, 100) / 100,
    kindOf: remembering((contentType) => ({
      encoding: encodings.get(mediaType(contentType)) ?? 'BASE64',
      observed: `"observedContentType":${JSON.stringify(contentType)},`,
    })),
  }
}

function remembering(find: (contentType: string) => PayloadKind): CaptureSettings['kindOf'] {
  const known = new Map<string, PayloadKind>()
  return (contentType) => {
    if (contentType === undefined) return UNKNOWN
    let kind = known.get(contentType)
    if (!kind) {
      kind = find(contentType)
      if (known.size >= KINDS_MAX) known.clear()
      known.set(contentType, kind)
    }
    return kind
  }
}

/** `text/csv; charset=utf-8` is of the type `text/csv`. */
function mediaType(contentType: string): string {
  const end = contentType.indexOf(';')
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}
