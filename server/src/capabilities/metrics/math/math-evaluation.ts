import { aggregateFunctions } from './math-aggregate.ts'
import { arrayFunctions } from './math-array.ts'
import { conditionFunctions } from './math-condition.ts'
import type { MathExpression } from './math-expression.ts'
import { MathFault, MathNotBuilt } from './math-fault.ts'
import type { MathFunction } from './math-function.ts'
import { negate, operate } from './math-operator.ts'
import { constantSeries, pointwiseFunctions } from './math-pointwise.ts'
import { sequenceFunctions } from './math-sequence.ts'
import {
  type MathRange,
  type MathSeries,
  type MathValue,
  manySeries,
  scalar,
} from './math-series.ts'

/** What an expression may refer to. */
export interface MathScope {
  readonly range: MathRange
  /** Of series that are made from nothing; undefined when nothing says it. */
  readonly periodSeconds: number | undefined
  /** What the query of an id came to. @throws MathFault when there is none */
  readonly resultOf: (id: string) => MathValue
  /** The metrics of the request, without expressions, in their order. */
  readonly metrics: () => readonly { readonly id: string; readonly series: MathSeries }[]
  /** What SEARCH found, by its parameters. */
  readonly search: (parameters: SearchParameters) => readonly MathSeries[]
}

/** SEARCH('{Namespace,Dimension} term', 'Average', 300). */
export interface SearchParameters {
  readonly query: string
  readonly stat: string
  /** The expression's own period where it is left out. */
  readonly periodSeconds: number | undefined
}

const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ...aggregateFunctions,
  ...pointwiseFunctions,
  ...sequenceFunctions,
  ...arrayFunctions,
  ...conditionFunctions,
}

/** Words that functions know, beside those that are names of functions. */
const WORDS = new Set(['REPEAT', 'LINEAR', 'ASC', 'DESC', 'AVG', 'MIN', 'MAX', 'SUM', 'STDDEV'])

const NOT_BUILT = new Set([
  'ANOMALY_DETECTION_BAND',
  'DB_PERF_INSIGHTS',
  'INSIGHT_RULE_METRIC',
  'LAMBDA',
  'SERVICE_QUOTA',
])

/**
 * What an expression comes to.
 *
 * @throws MathFault for what cannot be computed, MathNotBuilt for functions that are known and not built
 * @source Amazon CloudWatch User Guide, "Using metric math"
 */
export function evaluateMath(expression: MathExpression, scope: MathScope): MathValue {
  switch (expression.kind) {
    case 'Number':
      return scalar(expression.value)
    case 'Text':
      return { kind: 'Text', text: expression.text }
    case 'Name':
      return WORDS.has(expression.name)
        ? { kind: 'Word', word: expression.name }
        : scope.resultOf(expression.name)
    case 'List':
      return manySeries(expression.items.flatMap((item) => elementsOf(item, scope)))
    case 'Negation':
      return negate(evaluateMath(expression.operand, scope))
    case 'Operation':
      return operate(
        expression.operator,
        evaluateMath(expression.left, scope),
        evaluateMath(expression.right, scope),
      )
    case 'Call':
      return call(expression, scope)
  }
}

/** Arrays in a list are spread; a number is a series of it. */
function elementsOf(item: MathExpression, scope: MathScope): readonly MathSeries[] {
  const value = evaluateMath(item, scope)
  switch (value.kind) {
    case 'Series':
      return [value.series]
    case 'Array':
      return value.list
    case 'Scalar':
      return [
        constantSeries(value.value, {
          label: String(value.value),
          range: scope.range,
          periodSeconds: periodOf(scope),
        }),
      ]
    default:
      throw new MathFault('a list holds series, arrays of them and numbers')
  }
}

function call(expression: MathExpression & { kind: 'Call' }, scope: MathScope): MathValue {
  const { name } = expression
  if (NOT_BUILT.has(name)) throw new MathNotBuilt(`The function ${name} is not built yet.`)
  if (name === 'METRICS') return metrics(expression.parameters, scope)
  if (name === 'SEARCH')
    return manySeries(scope.search(searchParameters(expression.parameters, scope)))
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (!known) throw new MathFault(`there is no function ${name}`)
  const [min, max] = known.parameters
  const count = expression.parameters.length
  if (count < min || count > max) {
    const wanted = min === max ? `${min}` : `${min} to ${max}`
    throw new MathFault(`${name} has ${count} parameters: it takes ${wanted}`)
  }
  const parameters = expression.parameters.map((one) => evaluateMath(one, scope))
  return known.call(parameters, { name, range: scope.range, periodSeconds: () => periodOf(scope) })
}

function periodOf({ periodSeconds }: MathScope): number {
  if (periodSeconds !== undefined) return periodSeconds
  throw new MathFault('nothing says which period is meant: give the query a Period')
}

/** METRICS() or METRICS("part of an id"). */
function metrics(parameters: readonly MathExpression[], scope: MathScope): MathValue {
  const [part, ...others] = parameters
  if (others.length > 0 || (part && part.kind !== 'Text')) {
    throw new MathFault('METRICS takes nothing, or one text in quotes')
  }
  const wanted = part?.text ?? ''
  const found = scope.metrics().filter(({ id }) => id.includes(wanted))
  return manySeries(found.map(({ series }) => series))
}

/** The parameters of a SEARCH. @throws MathFault */
export function searchParameters(
  parameters: readonly MathExpression[],
  { periodSeconds }: Pick<MathScope, 'periodSeconds'>,
): SearchParameters {
  const [query, stat, period, ...others] = parameters
  if (period && period.kind !== 'Number') throw searchForm()
  if (query?.kind !== 'Text' || stat?.kind !== 'Text' || others.length > 0) throw searchForm()
  return { query: query.text, stat: stat.text, periodSeconds: period?.value ?? periodSeconds }
}

function searchForm(): MathFault {
  return new MathFault("SEARCH takes a text, a statistic and a period: SEARCH('…', 'Average', 300)")
}
