import { Refusal } from './base/refusal.ts'
import { recordModelMetrics } from './capabilities/hosting/index.ts'
import { answerTaskCredentials, openTaskToken } from './capabilities/identity/index.ts'
import { type AdminHandlers, readJson } from './platform/admin-socket.ts'
import type { Platform } from './platform/scope.ts'
import type { HttpExchange } from './wire/http-exchange.ts'

/**
 * What the platform's own parts and test suites ask over HTTP, below `/_sagebrush/`:
 *
 * - `GET credentials` with a task's token: the task's role credentials, as the SDKs' container provider
 *   expects them
 * - `POST model-metrics` with a replica's token: what its runner counted of models that come and go
 * - `GET health`: control's part; the gateway adds its own
 * - `POST reset`, `GET` and `POST clock`, `GET` and `POST inject`: only where they were allowed at the
 *   start; each answers as the command of that name does with `--json`
 *
 * @returns whether the request was one of these and is answered
 */
export type InternalRequests = (request: HttpExchange) => boolean

const PREFIX = '/_sagebrush/'

export function internalRequests(options: {
  platform: Platform
  presentRealm: (account: string) => number
  /** What test suites may ask, by `METHOD /path`. */
  controls: AdminHandlers
}): InternalRequests {
  const { platform, presentRealm } = options

  const answers: Readonly<Record<string, (request: HttpExchange) => Promise<Answer>>> = {
    'GET credentials': async (request) =>
      answerTaskCredentials({ ...platform, presentRealm }, request.header('authorization')),
    'POST model-metrics': async (request) => {
      const token = request.header('authorization')?.trim()
      const task = token === undefined ? undefined : openTaskToken(platform.secrets, token)
      if (!task) return answer(403, { message: 'the Authorization header carries no task token' })
      await recordModelMetrics(platform, task.taskId, await readJson(request.body.pieces()))
      return answer(200, {})
    },
    'GET health': async () => {
      await platform.database.query('select 1')
      return answer(200, { live: true, ready: true })
    },
  }
  const command = async (name: string, request: HttpExchange): Promise<Answer | undefined> => {
    const control = options.controls[`${request.method} /${name}`]
    if (!control) return undefined
    const asked = (await readJson(request.body.pieces())) ?? queryOf(request)
    if (!platform.config.testControls) {
      const message = `${name} over HTTP is off: start with ./sagebrush up --test-controls`
      return answer(403, { message })
    }
    // any web page may send such a request to this machine; browsers say on whose behalf
    if (request.header('origin') !== undefined) {
      return answer(403, { message: `${name} is not for web pages: send it without Origin` })
    }
    return answer(200, (await control(asked)) as object)
  }
  const find = async (name: string, request: HttpExchange): Promise<Answer> => {
    const found =
      (await answers[`${request.method} ${name}`]?.(request)) ?? (await command(name, request))
    return found ?? answer(404, { message: `there is no ${request.method} ${PREFIX}${name}` })
  }

  return (request) => {
    const path = request.target.split('?')[0] ?? ''
    if (!path.startsWith(PREFIX)) return false
    find(path.slice(PREFIX.length), request).then(
      (found) => send(request, found),
      (error) => {
        if (error instanceof Refusal) {
          send(request, answer(400, { message: error.message }))
          return
        }
        platform.log.error('an internal request failed', { path, error })
        send(request, answer(503, { message: 'not ready: see the log of control' }))
      },
    )
    return true
  }
}

/** The members of a request's query; undefined when there is none. */
function queryOf({ target }: HttpExchange): Readonly<Record<string, string>> | undefined {
  const { searchParams } = new URL(target, 'http://localhost')
  return searchParams.size === 0 ? undefined : Object.fromEntries(searchParams)
}

interface Answer {
  readonly status: number
  /** Goes out as JSON. */
  readonly body: object
}

function answer(status: number, body: object): Answer {
  return { status, body }
}

function send(request: HttpExchange, { status, body }: Answer): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = {
    'content-type': 'application/json',
    'content-length': String(bytes.length),
  }
  request.answer({ status, headers }, bytes)
}
