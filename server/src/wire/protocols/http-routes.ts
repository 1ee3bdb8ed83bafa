import type { Operation, ServiceModel } from '../operation.ts'
import { decodePercent, type WireRequest } from '../request.ts'
import type { NamedOperation } from './protocol.ts'

/** Finds the operation that a REST request's method, path and query name. */
export type HttpRoutes = (request: RoutedRequest) => NamedOperation | undefined

/** A request as routes see it; the path is percent-encoded, and may have been rewritten. */
export type RoutedRequest = Pick<WireRequest, 'method' | 'rawPath' | 'query' | 'header'>

interface Route {
  readonly name: string
  readonly method: string
  readonly segments: readonly string[]
  readonly literals: readonly [name: string, value: string | undefined][]
  /** Query parameters and headers without which a request is not this operation. */
  readonly needs: readonly ((request: RoutedRequest) => boolean)[]
}

/** Tells apart for logs which command of an SDK made a request; other clients do not send it. */
const HINT = 'x-id'

/**
 * Routes from the SDK's own bindings. Of several that fit, the one with most demands wins: `UploadPart`
 * is a `PutObject` with an upload and a part number.
 *
 * @param options.prefixOf a path that every URI of this operation goes below, e.g. `/{Bucket}`
 */
export function createHttpRoutes(
  model: ServiceModel,
  options: {
    prefixOf?: (operation: Operation) => string
    except?: ReadonlySet<string>
  } = {},
): HttpRoutes {
  const routes: Route[] = []
  for (const name of model.operationNames) {
    const operation = model.operation(name)
    if (!operation?.http || options.except?.has(name)) continue
    routes.push(readRoute(operation, options.prefixOf?.(operation) ?? ''))
  }
  return (request) => {
    const segments = request.rawPath.split('/').slice(1)
    let best: { route: Route; labels: Record<string, string> } | undefined
    for (const route of routes) {
      if (route.method !== request.method || !fits(route, request)) continue
      const labels = matchSegments(route.segments, segments)
      if (labels && (!best || demands(route) > demands(best.route))) best = { route, labels }
    }
    return best && { name: best.route.name, labels: best.labels }
  }
}

function readRoute(operation: Operation, prefix: string): Route {
  const { method, uri } = operation.http ?? { method: '', uri: '/' }
  const [path = '/', query = ''] = uri.split('?')
  const literals = query
    .split('&')
    .map((pair): [string, string | undefined] => {
      const [name = '', value] = pair.split('=')
      return [name, value]
    })
    .filter(([name]) => name !== '' && name !== HINT)
  return {
    name: operation.name,
    method,
    segments: `${prefix}${prefix !== '' && path === '/' ? '' : path}`.split('/').slice(1),
    literals,
    needs: needsOf(operation, literals.length > 0),
  }
}

function needsOf(operation: Operation, hasLiteral: boolean): Route['needs'] {
  const needs: ((request: RoutedRequest) => boolean)[] = []
  for (const name of operation.required) {
    const { httpQuery, httpHeader } = operation.input.getMemberSchema(name).getMergedTraits()
    if (httpQuery !== undefined) needs.push((request) => request.query.has(httpQuery))
    // where a literal tells operations apart, a missing header is the caller's mistake in this one
    if (httpHeader !== undefined && !hasLiteral) {
      const header = httpHeader.toLowerCase()
      needs.push((request) => request.header(header) !== undefined)
    }
  }
  return needs
}

function demands(route: Route): number {
  const fixed = route.segments.filter((segment) => !segment.startsWith('{')).length
  return route.literals.length + route.needs.length + fixed
}

function fits(route: Route, request: RoutedRequest): boolean {
  return (
    route.literals.every(([name, value]) => {
      const given = request.query.get(name)
      return given !== undefined && (value === undefined || given.includes(value))
    }) && route.needs.every((need) => need(request))
  )
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const label = /^\{(.+?)(\+)?\}$/.exec(part)
    const rest = segments.slice(index)
    if (label?.[2]) {
      const value = rest.join('/')
      if (value === '') return undefined
      labels[label[1] ?? ''] = decodePercent(value)
      return labels
    }
    const segment = rest[0]
    if (segment === undefined) return undefined
    if (label) {
      if (segment === '') return undefined
      labels[label[1] ?? ''] = decodePercent(segment)
    } else if (segment !== part) return undefined
  }
  const trailing = segments.slice(pattern.length)
  return trailing.length === 0 || (trailing.length === 1 && trailing[0] === '') ? labels : undefined
}
