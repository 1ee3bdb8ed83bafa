import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from '../../aws/errors.ts'
import type { WireRequest } from '../request.ts'
import { bindingReader, bindingWriter } from './codec-context.ts'
import type { Shape } from './protocol.ts'

/** An input's or output's members by where REST protocols put them. */
interface Bindings {
  readonly inHead: readonly [name: string, schema: NormalizedSchema][]
  readonly payload: readonly [name: string, schema: NormalizedSchema] | undefined
  readonly inBody: readonly string[]
}

const known = new WeakMap<NormalizedSchema, Bindings>()

export function bindingsOf(schema: NormalizedSchema): Bindings {
  const found = known.get(schema)
  if (found) return found
  const bindings = readBindings(schema)
  known.set(schema, bindings)
  return bindings
}

function readBindings(schema: NormalizedSchema): Bindings {
  const inHead: [string, NormalizedSchema][] = []
  const inBody: string[] = []
  let payload: [string, NormalizedSchema] | undefined
  if (schema.isUnitSchema()) return { inHead, inBody, payload }
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits()
    if (traits.httpPayload) payload = [name, member]
    else if (
      traits.httpHeader !== undefined ||
      traits.httpPrefixHeaders !== undefined ||
      traits.httpQuery !== undefined ||
      traits.httpQueryParams !== undefined ||
      traits.httpLabel !== undefined ||
      traits.httpResponseCode !== undefined
    ) {
      inHead.push([name, member])
    } else inBody.push(name)
  }
  return { inHead, payload, inBody }
}

/** Reads an input's members from the path's labels, the query and the headers. @throws AwsError */
export function readHead(
  schema: NormalizedSchema,
  { request, labels }: { request: WireRequest; labels: Readonly<Record<string, string>> },
): Shape {
  const input: Shape = {}
  for (const [name, member] of bindingsOf(schema).inHead) {
    const value = readBound(member, { name, request, labels })
    if (value !== undefined) input[name] = value
  }
  return input
}

interface BoundPlace {
  readonly name: string
  readonly request: WireRequest
  readonly labels: Readonly<Record<string, string>>
}

function readBound(member: NormalizedSchema, { name, request, labels }: BoundPlace): unknown {
  const traits = member.getMergedTraits()
  if (traits.httpPrefixHeaders !== undefined) {
    return prefixedHeaders(request, traits.httpPrefixHeaders)
  }
  if (traits.httpQueryParams !== undefined) {
    return Object.fromEntries([...request.query].map(([key, values]) => [key, values[0] ?? '']))
  }
  if (traits.httpLabel !== undefined) return readText(member, { text: labels[name], name })
  if (traits.httpHeader !== undefined) {
    const text = headerOrParameter(request, traits.httpHeader.toLowerCase())
    const header = text === undefined ? undefined : fromLatin1(text)
    return readText(member, { text: header, name: traits.httpHeader })
  }
  if (traits.httpQuery === undefined) return undefined
  const values = request.query.get(traits.httpQuery)
  if (values === undefined) return undefined
  if (!member.isListSchema()) return readText(member, { text: values[0], name: traits.httpQuery })
  return values.map((text) => readText(member.getValueSchema(), { text, name }))
}

function readText(
  schema: NormalizedSchema,
  { text, name }: { text: string | undefined; name: string },
): unknown {
  if (text === undefined) return undefined
  if (schema.isTimestampSchema()) return readTimestamp(schema, text)
  const value = bindingReader.read(schema, text) as unknown
  if (schema.isNumericSchema() && (text.trim() === '' || Number.isNaN(value))) {
    throw new AwsError(
      'InvalidArgument',
      `Provided ${name} not an integer or within integer range`,
      {
        members: { ArgumentName: name, ArgumentValue: text },
      },
    )
  }
  return value
}

/** A date that cannot be read counts as none, as RFC 9110 asks for conditional headers. */
function readTimestamp(schema: NormalizedSchema, text: string): unknown {
  try {
    return bindingReader.read(schema, text)
  } catch {
    const milliseconds = Date.parse(text)
    return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds)
  }
}

function prefixedHeaders(request: WireRequest, prefix: string): Shape | undefined {
  const found: Shape = {}
  for (const [name, values] of request.query) {
    if (name.startsWith(prefix)) found[name.slice(prefix.length)] = values[0] ?? ''
  }
  for (const name of request.headerNames) {
    if (name.startsWith(prefix)) {
      found[name.slice(prefix.length)] = fromLatin1(request.header(name) ?? '')
    }
  }
  return Object.keys(found).length === 0 ? undefined : found
}

/**
 * Presigned URLs carry Amazon's headers as parameters. Checksums are not taken from there: they would be of
 * the body that the URL's maker had, which is none.
 */
function headerOrParameter(request: WireRequest, name: string): string | undefined {
  const text = request.header(name)
  const asParameter = name.startsWith('x-amz-') && !name.startsWith('x-amz-checksum-')
  return text === undefined && asParameter ? request.query.get(name)?.[0] : text
}

/** Node hands header bytes over one per character; clients mean UTF-8. */
function fromLatin1(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 127) return Buffer.from(text, 'latin1').toString('utf8')
  }
  return text
}

/** Writes the head's members of an output; absent ones are left out. */
export function writeHead(schema: NormalizedSchema, output: Shape): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, member] of bindingsOf(schema).inHead) {
    const value = output[name]
    if (value === undefined || value === null) continue
    const { httpHeader, httpPrefixHeaders } = member.getMergedTraits()
    if (httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(value)) {
        headers[`${httpPrefixHeaders}${key}`.toLowerCase()] = headerText(String(text))
      }
    } else if (httpHeader !== undefined) {
      bindingWriter.write(member, value)
      headers[httpHeader.toLowerCase()] = headerText(bindingWriter.flush())
    }
  }
  return headers
}

/** Headers are ASCII: other text goes out as RFC 2047 words, as S3 does with metadata. */
function headerText(text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text
  return `=?UTF-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`
}
