import type { CaptureSettings } from './capture-settings.ts'

/** One side of an invocation. */
export interface Payload {
  readonly contentType: string | undefined
  readonly body: Buffer
}

/** What is known of an invocation beside what went in and came out. */
export interface CaptureEvent {
  /** Of characters that stand for themselves in JSON. */
  readonly eventId: string
  readonly inferenceId: string | undefined
  /** As the caller sent them, the empty text too; undefined when there were none. */
  readonly customAttributes: string | undefined
  readonly at: Date
}

/**
 * The line that one invocation becomes, with its line end. Put together by hand, since it is made while the
 * next requests wait: only what comes from outside goes through JSON's encoder.
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
  const sides = settings.input ? `"endpointInput":${side('INPUT', input, settings)}` : ''
  const both = settings.input && settings.output ? ',' : ''
  const last = settings.output ? `"endpointOutput":${side('OUTPUT', output, settings)}` : ''
  const { eventId, inferenceId, customAttributes, at } = event
  const ids = inferenceId === undefined ? '' : `"inferenceId":${JSON.stringify(inferenceId)},`
  const attributes =
    customAttributes === undefined
      ? ''
      : `"customAttributes":[${JSON.stringify(customAttributes)}],`
  return (
    `{"captureData":{${sides}${both}${last}},"eventMetadata":{"eventId":"${eventId}",` +
    `${ids}${attributes}"inferenceTime":"${wholeSecond(at)}"},"eventVersion":"0"}\n`
  )
}

function side(
  mode: 'INPUT' | 'OUTPUT',
  { contentType, body }: Payload,
  settings: CaptureSettings,
): string {
  const { quoted, encoding } = settings.kindOf(contentType)
  const observed = quoted === undefined ? '' : `"observedContentType":${quoted},`
  const data =
    encoding === 'BASE64' ? `"${body.toString('base64')}"` : JSON.stringify(body.toString('utf8'))
  return `{${observed}"mode":"${mode}","data":${data},"encoding":"${encoding}"}`
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
