import type { MessageFilter } from './filter-pattern.ts'
import { invalidParameter } from './logs-errors.ts'
import { compileRegex, requireFewRegexes } from './pattern-regex.ts'

interface Term {
  /** `-term` must not occur; of `?term`s one must. */
  readonly role: 'required' | 'excluded' | 'optional'
  readonly occursIn: MessageFilter
}

/** A sign, then a quoted phrase, a regular expression, or anything up to white space. */
const TERM = /\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))(?=\s|$)/gy
const PLAIN = /^[\p{L}\p{N}_]+$/u

/**
 * Terms are texts that occur anywhere in the message, in this case: all of them, none with a minus. Terms
 * with a question mark say «one of these» where they stand alone, and beside others say nothing.
 * @throws invalidParameter
 */
export function compileTextPattern(pattern: string): MessageFilter {
  const terms = parseTerms(pattern)
  const of = (role: Term['role']): readonly MessageFilter[] =>
    terms.filter((term) => term.role === role).map(({ occursIn }) => occursIn)
  const [required, excluded, optional] = [of('required'), of('excluded'), of('optional')]
  if (required.length + excluded.length === 0) {
    return (message) => optional.some((occursIn) => occursIn(message))
  }
  return (message) =>
    required.every((occursIn) => occursIn(message)) &&
    !excluded.some((occursIn) => occursIn(message))
}

function parseTerms(pattern: string): readonly Term[] {
  const terms: Term[] = []
  let regexCount = 0
  let end = 0
  for (const match of pattern.matchAll(TERM)) {
    const [whole, sign, phrase, regex, plain] = match
    end = match.index + whole.length
    if (regex !== undefined) regexCount += 1
    const role = sign === '-' ? 'excluded' : sign === '?' ? 'optional' : 'required'
    terms.push({ role, occursIn: compileTerm({ phrase, regex, plain }) })
  }
  if (pattern.slice(end).trim() !== '') throw invalidTerm(pattern.slice(end).trim())
  requireFewRegexes(regexCount)
  return terms
}

function compileTerm(term: {
  phrase: string | undefined
  regex: string | undefined
  plain: string | undefined
}): MessageFilter {
  if (term.regex !== undefined) {
    const regex = compileRegex(term.regex)
    return (message) => regex.test(message)
  }
  const text = term.plain ?? (term.phrase ?? '').replace(/\\(.)/g, '$1')
  if (text === '') throw invalidTerm('""')
  if (term.plain !== undefined && !PLAIN.test(text)) throw invalidTerm(text)
  return (message) => message.includes(text)
}

function invalidTerm(term: string) {
  return invalidParameter(`Invalid filter pattern: Invalid character(s) in term '${term}'`)
}
