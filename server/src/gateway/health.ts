import { newUuid } from '../base/ids.ts'
import type { RouteFeed, RouteTable } from '../capabilities/inference/index.ts'
import type { Exchange } from './http1/exchange.ts'
import type { ResponseHead } from './http1/message-head.ts'
import type { UpstreamExchange } from './http1/upstream-connection.ts'
import type { ServerLink } from './relay/server-link.ts'

export const HEALTH_PATH = '/_sagebrush/health'

export interface HealthOptions {
  readonly gatewayId: string
  readonly table: RouteTable
  readonly feed: () => RouteFeed | undefined
  readonly control: ServerLink
}

const CONTROL_TIMEOUT_MS = 2_000

/** Answers how the gateway and control are: 200 when both are ready, else 503 with the same content. */
export function answerHealth(exchange: Exchange, options: HealthOptions): void {
  askControl(options.control, (control) => {
    const feed = options.feed()
    const gateway = {
      id: options.gatewayId,
      pid: process.pid,
      live: true,
      ready: feed?.loaded === true,
      followsPostgres: feed?.current === true,
      routesVersion: options.table.version,
      endpoints: options.table.routes.length,
    }
    const ready = gateway.ready && control.ready === true
    const body = Buffer.from(JSON.stringify({ ready, gateway, control }))
    exchange.respond(
      `HTTP/1.1 ${ready ? '200 OK' : '503 Service Unavailable'}\r\n` +
        `x-amzn-RequestId: ${newUuid()}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n${exchange.connectionLine()}\r\n`,
      exchange.head.method === 'HEAD' ? EMPTY : body,
    )
  })
}

const EMPTY = Buffer.alloc(0)

type ControlHealth = { readonly live: boolean; readonly ready?: unknown; readonly reason?: string }

function askControl(link: ServerLink, answer: (health: ControlHealth) => void): void {
  const connection = link.take(false)
  if (!connection) {
    answer({ live: false, ready: false, reason: 'too many connections' })
    return
  }
  const pieces: Buffer[] = []
  const question: UpstreamExchange = {
    method: 'GET',
    connected: () => link.isUp(),
    interim: () => undefined,
    responded: (_head: ResponseHead) => undefined,
    data: (piece) => void pieces.push(piece),
    drained: () => undefined,
    ended: () => answer(parsed(Buffer.concat(pieces).toString('utf8'))),
    failed: (failure) => answer({ live: false, ready: false, reason: failure.message }),
  }
  connection.begin(question, CONTROL_TIMEOUT_MS)
  connection.writeAll(`GET ${HEALTH_PATH} HTTP/1.1\r\nHost: control\r\n\r\n`, EMPTY)
}

function parsed(text: string): ControlHealth {
  try {
    return JSON.parse(text) as ControlHealth
  } catch {
    return { live: true, ready: false, reason: 'the answer is not JSON' }
  }
}
