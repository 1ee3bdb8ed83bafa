import { STATUS_CODES } from '../../base/http.ts'

/** A whole response of one line of text that ends the connection, for what never became a request. */
export function plainResponse(status: number, message: string): string {
  const body = `${message}\n`
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n` +
    'Content-Type: text/plain; charset=utf-8\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `Connection: close\r\n\r\n${body}`
  )
}
