import { type ChunkedBody, createChunkedBody } from './chunked-body.ts'

/** One HTTP/1.1 answer. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string | undefined
  readonly body: Buffer
  /** False when the connection cannot be used again. */
  readonly keepAlive: boolean
}

/** Reads one answer from the bytes of a connection. */
export interface AnswerReader {
  /** @returns the answer, once it is whole. @throws Error when it is no HTTP */
  push(bytes: Buffer): HttpAnswer | undefined
  /** The connection ended: an answer without a length is whole then. */
  end(): HttpAnswer | undefined
}

interface Head {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
}

const HEAD_BYTES_MAX = 65_536
const HEAD_END = '\r\n\r\n'

/**
 * A reader for one answer: by Content-Length, in chunks or until the connection ends. Of its own, since the
 * general client takes several times as long for an answer of a few bytes.
 */
export function createAnswerReader(): AnswerReader {
  let head: Buffer = Buffer.alloc(0)
  let body: BodyReader | undefined
  return {
    push: (bytes) => {
      if (body) return body.push(bytes)
      head = head.length > 0 ? Buffer.concat([head, bytes]) : bytes
      for (;;) {
        const end = head.indexOf(HEAD_END)
        if (end < 0) {
          if (head.length > HEAD_BYTES_MAX) throw new Error('the head of the answer has no end')
          return undefined
        }
        const found = parseHead(head.toString('latin1', 0, end))
        head = head.subarray(end + HEAD_END.length)
        // what comes before the answer itself, such as 100 Continue
        if (found.status < 200) continue
        body = createBodyReader(found)
        return body.push(head)
      }
    },
    end: () => body?.end(),
  }
}

interface BodyReader {
  push(bytes: Buffer): HttpAnswer | undefined
  end(): HttpAnswer | undefined
}

function createBodyReader(head: Head): BodyReader {
  const chunked: ChunkedBody | undefined = isChunked(head) ? createChunkedBody() : undefined
  const length = lengthOf(head)
  const parts: Buffer[] = []
  let count = 0
  const whole = (body: Buffer): HttpAnswer => ({
    status: head.status,
    contentType: head.headers.get('content-type'),
    body,
    keepAlive:
      head.headers.get('connection')?.toLowerCase() !== 'close' &&
      (chunked !== undefined || length !== undefined),
  })
  return {
    push: (bytes) => {
      if (chunked) {
        const body = chunked.push(bytes)
        return body && whole(body)
      }
      parts.push(bytes)
      count += bytes.length
      return length === undefined || count < length
        ? undefined
        : whole(Buffer.concat(parts, length))
    },
    end: () => (chunked || length !== undefined ? undefined : whole(Buffer.concat(parts))),
  }
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
  if (status === undefined) throw new Error(`the answer is no HTTP/1.1: ${first.slice(0, 80)}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  // such an answer ends the connection unless it says otherwise
  if (first.startsWith('HTTP/1.0') && !headers.has('connection')) headers.set('connection', 'close')
  return { status: Number(status), headers }
}

function lengthOf(head: Head): number | undefined {
  if (head.status === 204 || head.status === 304) return 0
  const length = Number(head.headers.get('content-length'))
  return head.headers.has('content-length') && Number.isInteger(length) ? length : undefined
}

function isChunked(head: Head): boolean {
  return /\bchunked\b/i.test(head.headers.get('transfer-encoding') ?? '')
}
