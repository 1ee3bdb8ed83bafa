import { newUuid } from '../base/ids.ts'
import type { HttpExchange, IncomingBody } from './http-exchange.ts'

/** The head of a request as it came off the wire; nothing in it is decoded or normalised. */
export interface WireRequest {
  /** Ours: what `x-amzn-RequestId` says and the log knows it by. */
  readonly id: string
  readonly method: string
  /** Percent-encoded as sent, without the query. */
  readonly rawPath: string
  /** Without the question mark; empty when there is none. */
  readonly rawQuery: string
  /** The query, decoded. */
  readonly query: Query
  /** Lower case, without the port; empty when the client sent none. */
  readonly host: string
  /** A header by its lower-case name; values of a repeated one joined with commas. */
  header(name: string): string | undefined
  /** Lower case, in the order sent; a repeated one as often. */
  readonly headerNames: readonly string[]
  readonly body: IncomingBody
}

/** Decoded query parameters, in the order sent; one without `=` has the value ''. */
export type Query = ReadonlyMap<string, readonly string[]>

export function readRequest(exchange: HttpExchange): WireRequest {
  const { method, headerNames, body } = exchange
  const target = originForm(exchange.target)
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1)
  return {
    id: newUuid(),
    method,
    rawPath,
    rawQuery,
    query: parseQuery(rawQuery),
    host: hostName(exchange.header('host') ?? ''),
    header: (name) => exchange.header(name),
    headerNames,
    body,
  }
}

/** Splits and decodes a query or a form; a plus sign is a space, as in forms. */
export function parseQuery(rawQuery: string): Query {
  const query = new Map<string, string[]>()
  if (rawQuery === '') return query
  for (const pair of rawQuery.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeForm(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodeForm(pair.slice(equals + 1))
    const values = query.get(name)
    if (values) values.push(value)
    else query.set(name, [value])
  }
  return query
}

/** Percent-decoding that leaves what is no valid escape as it stands. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function decodeForm(text: string): string {
  return decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

/** Proxies send `GET http://host/path`; servers are sent the path alone. */
function originForm(url: string): string {
  if (url.startsWith('/')) return url
  const absolute = /^[a-z]+:\/\/[^/?]*(.*)$/is.exec(url)
  const rest = absolute?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}
