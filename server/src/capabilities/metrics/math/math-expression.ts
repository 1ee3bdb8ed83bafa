import { MathFault } from './math-fault.ts'
import { type MathToken, mathTokens } from './math-token.ts'

/** A metric maths expression, read. */
export type MathExpression =
  | { readonly kind: 'Number'; readonly value: number }
  | { readonly kind: 'Text'; readonly text: string }
  /** A query's id, or a word that a function knows: `REPEAT`, `DESC`. */
  | { readonly kind: 'Name'; readonly name: string }
  | { readonly kind: 'List'; readonly items: readonly MathExpression[] }
  | { readonly kind: 'Negation'; readonly operand: MathExpression }
  | {
      readonly kind: 'Operation'
      readonly operator: MathOperator
      readonly left: MathExpression
      readonly right: MathExpression
    }
  | { readonly kind: 'Call'; readonly name: string; readonly parameters: readonly MathExpression[] }

export type MathOperator =
  | 'OR'
  | 'AND'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '^'

/** How closely operators bind: those of a higher number first. */
const BINDING: Readonly<Record<string, { operator: MathOperator; power: number }>> = {
  OR: { operator: 'OR', power: 1 },
  '||': { operator: 'OR', power: 1 },
  AND: { operator: 'AND', power: 2 },
  '&&': { operator: 'AND', power: 2 },
  '==': { operator: '==', power: 3 },
  '!=': { operator: '!=', power: 3 },
  '<': { operator: '<', power: 4 },
  '<=': { operator: '<=', power: 4 },
  '>': { operator: '>', power: 4 },
  '>=': { operator: '>=', power: 4 },
  '+': { operator: '+', power: 5 },
  '-': { operator: '-', power: 5 },
  '*': { operator: '*', power: 6 },
  '/': { operator: '/', power: 6 },
  '^': { operator: '^', power: 8 },
}
/** `-2^2` is -(2^2), and `-2*3` is (-2)*3. */
const NEGATION_POWER = 7
/** Nobody nests deeper by hand, and the reader calls itself. */
const DEPTH_MAX = 100

interface Reader {
  readonly tokens: readonly MathToken[]
  next: number
  depth: number
}

/**
 * Reads an expression by operator precedence: `^` (from the right) before a minus sign, `* /`, `+ -`, comparisons,
 * `AND`, `OR`. Names of functions are in upper case, ids begin in lower case.
 *
 * @throws MathFault that says where and what was expected
 * @source V. R. Pratt, "Top Down Operator Precedence", 1973; the language: Amazon CloudWatch User Guide, "Using
 *   metric math"
 */
export function parseMath(expression: string): MathExpression {
  const reader: Reader = { tokens: mathTokens(expression), next: 0, depth: 0 }
  const read = readOperation(reader, 0)
  const rest = peek(reader)
  if (rest.kind !== 'End') throw unexpected(rest, 'an operator or the end')
  return read
}

/** The ids and words that an expression names, each once. */
export function namesOf(expression: MathExpression): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (one: MathExpression): void => {
    if (one.kind === 'Name') names.add(one.name)
    for (const child of childrenOf(one)) visit(child)
  }
  visit(expression)
  return names
}

/** The functions that an expression calls, each once. */
export function functionsOf(expression: MathExpression): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (one: MathExpression): void => {
    if (one.kind === 'Call') names.add(one.name)
    for (const child of childrenOf(one)) visit(child)
  }
  visit(expression)
  return names
}

function childrenOf(expression: MathExpression): readonly MathExpression[] {
  switch (expression.kind) {
    case 'List':
      return expression.items
    case 'Negation':
      return [expression.operand]
    case 'Operation':
      return [expression.left, expression.right]
    case 'Call':
      return expression.parameters
    default:
      return []
  }
}

function readOperation(reader: Reader, powerMin: number): MathExpression {
  reader.depth += 1
  if (reader.depth > DEPTH_MAX) throw new MathFault(`it is nested more than ${DEPTH_MAX} deep`)
  let left = readOperand(reader)
  for (;;) {
    const { text, kind } = peek(reader)
    const isOperator = (kind === 'Sign' || kind === 'Name') && Object.hasOwn(BINDING, text)
    const binding = isOperator ? BINDING[text] : undefined
    if (!binding || binding.power < powerMin) break
    take(reader)
    const { operator, power } = binding
    const right = readOperation(reader, operator === '^' ? power : power + 1)
    left = { kind: 'Operation', operator, left, right }
  }
  reader.depth -= 1
  return left
}

function readOperand(reader: Reader): MathExpression {
  const token = take(reader)
  if (token.kind === 'Number') return { kind: 'Number', value: Number(token.text) }
  if (token.kind === 'Text') return { kind: 'Text', text: token.text }
  if (token.kind === 'Name' && !Object.hasOwn(BINDING, token.text)) {
    if (peek(reader).text !== '(' || peek(reader).kind !== 'Sign') {
      return { kind: 'Name', name: token.text }
    }
    take(reader)
    return { kind: 'Call', name: token.text, parameters: readItems(reader, ')') }
  }
  if (token.kind === 'Sign' && token.text === '-') {
    return { kind: 'Negation', operand: readOperation(reader, NEGATION_POWER) }
  }
  if (token.kind === 'Sign' && token.text === '[') {
    return { kind: 'List', items: readItems(reader, ']') }
  }
  if (token.kind === 'Sign' && token.text === '(') {
    const inner = readOperation(reader, 0)
    demand(reader, ')')
    return inner
  }
  throw unexpected(token, 'a number, an id, a function, [ or (')
}

/** What stands between commas, up to `closing`. */
function readItems(reader: Reader, closing: ')' | ']'): readonly MathExpression[] {
  if (peek(reader).kind === 'Sign' && peek(reader).text === closing) {
    take(reader)
    return []
  }
  const items = [readOperation(reader, 0)]
  while (peek(reader).kind === 'Sign' && peek(reader).text === ',') {
    take(reader)
    items.push(readOperation(reader, 0))
  }
  demand(reader, closing)
  return items
}

function peek({ tokens, next }: Reader): MathToken {
  return tokens[next] ?? { kind: 'End', text: '', at: 0 }
}

function take(reader: Reader): MathToken {
  const token = peek(reader)
  if (token.kind !== 'End') reader.next += 1
  return token
}

function demand(reader: Reader, sign: string): void {
  const token = take(reader)
  if (token.kind !== 'Sign' || token.text !== sign) throw unexpected(token, sign)
}

function unexpected({ kind, text, at }: MathToken, wanted: string): MathFault {
  const found = kind === 'End' ? 'the expression ends' : `'${text}' stands`
  return new MathFault(`${found} at ${at} where ${wanted} was expected`)
}
