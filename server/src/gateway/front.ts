import type { Log } from '../base/log.ts'
import { answerHealth, HEALTH_PATH, type HealthOptions } from './health.ts'
import type { Exchange } from './http1/exchange.ts'
import { RelayedRequest } from './relay/relayed-request.ts'
import type { ServerLink } from './relay/server-link.ts'
import { type ConnectProxy, refusal } from './tls/connect-proxy.ts'
import { type Authority, isServedHost, parseAuthority } from './tls/served-host.ts'

export interface FrontOptions {
  readonly invokeEndpoint: (exchange: Exchange) => boolean
  readonly proxy: ConnectProxy
  readonly passThrough: boolean
  readonly ownPort: () => number
  readonly control: ServerLink
  /** A link to a server that is not ours, for users of a plain HTTP proxy. */
  readonly linkTo: (authority: Authority) => ServerLink
  readonly health: HealthOptions
  readonly log: Log
}

/** Decides who answers a request: the gateway itself, control, or for users of a proxy the world. */
export function createFront(options: FrontOptions): (exchange: Exchange) => void {
  return (exchange) => {
    const { head } = exchange
    if (head.method === 'CONNECT') {
      options.proxy.connect(exchange)
      return
    }
    if (head.target.charCodeAt(0) !== SLASH && !toOriginForm(exchange, options)) return
    if (options.invokeEndpoint(exchange)) return
    if (exchange.target === HEALTH_PATH && (head.method === 'GET' || head.method === 'HEAD')) {
      answerHealth(exchange, options.health)
    } else new RelayedRequest(exchange, options.control).start()
  }
}

const SLASH = 47
const ABSOLUTE = /^http:\/\/([^/?#]+)([^#]*)$/i

/** @returns whether the request is to be answered here; else it has been refused or handed on */
function toOriginForm(exchange: Exchange, options: FrontOptions): boolean {
  const { target } = exchange.head
  if (target === '*') return true
  const match = ABSOLUTE.exec(target)
  const authority = parseAuthority(match?.[1] ?? '', 80)
  if (!match || !authority) {
    exchange.refuse({ status: 400, message: 'the target is neither a path nor an http: URL' })
    return false
  }
  const path = match[2] ?? ''
  exchange.target = path.startsWith('/') ? path : `/${path}`
  exchange.authority = match[1]
  if (isServedHost(authority, options.ownPort())) return true
  if (options.passThrough) new RelayedRequest(exchange, options.linkTo(authority)).start()
  else exchange.refuse({ status: 403, message: refusal(authority.hostname) })
  return false
}
