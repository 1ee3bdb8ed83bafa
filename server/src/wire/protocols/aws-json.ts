import { jsonForm, serializationException } from './json-form.ts'
import type { Protocol, Shape, WireError } from './protocol.ts'

/** Largest JSON request: larger ones are refused before they are read. */
export const JSON_BYTES_MAX = 16 * 1024 * 1024

/**
 * AWS JSON 1.0 and 1.1: `POST /` with the operation in `X-Amz-Target`. The two differ in the content type
 * alone; an answer has that of its request.
 */
export function awsJson(options: { targetPrefix: string }): Protocol {
  const prefix = `${options.targetPrefix}.`
  return {
    nameOperation: async (request) => {
      const target = request.header('x-amz-target')
      if (!target?.startsWith(prefix)) return undefined
      return { name: target.slice(prefix.length), labels: {} }
    },
    read: async (operation, { payload }) => {
      const value = parseJson(await payload.bytes(JSON_BYTES_MAX))
      return operation.input.isUnitSchema() ? {} : jsonForm(operation.input).read(value)
    },
    write: (operation, output, request) => {
      const headers = { 'content-type': contentType(request.header('content-type')) }
      // what has no modelled output is answered with an empty body, not with an empty object
      if (operation.output.isUnitSchema()) return { status: 200, headers }
      return {
        status: 200,
        headers,
        body: JSON.stringify(jsonForm(operation.output).write(output)),
      }
    },
    writeError: (error, request) => ({
      status: error.status,
      headers: {
        'content-type': contentType(request.header('content-type')),
        ...queryErrorHeader(error, request.header('x-amzn-query-mode')),
      },
      body: errorBody(error),
    }),
  }
}

/** The JSON form of a refusal, as bodies of JSON and REST-JSON services carry it. */
export function errorBody({ code, message, messageMember, members }: WireError): string {
  return JSON.stringify({ __type: code, [messageMember]: message, ...members })
}

/** @returns {} for an empty body. @throws AwsError SerializationException */
export function parseJson(bytes: Buffer): Shape {
  if (bytes.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw serializationException('Unexpected character or end of input: the body is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw serializationException('Start of structure expected: the body is not a JSON object')
  }
  return value as Shape
}

/** Services that once spoke Query tell older clients the code that they knew. */
function queryErrorHeader(error: WireError, queryMode: string | undefined) {
  if (queryMode !== 'true') return {}
  const sender = error.fault === 'client' ? 'Sender' : 'Receiver'
  return { 'x-amzn-query-error': `${error.queryCode ?? error.code};${sender}` }
}

function contentType(requested: string | undefined): string {
  return requested?.startsWith('application/x-amz-json-1.0')
    ? 'application/x-amz-json-1.0'
    : 'application/x-amz-json-1.1'
}
