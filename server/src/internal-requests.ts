import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerTaskCredentials } from './capabilities/identity/index.ts'
import type { Platform } from './platform/scope.ts'

/**
 * What the platform's own parts and test suites ask over HTTP, below `/_sagebrush/`:
 *
 * - `GET credentials` with a task's token: the task's role credentials, as the SDKs' container provider
 *   expects them
 * - `GET health`: control's part; the gateway adds its own
 * - `POST reset`: only where it was allowed at the start
 *
 * @returns whether the request was one of these and is answered
 */
export type InternalRequests = (request: IncomingMessage, response: ServerResponse) => boolean

const PREFIX = '/_sagebrush/'

export function internalRequests(options: {
  platform: Platform
  presentRealm: (account: string) => number
  reset: () => Promise<void>
}): InternalRequests {
  const { platform, presentRealm, reset } = options

  const answers: Readonly<Record<string, (request: IncomingMessage) => Promise<Answer>>> = {
    'GET credentials': async ({ headers }) =>
      answerTaskCredentials({ ...platform, presentRealm }, headers.authorization),
    'GET health': async () => {
      await platform.database.query('select 1')
      return answer(200, { live: true, ready: true })
    },
    'POST reset': async ({ headers }) => {
      if (!platform.config.allowReset) {
        return answer(403, {
          message: 'reset over HTTP is off: start with ./sagebrush up --allow-reset',
        })
      }
      // any web page may send such a request to this machine; browsers say on whose behalf
      if (headers.origin !== undefined) {
        return answer(403, { message: 'reset is not for web pages: send it without Origin' })
      }
      await reset()
      return answer(200, {})
    },
  }

  return (request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    if (!path.startsWith(PREFIX)) return false
    const find = answers[`${request.method} ${path.slice(PREFIX.length)}`]
    request.resume()
    if (!find) {
      send(response, answer(404, { message: `there is no ${request.method} ${path}` }))
      return true
    }
    find(request).then(
      (found) => send(response, found),
      (error) => {
        platform.log.error('an internal request failed', { path, error })
        send(response, answer(503, { message: 'not ready: see the log of control' }))
      },
    )
    return true
  }
}

interface Answer {
  readonly status: number
  /** Goes out as JSON. */
  readonly body: object
}

function answer(status: number, body: object): Answer {
  return { status, body }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
