import type { AlarmState } from './alarm.states.ts'

/** A composite alarm's AlarmRule, read. */
export type AlarmRule =
  | { readonly kind: 'InState'; readonly state: AlarmState; readonly reference: string }
  | { readonly kind: 'Constant'; readonly value: boolean }
  | { readonly kind: 'Not'; readonly rule: AlarmRule }
  | { readonly kind: 'And' | 'Or'; readonly rules: readonly AlarmRule[] }

/** @source Amazon CloudWatch API Reference, PutCompositeAlarm */
export const RULE_CHILDREN_MAX = 100
export const RULE_ELEMENTS_MAX = 500

/** Says where a rule cannot be read, and what was expected there. */
export class AlarmRuleFault extends Error {
  override readonly name = 'AlarmRuleFault'
}

type Token =
  | { readonly kind: 'Word'; readonly word: string; readonly at: number }
  | {
      readonly kind: 'InState'
      readonly state: AlarmState
      readonly reference: string
      readonly at: number
    }

const WORDS = /^(AND|OR|NOT|TRUE|FALSE)\b/i
const FUNCTION = /^(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|([^()"]*?))\s*\)/i

/**
 * Reads `ALARM(a) AND NOT (OK("b") OR TRUE)`. NOT binds closest, then AND, then OR; words may be in lower case.
 * Alarms are named by name or ARN, with or without double quotes.
 *
 * @throws AlarmRuleFault
 */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = tokensOf(text)
  const elements = tokens.filter(
    (token) => token.kind === 'InState' || /^(TRUE|FALSE|\()$/.test(token.word),
  ).length
  if (elements > RULE_ELEMENTS_MAX) {
    throw new AlarmRuleFault(
      `it has ${elements} elements: at most ${RULE_ELEMENTS_MAX} are allowed`,
    )
  }
  const reader = { tokens, next: 0, end: text.length }
  const rule = readEither(reader)
  const rest = tokens[reader.next]
  if (rest) throw expected('AND, OR or the end', rest.at)
  const children = referencesOf(rule).length
  if (children > RULE_CHILDREN_MAX) {
    throw new AlarmRuleFault(
      `it names ${children} alarms: at most ${RULE_CHILDREN_MAX} are allowed`,
    )
  }
  return rule
}

/** The alarms that a rule names, by name or ARN as written, each once. */
export function referencesOf(rule: AlarmRule): readonly string[] {
  switch (rule.kind) {
    case 'InState':
      return [rule.reference]
    case 'Constant':
      return []
    case 'Not':
      return referencesOf(rule.rule)
    case 'And':
    case 'Or':
      return [...new Set(rule.rules.flatMap(referencesOf))]
  }
}

/** Whether the rule holds: the composite alarm is then in ALARM, otherwise OK. */
export function evaluateAlarmRule(
  rule: AlarmRule,
  stateOf: (reference: string) => AlarmState | undefined,
): boolean {
  switch (rule.kind) {
    case 'InState':
      return stateOf(rule.reference) === rule.state
    case 'Constant':
      return rule.value
    case 'Not':
      return !evaluateAlarmRule(rule.rule, stateOf)
    case 'And':
      return rule.rules.every((one) => evaluateAlarmRule(one, stateOf))
    case 'Or':
      return rule.rules.some((one) => evaluateAlarmRule(one, stateOf))
  }
}

interface Reader {
  readonly tokens: readonly Token[]
  next: number
  /** Where the text ends, for faults. */
  readonly end: number
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    const space = /^\s+/.exec(rest)
    if (space) {
      at += space[0].length
      continue
    }
    const call = FUNCTION.exec(rest)
    const match = call ?? WORDS.exec(rest) ?? /^[()]/.exec(rest)
    if (!match)
      throw expected('ALARM(…), OK(…), INSUFFICIENT_DATA(…), TRUE, FALSE, AND, OR, NOT, ( or )', at)
    const [all, name = '', quoted, bare = ''] = match
    if (call) {
      const reference = (quoted ?? bare).replace(/\\(.)/g, '$1').trim()
      if (reference === '') throw expected('the name of an alarm in the parentheses', at)
      tokens.push({ kind: 'InState', state: name.toUpperCase() as AlarmState, reference, at })
    } else {
      tokens.push({ kind: 'Word', word: all.toUpperCase(), at })
    }
    at += all.length
  }
  return tokens
}

function readEither(reader: Reader): AlarmRule {
  return readJoined(reader, { kind: 'Or', word: 'OR', readPart: readBoth })
}

function readBoth(reader: Reader): AlarmRule {
  return readJoined(reader, { kind: 'And', word: 'AND', readPart: readOne })
}

function readJoined(
  reader: Reader,
  join: { kind: 'And' | 'Or'; word: string; readPart: (reader: Reader) => AlarmRule },
): AlarmRule {
  const first = join.readPart(reader)
  const rules = [first]
  while (takeWord(reader, join.word)) rules.push(join.readPart(reader))
  return rules.length === 1 ? first : { kind: join.kind, rules }
}

function readOne(reader: Reader): AlarmRule {
  const token = reader.tokens[reader.next]
  if (token?.kind === 'InState') {
    reader.next += 1
    return { kind: 'InState', state: token.state, reference: token.reference }
  }
  if (takeWord(reader, 'NOT')) return { kind: 'Not', rule: readOne(reader) }
  if (takeWord(reader, 'TRUE')) return { kind: 'Constant', value: true }
  if (takeWord(reader, 'FALSE')) return { kind: 'Constant', value: false }
  if (takeWord(reader, '(')) {
    const rule = readEither(reader)
    if (!takeWord(reader, ')')) throw expected(')', reader.tokens[reader.next]?.at ?? reader.end)
    return rule
  }
  throw expected('an alarm in a state, TRUE, FALSE, NOT or (', token?.at ?? reader.end)
}

function takeWord(reader: Reader, word: string): boolean {
  const token = reader.tokens[reader.next]
  if (token?.kind !== 'Word' || token.word !== word) return false
  reader.next += 1
  return true
}

function expected(what: string, at: number): AlarmRuleFault {
  return new AlarmRuleFault(`at character ${at + 1} was expected: ${what}`)
}
