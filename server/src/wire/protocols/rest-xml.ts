import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from '../../aws/errors.ts'
import type { Operation, ServiceModel } from '../operation.ts'
import { decodePercent, type WireRequest } from '../request.ts'
import { createXmlCodec } from './codec-context.ts'
import { bindingsOf, readHead, writeHead } from './http-bindings.ts'
import { createHttpRoutes } from './http-routes.ts'
import type { Protocol, Received, Shape, WireAnswer, WireError } from './protocol.ts'
import { pathWithBucket } from './s3-address.ts'
import { element, escapeXml, XML_DECLARATION } from './xml-text.ts'

/** Largest XML body: ten thousand parts, or a thousand keys of a kilobyte each, stay well below. */
export const XML_BYTES_MAX = 8 * 1024 * 1024

/** Lists the buckets of another kind of S3; it has a host of its own and looks like ListBuckets. */
const NOT_ROUTED = new Set(['ListDirectoryBuckets'])

/** S3's dialect of REST-XML: the bucket is in the path or in the host, bodies stream both ways. */
export function s3RestXml(options: { model: ServiceModel; xmlNamespace: string }): Protocol {
  const routes = createHttpRoutes(options.model, {
    except: NOT_ROUTED,
    prefixOf: ({ input }) => (hasBucket(input) ? '/{Bucket}' : ''),
  })
  const codec = createXmlCodec(options.xmlNamespace)
  const { xmlNamespace } = options
  return {
    nameOperation: async (request) => {
      const { method, query } = request
      const rawPath = pathWithBucket(request)
      return routes({ method, query, rawPath, header: (name) => request.header(name) })
    },
    read: async (operation, received) => {
      const input = readHead(operation.input, received)
      correctLength(operation, input, received)
      const { payload } = bindingsOf(operation.input)
      if (!payload) return { ...input, ...(await readBody(operation.input, received)) }
      const [name, schema] = payload
      if (schema.isStreaming()) return withStream(operation, { input, name, received })
      const value = await readPayload(schema, received)
      if (value === undefined && operation.required.includes(name)) throw malformedXml()
      return value === undefined ? input : { ...input, [name]: value }
    },
    write: (operation, output) => {
      const headers = writeHead(operation.output, output)
      const status = output.ContentRange === undefined ? (operation.http?.status ?? 200) : 206
      return { status, ...writeBody(operation, output, headers) }
    },
    writeError,
  }

  async function readPayload(schema: NormalizedSchema, { payload }: Received): Promise<unknown> {
    const bytes = await payload.bytes(XML_BYTES_MAX)
    if (bytes.length === 0) return undefined
    if (schema.isStringSchema()) return bytes.toString('utf8')
    if (schema.isBlobSchema()) return bytes
    return readXml(schema, bytes)
  }

  async function readBody(schema: NormalizedSchema, { payload }: Received): Promise<Shape> {
    if (bindingsOf(schema).inBody.length === 0) return {}
    const bytes = await payload.bytes(XML_BYTES_MAX)
    return bytes.length === 0 ? {} : (readXml(schema, bytes) as Shape)
  }

  function readXml(schema: NormalizedSchema, bytes: Buffer): unknown {
    try {
      return codec.createDeserializer().read(schema, bytes)
    } catch {
      throw malformedXml()
    }
  }

  function writeBody(
    operation: Operation,
    output: Shape,
    headers: Record<string, string>,
  ): Pick<WireAnswer, 'headers' | 'body'> {
    const { payload, inBody } = bindingsOf(operation.output)
    if (payload) {
      const [name, schema] = payload
      const value = output[name]
      if (value === undefined || value === null) return { headers }
      if (!schema.isStructSchema())
        return { headers, body: value as NonNullable<WireAnswer['body']> }
      return { headers: { ...headers, ...XML_TYPE }, body: writeXml(schema, value) }
    }
    if (inBody.length === 0) return { headers }
    // the location is the root element's own text, which no member of the model says
    if (operation.name === 'GetBucketLocation') {
      const text = escapeXml(String(output.LocationConstraint ?? ''))
      const body = `${XML_DECLARATION}<LocationConstraint xmlns="${xmlNamespace}">${text}</LocationConstraint>`
      return { headers: { ...headers, ...XML_TYPE }, body }
    }
    const members = Object.fromEntries(inBody.map((name) => [name, output[name]]))
    return { headers: { ...headers, ...XML_TYPE }, body: writeXml(operation.output, members) }
  }

  function writeXml(schema: NormalizedSchema, value: unknown): string {
    const serializer = codec.createSerializer()
    serializer.write(schema, value)
    return `${XML_DECLARATION}${serializer.flush()}`
  }
}

const XML_TYPE = { 'content-type': 'application/xml' }

function hasBucket(input: NormalizedSchema): boolean {
  if (input.isUnitSchema()) return false
  return bindingsOf(input).inHead.some(
    ([name, member]) => name === 'Bucket' && member.getMergedTraits().httpLabel !== undefined,
  )
}

/** What the handler stores has the decoded length and encoding, not those of the transfer. */
function correctLength(operation: Operation, input: Shape, { payload, request }: Received): void {
  if (!('ContentLength' in operation.input.getMemberSchemas())) return
  if (payload.sizeBytes !== undefined) input.ContentLength = payload.sizeBytes
  const encoding = request.header('content-encoding')
  if (!encoding?.includes('aws-chunked')) return
  const own = encoding
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== 'aws-chunked' && word !== '')
  if (own.length > 0) input.ContentEncoding = own.join(', ')
  else delete input.ContentEncoding
}

/** Checksums that follow the body become members of the input before the stream of it ends. */
function withStream(
  operation: Operation,
  { input, name, received }: { input: Shape; name: string; received: Received },
): Shape {
  const { payload } = received
  if (payload.sizeBytes === undefined) {
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  const whole: Shape = { ...input, [name]: payload.stream() }
  payload.onChecksums((checksums) => {
    for (const [member, schema] of bindingsOf(operation.input).inHead) {
      const value = checksums.get(schema.getMergedTraits().httpHeader?.toLowerCase() ?? '')
      if (value !== undefined) whole[member] = value
    }
  })
  return whole
}

function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  )
}

function writeError(error: WireError, request: WireRequest): WireAnswer {
  const members = Object.entries(error.members).map(([name, value]) => element(name, String(value)))
  const body = [
    `${XML_DECLARATION}<Error>`,
    element('Code', error.code),
    element('Message', error.message),
    ...members,
    element('Resource', decodePercent(request.rawPath)),
    `${element('RequestId', error.requestId)}${element('HostId', error.requestId)}</Error>`,
  ].join('')
  return { status: error.status, headers: XML_TYPE, body }
}
