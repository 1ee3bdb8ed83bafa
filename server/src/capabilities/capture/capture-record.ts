import type { CaptureEncoding, CaptureSettings } from './capture-settings.ts'

/** One side of an invocation. */
export interface Payload {
  readonly contentType: string | undefined
  readonly body: Buffer
}

/** What is known of an invocation beside what went in and came out. */
export interface CaptureEvent {
  readonly eventId: string
  readonly inferenceId: string | undefined
  /** As the caller sent them, the empty text too; undefined when there were none. */
  readonly customAttributes: string | undefined
  readonly at: Date
}

/**
 * The line that one invocation becomes, with its line end.
 *
 * @source AWS's guide, "Capture data from real-time endpoint"; the order of members is that of its files
 */
export function captureLine(
  settings: CaptureSettings,
  {
    input,
    output,
    event,
  }: { readonly input: Payload; readonly output: Payload; readonly event: CaptureEvent },
): string {
  const sides = [
    ...(settings.input ? [`"endpointInput":${side('INPUT', input, settings)}`] : []),
    ...(settings.output ? [`"endpointOutput":${side('OUTPUT', output, settings)}`] : []),
  ]
  const { eventId, inferenceId, customAttributes, at } = event
  const metadata = {
    eventId,
    ...(inferenceId !== undefined && { inferenceId }),
    ...(customAttributes !== undefined && { customAttributes: [customAttributes] }),
    inferenceTime: wholeSecond(at),
  }
  return (
    `{"captureData":{${sides.join(',')}},` +
    `"eventMetadata":${JSON.stringify(metadata)},"eventVersion":"0"}\n`
  )
}

function side(
  mode: 'INPUT' | 'OUTPUT',
  { contentType, body }: Payload,
  settings: CaptureSettings,
): string {
  const encoding = settings.encodingOf(contentType)
  return JSON.stringify({
    ...(contentType !== undefined && { observedContentType: contentType }),
    mode,
    data: dataOf(body, encoding),
    encoding,
  })
}

function dataOf(body: Buffer, encoding: CaptureEncoding): string {
  return encoding === 'BASE64' ? body.toString('base64') : body.toString('utf8')
}

let second = Number.NaN
let secondText = ''

/** `2022-04-04T18:49:16Z`, made once per second. */
function wholeSecond(at: Date): string {
  const present = Math.floor(at.getTime() / 1_000)
  if (present !== second) {
    second = present
    secondText = `${at.toISOString().slice(0, 19)}Z`
  }
  return secondText
}
