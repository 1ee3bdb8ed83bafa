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
  push(chunk: Buffer): HttpAnswer | undefined
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
 * A reader for one answer to a POST or a GET: by Content-Length, in chunks or until the connection ends.
 * Of its own, since the general client takes a fifth of a core at what one container answers.
 */
export function createAnswerReader(): AnswerReader {
  let head: Head | undefined
  let ahead: Buffer = Buffer.alloc(0)
  let chunks: Buffer[] = []
  let bytes = 0
  const whole = (body: Buffer): HttpAnswer => {
    const keepAlive = head?.headers.get('connection')?.toLowerCase() !== 'close'
    return {
      status: head?.status ?? 0,
      contentType: head?.headers.get('content-type'),
      body,
      keepAlive: keepAlive && (lengthOf(head) !== undefined || isChunked(head)),
    }
  }
  const take = (chunk: Buffer): HttpAnswer | undefined => {
    chunks.push(chunk)
    bytes += chunk.length
    const length = lengthOf(head)
    if (length !== undefined)
      return bytes < length ? undefined : whole(Buffer.concat(chunks, length))
    if (!isChunked(head)) return undefined
    if (!chunk.includes(0x0a)) return undefined
    const all = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    chunks = [all]
    const body = dechunked(all)
    return body && whole(body)
  }
  return {
    push: (chunk) => {
      if (head) return take(chunk)
      ahead = ahead.length > 0 ? Buffer.concat([ahead, chunk]) : chunk
      for (;;) {
        const end = ahead.indexOf(HEAD_END)
        if (end < 0) {
          if (ahead.length > HEAD_BYTES_MAX) throw new Error('the head of the answer has no end')
          return undefined
        }
        const found = parseHead(ahead.toString('latin1', 0, end))
        ahead = ahead.subarray(end + HEAD_END.length)
        if (found.status >= 200) {
          head = found
          return take(ahead)
        }
      }
    },
    end: () =>
      head && lengthOf(head) === undefined && !isChunked(head)
        ? whole(Buffer.concat(chunks))
        : undefined,
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

function lengthOf(head: Head | undefined): number | undefined {
  if (head?.status === 204 || head?.status === 304) return 0
  const length = head?.headers.get('content-length')
  return length === undefined || isChunked(head) ? undefined : Number(length)
}

function isChunked(head: Head | undefined): boolean {
  return /\bchunked\b/i.test(head?.headers.get('transfer-encoding') ?? '')
}

/** @returns undefined until the last chunk and the trailer's end are there */
function dechunked(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (Number.isNaN(size)) throw new Error('the answer has a chunk without a size')
    if (size === 0) {
      const isEnded = bytes.indexOf('\r\n', end + 2) === end + 2 || bytes.indexOf(HEAD_END, end) > 0
      return isEnded ? Buffer.concat(parts) : undefined
    }
    const from = end + 2
    if (bytes.length < from + size + 2) return undefined
    parts.push(bytes.subarray(from, from + size))
    at = from + size + 2
  }
}
