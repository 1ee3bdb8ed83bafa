import { systemClock } from '../server/src/base/clock.ts'
import { type Credentials, signedHeaders } from '../server/src/runner/signature.ts'

/** Where signed requests of a run go. */
export interface Addressee {
  readonly port: number
  readonly region: string
  readonly service: string
  readonly credentials: Credentials
}

/** One request as bytes, signed now: it holds for a quarter of an hour. */
export function signedRequest(
  request: {
    method: string
    path: string
    headers?: Readonly<Record<string, string>>
    body?: string | Buffer
  },
  { port, region, service, credentials }: Addressee,
): Buffer {
  const body = Buffer.from(request.body ?? '')
  const headers = signedHeaders(
    {
      method: request.method,
      host: `127.0.0.1:${port}`,
      path: request.path,
      query: {},
      headers: request.headers ?? {},
      body,
    },
    { credentials, region, service, now: systemClock.now() },
  )
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}
