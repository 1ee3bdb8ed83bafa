import type { CaptureEncoding, CaptureSettings } from './capture-settings.ts'
import type { TextPart } from './gathered-text.ts'

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
 * The line that one invocation becomes, with its line end, in parts: bytes that stand for themselves in JSON are
 * passed on as they are, so that little is made that must be collected again. It is made while the next
 * requests wait.
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
): readonly TextPart[] {
  const parts: TextPart[] = ['{"captureData":{']
  if (settings.input) {
    parts.push('"endpointInput":{')
    addSide(parts, { mode: '"mode":"INPUT","data":"', payload: input, settings })
    if (settings.output) parts.push(',')
  }
  if (settings.output) {
    parts.push('"endpointOutput":{')
    addSide(parts, { mode: '"mode":"OUTPUT","data":"', payload: output, settings })
  }
  const { eventId, inferenceId, customAttributes, at } = event
  parts.push('},"eventMetadata":{"eventId":"', eventId)
  if (inferenceId !== undefined) parts.push('","inferenceId":"', escaped(inferenceId))
  if (customAttributes !== undefined) {
    parts.push('","customAttributes":["', escaped(customAttributes), '"],"inferenceTime":"')
  } else parts.push('","inferenceTime":"')
  parts.push(wholeSecond(at), '"},"eventVersion":"0"}\n')
  return parts
}

function addSide(
  parts: TextPart[],
  {
    mode,
    payload,
    settings,
  }: { readonly mode: string; readonly payload: Payload; readonly settings: CaptureSettings },
): void {
  const { observed, encoding } = settings.kindOf(payload.contentType)
  if (observed !== '') parts.push(observed)
  parts.push(mode, dataOf(payload.body, encoding), END[encoding])
}

const END: Readonly<Record<CaptureEncoding, string>> = {
  CSV: '","encoding":"CSV"}',
  JSON: '","encoding":"JSON"}',
  BASE64: '","encoding":"BASE64"}',
}

/** What stands between the quotes. */
function dataOf(body: Buffer, encoding: CaptureEncoding): TextPart {
  if (encoding === 'BASE64') return body.toString('base64')
  return isPlain(body) ? body : escaped(body.toString('utf8'))
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Whether bytes are text that JSON writes as it is: printable ASCII without quotes and backslashes. */
function isPlain(bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number
    if (byte < SPACE || byte > TILDE || byte === QUOTE || byte === BACKSLASH) return false
  }
  return true
}

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const TILDE = 0x7e

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
