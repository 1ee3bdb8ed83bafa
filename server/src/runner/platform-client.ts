import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { Agent, request as httpRequest } from '../base/http.ts'
import { type Credentials, canonicalQuery, signedHeaders } from './signature.ts'
import { TaskFailure } from './task-failure.ts'

/** Calls the platform's own API as the task's role, and outlives the platform's restarts. */
export interface PlatformClient {
  /**
   * Sends until an answer comes: while the platform cannot be reached, or says it is not ready, tries again
   * without end; other server faults a few times. Client faults are answers.
   *
   * @throws the signal's reason
   */
  send(request: PlatformRequest, signal?: AbortSignal): Promise<PlatformResponse>
}

export interface PlatformRequest {
  readonly service: 's3' | 'logs'
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Takes the body of a good answer as it comes; what it throws counts as a lost connection. */
  readonly receive?: (body: IncomingMessage) => Promise<void>
}

export interface PlatformResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Empty when `receive` took it. */
  readonly text: string
}

export interface PlatformClientOptions {
  readonly platformUrl: string
  readonly taskToken: string
  readonly region: string
  readonly clock: Clock
}

const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 5000
/** Of answers that say the platform is there but broke. */
const FAULT_ATTEMPTS_MAX = 8
const SILENCE_MS_MAX = 60_000
/** Credentials are fetched anew this long before they expire. */
const EXPIRY_MARGIN_MS = 5 * 60_000

export function createPlatformClient(options: PlatformClientOptions): PlatformClient {
  const url = new URL(options.platformUrl)
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const wallet = createWallet(options, agent)
  const attempt = async (request: PlatformRequest, signal: AbortSignal | undefined) => {
    const query = request.query ?? {}
    const headers = signedHeaders(
      {
        method: request.method,
        host: url.host,
        path: request.path,
        query,
        headers: request.headers ?? {},
        body: request.service === 's3' ? undefined : (request.body ?? ''),
      },
      {
        credentials: await wallet.credentials(signal),
        region: options.region,
        service: request.service,
        now: options.clock.now(),
      },
    )
    const suffix = canonicalQuery(query)
    return exchange(agent, {
      url,
      method: request.method,
      path: suffix === '' ? request.path : `${request.path}?${suffix}`,
      headers,
      ...(request.body !== undefined && { body: request.body }),
      ...(request.receive && { receive: request.receive }),
      ...(signal && { signal }),
    })
  }
  return {
    send: async (request, signal) => {
      let isFresh = false
      return withRetries(signal, async () => {
        const response = await attempt(request, signal)
        if (!isFresh && isStale(response)) {
          isFresh = true
          wallet.forget()
          return attempt(request, signal)
        }
        return response
      })
    },
  }
}

function isStale({ status, text }: PlatformResponse): boolean {
  return (
    status >= 400 &&
    status < 404 &&
    /ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient/.test(text)
  )
}

/** Holds the role's credentials, which the task's token is exchanged for. */
function createWallet({ platformUrl, taskToken, clock }: PlatformClientOptions, agent: Agent) {
  let held: { credentials: Credentials; expiresMs: number } | undefined
  let fetching: Promise<Credentials> | undefined
  const fetchOnce = async (signal: AbortSignal | undefined): Promise<Credentials> => {
    const response = await withRetries(signal, () =>
      exchange(agent, {
        url: new URL(platformUrl),
        method: 'GET',
        path: '/_sagebrush/credentials',
        headers: { authorization: taskToken },
        ...(signal && { signal }),
      }),
    )
    if (response.status !== 200) {
      throw new TaskFailure(
        'StartFailed',
        `Cannot get the execution role's credentials: the platform answered ${response.status} ${response.text.slice(0, 300)}`,
      )
    }
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(response.text)
    const expiresMs = Date.parse(Expiration)
    const credentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
    }
    held = { credentials, expiresMs }
    return credentials
  }
  return {
    credentials: (signal: AbortSignal | undefined): Promise<Credentials> | Credentials => {
      if (held && held.expiresMs - clock.now().getTime() > EXPIRY_MARGIN_MS) return held.credentials
      fetching ??= fetchOnce(signal).finally(() => {
        fetching = undefined
      })
      return fetching
    },
    forget: () => {
      held = undefined
    },
  }
}

/** Repeats what fails for reasons that pass. @throws the signal's reason, or a TaskFailure at once */
async function withRetries(
  signal: AbortSignal | undefined,
  attempt: () => Promise<PlatformResponse>,
): Promise<PlatformResponse> {
  let faults = 0
  for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
    signal?.throwIfAborted()
    try {
      const response = await attempt()
      const isAbsent = [429, 502, 503, 504].includes(response.status)
      const isFault = response.status >= 500 && response.status !== 501
      if (!isAbsent && (!isFault || ++faults >= FAULT_ATTEMPTS_MAX)) return response
    } catch (error) {
      if (error instanceof TaskFailure || signal?.aborted) throw error
      // Nobody listens, or the connection broke: the platform is being restarted.
    }
    await delay(waitMs, undefined, signal && { signal })
  }
}

interface Exchange {
  readonly url: URL
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly receive?: (body: IncomingMessage) => Promise<void>
  readonly signal?: AbortSignal
}

/** One request and its answer. */
function exchange(agent: Agent, options: Exchange): Promise<PlatformResponse> {
  const { url, method, path, headers, body, receive, signal } = options
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const request = httpRequest(
      {
        agent,
        hostname: url.hostname,
        port: url.port,
        method,
        path,
        headers: { ...headers, ...length },
        timeout: SILENCE_MS_MAX,
        ...(signal && { signal }),
      },
      async (response) => {
        try {
          const status = response.statusCode ?? 0
          if (receive && status < 300) {
            await receive(response)
            return resolve({ status, headers: response.headers, text: '' })
          }
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk)
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status, headers: response.headers, text })
        } catch (error) {
          request.destroy()
          reject(error)
        }
      },
    )
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error('the platform fell silent')))
    request.end(body)
  })
}
