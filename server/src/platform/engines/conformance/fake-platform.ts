import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Just so much of the platform's API as runners call, in memory, able to be away and to lose answers. */
export interface FakePlatform {
  readonly url: string
  /** `bucket/key` → content. */
  readonly objects: Map<string, Buffer>
  /** `group/stream` → messages in the order they were stored. */
  readonly logs: Map<string, string[]>
  /** Requests answered so far, as `METHOD /path`. */
  readonly requests: string[]
  /** The next so many answers are lost after the work is done. */
  loseAnswers(count: number): void
  /** Cuts all connections, new ones too, until `comeBack`. */
  goAway(): void
  comeBack(): void
  close(): Promise<void>
}

export async function startFakePlatform(): Promise<FakePlatform> {
  const objects = new Map<string, Buffer>()
  const logs = new Map<string, string[]>()
  const requests: string[] = []
  let losses = 0
  const services = { s3: createS3(objects), logs: createLogs(logs) }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requests.push(`${request.method} ${request.url}`)
    const answer = route(request, Buffer.concat(chunks), services)
    if (losses > 0 && request.url !== '/_sagebrush/credentials') {
      losses--
      response.destroy()
      return
    }
    response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? '')
  }
  let away = false
  const server = createServer((request, response) => void handle(request, response))
  // It keeps its port, which somebody else could take meanwhile.
  server.on('connection', (socket) => away && socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    objects,
    logs,
    requests,
    loseAnswers: (count) => {
      losses = count
    },
    goAway: () => {
      away = true
      server.closeAllConnections()
    },
    comeBack: () => {
      away = false
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

type Service = (request: IncomingMessage, body: Buffer) => Answer

function route(
  request: IncomingMessage,
  body: Buffer,
  services: { s3: Service; logs: Service },
): Answer {
  if (request.url === '/_sagebrush/credentials') {
    if (request.headers.authorization !== 'the-token') return { status: 403, body: 'no such task' }
    const Expiration = '2999-01-01T00:00:00Z'
    const keys = { AccessKeyId: 'AK', SecretAccessKey: 'SK', Token: 'ST', Expiration }
    return { body: JSON.stringify(keys) }
  }
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)/.exec(request.headers.authorization ?? '')
  if (scope?.[2] === 's3') return services.s3(request, body)
  if (scope?.[2] === 'logs') return services.logs(request, body)
  return { status: 403, body: 'not signed' }
}

function createLogs(logs: Map<string, string[]>): Service {
  const offsets = new Set<string>()
  return (request, body) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1]
    const input = JSON.parse(body.toString())
    const stream = `${input.logGroupName}/${input.logStreamName}`
    if (operation === 'CreateLogStream') logs.set(stream, logs.get(stream) ?? [])
    if (operation !== 'PutLogEvents') return { body: '{}' }
    const stored = logs.get(stream)
    if (!stored) return { status: 400, body: '{"__type":"ResourceNotFoundException"}' }
    const id = `${stream} ${input.sequenceToken}`
    if (!offsets.has(id)) {
      offsets.add(id)
      for (const { message } of input.logEvents) stored.push(message)
    }
    return { body: '{}' }
  }
}

const LIST_MAX = 3

function createS3(objects: Map<string, Buffer>): Service {
  const uploads = new Map<string, Map<number, Buffer>>()
  return (request, body) => {
    const url = new URL(request.url ?? '/', 'http://s3')
    const name = decodeURIComponent(url.pathname.slice(1))
    const query = url.searchParams
    if (query.has('list-type')) return list(objects, name, query)
    if (request.method === 'POST' && query.has('uploads')) {
      const id = `upload-${uploads.size + 1}`
      uploads.set(id, new Map())
      return { body: `<R><UploadId>${id}</UploadId></R>` }
    }
    const parts = uploads.get(query.get('uploadId') ?? '')
    if (query.has('uploadId') && !parts) return fault(404, 'NoSuchUpload')
    if (parts && request.method === 'DELETE') {
      uploads.delete(query.get('uploadId') ?? '')
      return { status: 204 }
    }
    if (parts && request.method === 'PUT') {
      if (name.startsWith('no-parts/')) return fault(403, 'AccessDenied')
      parts.set(Number(query.get('partNumber')), body)
      return { headers: { etag: `"${query.get('partNumber')}"` } }
    }
    if (parts) {
      const ordered = [...parts].sort(([left], [right]) => left - right).map(([, part]) => part)
      objects.set(name, Buffer.concat(ordered))
      uploads.delete(query.get('uploadId') ?? '')
      return {}
    }
    if (request.method === 'PUT') {
      objects.set(name, body)
      return {}
    }
    const object = objects.get(name)
    return object ? { body: object } : fault(404, 'NoSuchKey')
  }
}

function list(objects: Map<string, Buffer>, bucket: string, query: URLSearchParams): Answer {
  if (bucket === 'forbidden') return fault(403, 'AccessDenied')
  const prefix = query.get('prefix') ?? ''
  const keys = [...objects.keys()]
    .filter((name) => name.startsWith(`${bucket}/${prefix}`))
    .map((name) => name.slice(bucket.length + 1))
    .sort()
  if (![...objects.keys()].some((name) => name.startsWith(`${bucket}/`))) {
    return fault(404, 'NoSuchBucket')
  }
  const start = Number(query.get('continuation-token') ?? 0)
  const contents = keys.slice(start, start + LIST_MAX).map((key) => {
    const size = objects.get(`${bucket}/${key}`)?.length
    return `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${size}</Size></Contents>`
  })
  const next = start + LIST_MAX
  const token = next < keys.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''
  return { body: `<ListBucketResult>${contents.join('')}${token}</ListBucketResult>` }
}

function fault(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>${code} it is</Message></Error>` }
}
