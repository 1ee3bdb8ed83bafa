import { parseQuery, type Query, type WireRequest } from '../request.ts'
import { createXmlCodec } from './codec-context.ts'
import { readFormShape } from './form-shape.ts'
import type { Payload, Protocol } from './protocol.ts'
import { element, XML_DECLARATION } from './xml-text.ts'

/** Largest form; IAM's policies are the largest members that most of these services have. */
export const FORM_BYTES_MAX = 1024 * 1024

/** AWS Query: the operation and its input as a form, the output as XML. STS, IAM and older CloudWatch. */
export function query(options: { xmlNamespace: string; bytesMax?: number }): Protocol {
  const { xmlNamespace, bytesMax = FORM_BYTES_MAX } = options
  const codec = createXmlCodec('')
  return {
    nameOperation: async (request, payload) => {
      const form = await readForm(request, { payload, bytesMax })
      const name = form.get('Action')?.[0]
      return name === undefined ? undefined : { name, labels: {} }
    },
    read: async (operation, { request, payload }) =>
      readFormShape(operation.input, await readForm(request, { payload, bytesMax })),
    write: (operation, output, request) => {
      let result = ''
      if (!operation.output.isUnitSchema()) {
        const serializer = codec.createSerializer()
        serializer.write(operation.output, output)
        const inner = withoutRoot(String(serializer.flush()))
        result = `<${operation.name}Result>${inner}</${operation.name}Result>`
      }
      const metadata = `<ResponseMetadata><RequestId>${request.id}</RequestId></ResponseMetadata>`
      const root = `${operation.name}Response`
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<${root} xmlns="${xmlNamespace}">${result}${metadata}</${root}>`,
      }
    },
    writeError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'text/xml' },
      body: [
        `${XML_DECLARATION}<ErrorResponse xmlns="${xmlNamespace}"><Error>`,
        element('Type', error.fault === 'client' ? 'Sender' : 'Receiver'),
        element('Code', error.queryCode ?? error.code),
        element('Message', error.message),
        ...Object.entries(error.members).map(([name, value]) => memberXml(name, value)),
        `</Error>${element('RequestId', error.requestId)}</ErrorResponse>`,
      ].join(''),
    }),
  }
}

/** A member of an error beside its message. */
function memberXml(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    return `<${name}>${value.map((item) => memberXml('member', item)).join('')}</${name}>`
  }
  if (typeof value !== 'object' || value === null) return element(name, String(value))
  const inner = Object.entries(value).map(([own, item]) => memberXml(own, item))
  return `<${name}>${inner.join('')}</${name}>`
}

async function readForm(
  request: WireRequest,
  { payload, bytesMax }: { payload: Payload | undefined; bytesMax: number },
): Promise<Query> {
  if (request.query.has('Action')) return request.query
  const bytes = await payload?.bytes(bytesMax)
  return parseQuery(bytes?.toString('utf8') ?? '')
}

/** The codec names the root after the output's shape; Query names it after the operation. */
function withoutRoot(xml: string): string {
  const start = xml.indexOf('>')
  return xml[start - 1] === '/' ? '' : xml.slice(start + 1, xml.lastIndexOf('</'))
}
