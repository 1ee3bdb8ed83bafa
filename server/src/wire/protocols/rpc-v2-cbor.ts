import { CborCodec, cbor } from '@smithy/core/cbor'
import { inContext } from './codec-context.ts'
import { jsonForm, serializationException } from './json-form.ts'
import type { Protocol } from './protocol.ts'

/** Largest CBOR request: larger ones are refused before they are read. */
export const CBOR_BYTES_MAX = 16 * 1024 * 1024

/** What requests and answers say in `Smithy-Protocol`. */
export const RPC_V2_CBOR = 'rpc-v2-cbor'

/** CBOR's tag of an instant in seconds of the epoch, RFC 8949 §3.4.2. */
const EPOCH_TAG = 1

const codec = inContext(new CborCodec())

/**
 * Smithy RPC v2 with CBOR: `POST /service/<service>/operation/<operation>`. Services that once spoke Query tell older
 * clients the code that they knew.
 *
 * @source https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export function rpcV2Cbor(options: { serviceName: string }): Protocol {
  const prefix = `/service/${options.serviceName}/operation/`
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': RPC_V2_CBOR }
  return {
    nameOperation: async ({ rawPath }) => {
      // clients may have a path of their own in front
      const at = rawPath.lastIndexOf(prefix)
      return at < 0 ? undefined : { name: rawPath.slice(at + prefix.length), labels: {} }
    },
    read: async (operation, { payload }) => {
      const value = parseCbor(await payload.bytes(CBOR_BYTES_MAX))
      return operation.input.isUnitSchema() ? {} : jsonForm(operation.input).read(value)
    },
    write: (operation, output) => {
      if (operation.output.isUnitSchema()) {
        return { status: 200, headers: { 'smithy-protocol': RPC_V2_CBOR } }
      }
      const serializer = codec.createSerializer()
      serializer.write(operation.output, output)
      return { status: 200, headers, body: serializer.flush() }
    },
    writeError: (error) => {
      const { code, queryCode, message, messageMember, members, fault } = error
      const sender = fault === 'client' ? 'Sender' : 'Receiver'
      return {
        status: error.status,
        headers: { ...headers, 'x-amzn-query-error': `${queryCode ?? code};${sender}` },
        body: cbor.serialize({ __type: code, [messageMember]: message, ...members }),
      }
    },
  }
}

/** @returns {} for an empty body. @throws AwsError SerializationException */
function parseCbor(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {}
  let value: unknown
  try {
    value = inJsonForm(cbor.deserialize(bytes))
  } catch {
    throw serializationException('Unexpected byte or end of input: the body is not CBOR')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw serializationException('Start of structure expected: the body is not a CBOR map')
  }
  return value as Record<string, unknown>
}

/** What CBOR has types for and JSON has not, as JSON writes it: bytes as base64, instants as seconds. */
function inJsonForm(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(inJsonForm)
  if ('tag' in value && 'value' in value && value.tag === EPOCH_TAG) return inJsonForm(value.value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inJsonForm(item)]))
}
