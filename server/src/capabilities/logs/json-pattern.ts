import { unreachable } from '../../base/assert.ts'
import type { MessageFilter } from './filter-pattern.ts'
import { invalidParameter } from './logs-errors.ts'
import { compileRegex, requireFewRegexes } from './pattern-regex.ts'

/** `{ $.a.b[0] = "x*" && ($.n >= 3 || $.m NOT EXISTS) }` as a tree. */
type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'is'; readonly path: Path; readonly value: null | boolean }
  | { readonly kind: 'not exists'; readonly path: Path }
  | {
      readonly kind: 'equals'
      readonly path: Path
      readonly isNegated: boolean
      readonly test: Test
    }
  | { readonly kind: 'compares'; readonly path: Path; readonly sign: Sign; readonly number: number }

type Path = readonly (string | number)[]
type Test = (value: unknown) => boolean
type Sign = '<' | '<=' | '>' | '>='

interface Token {
  readonly kind: 'selector' | 'sign' | 'word' | 'quoted' | 'regex'
  readonly text: string
}

const SELECTOR = String.raw`\$(?:\.[\w-]+|\.?\["(?:[^"\\]|\\.)*"\]|\.?\['[^']*'\]|\[\d+\])+`
const TOKEN = new RegExp(
  String.raw`\s*(?:(${SELECTOR})|(&&|\|\||[()]|!=|[<>]=?|=)|"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"%()=!<>&|]+))`,
  'y',
)
const PATH_PART = /\.?(?:\["((?:[^"\\]|\\.)*)"\]|\['([^']*)'\]|\[(\d+)\])|\.([\w-]+)/g
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** Compiles a pattern in braces. A message that is not JSON is never meant. @throws invalidParameter */
export function compileJsonPattern(pattern: string): MessageFilter {
  if (!pattern.endsWith('}')) throw invalidPattern(pattern)
  const tokens = tokenise(pattern.slice(1, -1))
  requireFewRegexes(tokens.filter(({ kind }) => kind === 'regex').length)
  const expression = parse(tokens)
  return (message) => {
    const value = parseMessage(message)
    return value !== undefined && evaluate(expression, value)
  }
}

function tokenise(source: string): readonly Token[] {
  const tokens: Token[] = []
  const text = source.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match) throw invalidPattern(text.slice(start).trim())
    const [, selector, sign, quoted, regex, word] = match
    if (selector !== undefined) tokens.push({ kind: 'selector', text: selector })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: unescaped(quoted) })
    else if (regex !== undefined) tokens.push({ kind: 'regex', text: regex })
    else tokens.push({ kind: 'word', text: word ?? '' })
  }
  return tokens
}

/** Recursive descent; `&&` binds tighter than `||`. */
function parse(tokens: readonly Token[]): Expression {
  let at = 0
  const isNext = (text: string): boolean =>
    tokens[at]?.text === text && ['sign', 'word'].includes(tokens[at]?.kind ?? '')
  const take = (): Token => {
    const token = tokens[at]
    if (!token) throw invalidPattern('the pattern ends too early')
    at += 1
    return token
  }
  const expect = (text: string): void => {
    if (!isNext(text)) throw invalidPattern(tokens[at]?.text ?? 'the pattern ends too early')
    at += 1
  }
  const condition = (): Expression => {
    if (isNext('(')) {
      take()
      const inner = either()
      expect(')')
      return inner
    }
    const selector = take()
    if (selector.kind !== 'selector') throw invalidPattern(selector.text)
    const path = parsePath(selector.text)
    const verb = take()
    if (verb.kind === 'word' && verb.text === 'NOT') {
      expect('EXISTS')
      return { kind: 'not exists', path }
    }
    if (verb.kind === 'word' && verb.text === 'IS')
      return { kind: 'is', path, value: literal(take()) }
    if (verb.kind !== 'sign') throw invalidPattern(verb.text)
    return comparison(path, verb.text, take())
  }
  const all = (): Expression => {
    let left = condition()
    while (isNext('&&')) {
      take()
      left = { kind: 'and', left, right: condition() }
    }
    return left
  }
  const either = (): Expression => {
    let left = all()
    while (isNext('||')) {
      take()
      left = { kind: 'or', left, right: all() }
    }
    return left
  }
  const expression = either()
  if (at < tokens.length) throw invalidPattern(tokens[at]?.text ?? '')
  return expression
}

function parsePath(selector: string): Path {
  return [...selector.matchAll(PATH_PART)].map(([, quoted, single, index, name]) => {
    if (index !== undefined) return Number(index)
    return name ?? single ?? unescaped(quoted ?? '')
  })
}

function literal({ kind, text }: Token): null | boolean {
  if (kind === 'word' && text === 'NULL') return null
  if (kind === 'word' && text === 'TRUE') return true
  if (kind === 'word' && text === 'FALSE') return false
  throw invalidPattern(text)
}

function comparison(path: Path, sign: string, value: Token): Expression {
  if (value.kind === 'selector' || value.kind === 'sign') throw invalidPattern(value.text)
  if (sign === '=' || sign === '!=') {
    return { kind: 'equals', path, isNegated: sign === '!=', test: equality(value) }
  }
  if (sign !== '<' && sign !== '<=' && sign !== '>' && sign !== '>=') throw invalidPattern(sign)
  if (value.kind !== 'word' || !NUMBER.test(value.text)) throw invalidPattern(value.text)
  return { kind: 'compares', path, sign, number: Number(value.text) }
}

/** Equality with a number, a regular expression, or a text in which `*` stands for any text. */
function equality({ kind, text }: Token): Test {
  if (kind === 'regex') {
    const regex = compileRegex(text)
    return (value) => isScalar(value) && regex.test(String(value))
  }
  if (kind === 'word' && NUMBER.test(text)) {
    const number = Number(text)
    return (value) => (typeof value === 'number' ? value === number : value === text)
  }
  if (text === '*') return () => true
  const source = text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  const wildcard = new RegExp(`^${source}$`, 's')
  return (value) => isScalar(value) && wildcard.test(String(value))
}

function evaluate(expression: Expression, message: unknown): boolean {
  switch (expression.kind) {
    case 'and':
      return evaluate(expression.left, message) && evaluate(expression.right, message)
    case 'or':
      return evaluate(expression.left, message) || evaluate(expression.right, message)
    case 'is':
      return select(message, expression.path) === expression.value
    case 'not exists':
      return select(message, expression.path) === undefined
    case 'equals': {
      const value = select(message, expression.path)
      // a property that is not there is neither equal nor unequal
      return value !== undefined && expression.test(value) !== expression.isNegated
    }
    case 'compares':
      return compares(select(message, expression.path), expression)
    default:
      return unreachable(expression)
  }
}

function compares(value: unknown, { sign, number }: { sign: Sign; number: number }): boolean {
  if (typeof value !== 'number') return false
  if (sign === '<') return value < number
  if (sign === '<=') return value <= number
  if (sign === '>') return value > number
  return value >= number
}

/** @returns undefined where there is no such property */
function select(message: unknown, path: Path): unknown {
  let value = message
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value) !== (typeof part === 'number') || !Object.hasOwn(value, part)) {
      return undefined
    }
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function parseMessage(message: string): unknown {
  try {
    const value: unknown = JSON.parse(message)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}

function invalidPattern(near: string) {
  return invalidParameter(`Invalid filter pattern: ${near}`)
}
