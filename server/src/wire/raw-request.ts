import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import { TEST_KEYS } from '../../../tests/support/front.ts'
import { request as httpRequest } from '../base/http.ts'

/** For tests: a request sent as bytes, signed by the SDK's own signer, with whatever is then changed. */
export interface RawRequest {
  readonly port: number
  readonly method?: string
  readonly path?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly service?: string
  readonly keys?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  readonly signedAt?: Date
  /** Headers that are put over the signed ones. */
  readonly changed?: Readonly<Record<string, string | undefined>>
  /** Sent in place of the body that was signed. */
  readonly sent?: string | Buffer
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly continued: boolean
}

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac(
            'sha256',
            typeof secret === 'string' ? secret : Buffer.from(secret as Uint8Array),
          )
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

export async function sendSigned(options: RawRequest): Promise<RawAnswer> {
  const {
    port,
    method = 'POST',
    path = '/',
    query = {},
    body = '',
    service = 'sagemaker',
  } = options
  const signer = new SignatureV4({
    service,
    region: 'eu-west-1',
    credentials: options.keys ?? TEST_KEYS,
    sha256: Sha256 as never,
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  })
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: 'localhost',
      path,
      query: { ...query },
      headers: { host: `localhost:${port}`, ...options.headers },
      body,
    },
    options.signedAt === undefined ? {} : { signingDate: options.signedAt },
  )
  return await sendRaw({ ...options, headers: signed.headers })
}

export function sendRaw(options: RawRequest): Promise<RawAnswer> {
  const { port, method = 'POST', path = '/', query = {}, body = '' } = options
  const headers = Object.fromEntries(
    Object.entries({ ...options.headers, ...options.changed }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Record<string, string>
  const search = new URLSearchParams(query).toString()
  const sent = options.sent ?? body
  return new Promise((resolve, reject) => {
    let continued = false
    const request = httpRequest({
      port,
      method,
      path: search === '' ? path : `${path}?${search}`,
      headers,
    })
    request.on('continue', () => {
      continued = true
      request.end(sent)
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          continued,
        })
        if (!request.writableEnded) request.destroy()
      })
    })
    if (headers.expect === undefined) request.end(sent)
    else request.flushHeaders()
  })
}
