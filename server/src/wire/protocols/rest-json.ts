import type { ServiceModel } from '../operation.ts'
import { errorBody, JSON_BYTES_MAX, parseJson } from './aws-json.ts'
import { bindingsOf, readHead, writeHead } from './http-bindings.ts'
import { createHttpRoutes } from './http-routes.ts'
import { restJsonForm } from './json-form.ts'
import type { Protocol, WireAnswer } from './protocol.ts'

/** REST-JSON: the operation is the method and path, members are spread over head and body. */
export function restJson(options: { model: ServiceModel }): Protocol {
  const routes = createHttpRoutes(options.model)
  return {
    nameOperation: async (request) => routes(request),
    read: async (operation, received) => {
      const input = readHead(operation.input, received)
      const { payload, inBody } = bindingsOf(operation.input)
      if (!payload && inBody.length === 0) return input
      const bytes = await received.payload.bytes(JSON_BYTES_MAX)
      const [name, schema] = payload ?? ['', operation.input]
      if (payload && !schema.isStructSchema()) {
        return { ...input, [name]: schema.isStringSchema() ? bytes.toString('utf8') : bytes }
      }
      const body = restJsonForm(schema).read(parseJson(bytes))
      return payload ? { ...input, [name]: body } : { ...input, ...body }
    },
    write: (operation, output) => {
      const headers = writeHead(operation.output, output)
      const status = operation.http?.status ?? 200
      const { payload, inBody } = bindingsOf(operation.output)
      if (!payload && inBody.length === 0) return { status, headers }
      const [name, schema] = payload ?? ['', operation.output]
      if (payload && !schema.isStructSchema()) {
        return { status, headers, body: output[name] as WireAnswer['body'] }
      }
      const members = Object.fromEntries(inBody.map((member) => [member, output[member]]))
      const body = JSON.stringify(restJsonForm(schema).write(payload ? output[name] : members))
      return { status, headers: { ...headers, 'content-type': 'application/json' }, body }
    },
    writeError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      body: errorBody(error),
    }),
  }
}
