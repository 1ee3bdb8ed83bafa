import type { MetricIdentity } from '../metric.ts'

/** A search for metrics, read; see `search-query.ts`. */
export interface SearchQuery {
  /** Metrics of this namespace, and with just these dimensions where some are named. */
  readonly schema:
    | { readonly namespace: string; readonly dimensions: readonly string[] }
    | undefined
  readonly term: SearchTerm
}

export type SearchTerm =
  | { readonly kind: 'Everything' }
  | { readonly kind: 'Not'; readonly term: SearchTerm }
  | { readonly kind: 'And' | 'Or'; readonly terms: readonly SearchTerm[] }
  | {
      readonly kind: 'Word'
      /** `MetricName`, `Namespace` or a dimension's name; undefined searches all of them. */
      readonly property: string | undefined
      readonly text: string
      /** The whole text is meant, as in double quotes. */
      readonly isExact: boolean
    }

/** Whether a search finds a metric. */
export function matchesSearch(metric: MetricIdentity, { schema, term }: SearchQuery): boolean {
  if (schema) {
    if (schema.namespace !== metric.namespace) return false
    const names = Object.keys(metric.dimensions)
    const isOther = names.length !== schema.dimensions.length
    if (schema.dimensions.length > 0 && isOther) return false
    if (!schema.dimensions.every((name) => names.includes(name))) return false
  }
  return matchesTerm(metric, term)
}

function matchesTerm(metric: MetricIdentity, term: SearchTerm): boolean {
  switch (term.kind) {
    case 'Everything':
      return true
    case 'Not':
      return !matchesTerm(metric, term.term)
    case 'And':
      return term.terms.every((one) => matchesTerm(metric, one))
    case 'Or':
      return term.terms.some((one) => matchesTerm(metric, one))
    case 'Word': {
      const { text, isExact } = term
      const matches = isExact ? (own: string) => own === text : partialMatch(text)
      return textsOf(metric, term.property).some(matches)
    }
  }
}

function textsOf(metric: MetricIdentity, property: string | undefined): readonly string[] {
  const { namespace, metricName, dimensions } = metric
  if (property === 'MetricName') return [metricName]
  if (property === 'Namespace') return [namespace]
  if (property === undefined) {
    return [namespace, metricName, ...Object.keys(dimensions), ...Object.values(dimensions)]
  }
  const value = Object.hasOwn(dimensions, property) ? dimensions[property] : undefined
  return value === undefined ? [] : [value]
}

/** Tokens begin at capitals, digits and behind other signs: `SDBFailure-2` is SDB, Failure, 2. */
const TOKEN = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}]+|\p{N}+/gu

function tokensOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? []
}

/**
 * Whether a text has the tokens of a term one behind the other. Tokens that the term writes together are compared
 * with their case, single ones without; all tokens of a text written together, in lower case, are one, too.
 */
function partialMatch(term: string): (text: string) => boolean {
  const wanted = (term.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((chunk) => {
    const tokens = tokensOf(chunk)
    const isComposite = tokens.length > 1
    return tokens.map((token) => ({ token, isComposite }))
  })
  const whole = term.toLowerCase()
  return (text) => {
    const tokens = tokensOf(text)
    if (wanted.length === 0) return false
    if (tokens.join('').toLowerCase() === whole) return true
    return tokens.some((_, start) =>
      wanted.every(({ token, isComposite }, index) => {
        const own = tokens[start + index]
        if (own === undefined) return false
        return isComposite ? own === token : own.toLowerCase() === token.toLowerCase()
      }),
    )
  }
}
