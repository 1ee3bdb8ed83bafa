import { MathFault } from '../math/math-fault.ts'
import type { SearchQuery, SearchTerm } from './search-match.ts'

/** @source Amazon CloudWatch User Guide, "CloudWatch search expression syntax" */
const QUERY_CHARACTERS_MAX = 1_024
const DEPTH_MAX = 50

interface Word {
  /** Text in double quotes is never an operator, nor a sign. */
  readonly isQuoted: boolean
  readonly text: string
}

interface Reader {
  readonly words: readonly Word[]
  next: number
  depth: number
}

/**
 * Reads `{Namespace,Dimension} "exact" partial MetricName=x NOT (a OR b)`. NOT binds closest, then AND, which need
 * not be written, then OR.
 *
 * @throws MathFault
 */
export function parseSearch(query: string): SearchQuery {
  if (query.length > QUERY_CHARACTERS_MAX) {
    throw new MathFault(`a search has at most ${QUERY_CHARACTERS_MAX} characters`)
  }
  const [, schemaText, termText = ''] = /^\s*(?:\{([^}]*)\}\s*,?)?(.*)$/s.exec(query) ?? []
  if (termText.trimStart().startsWith('{')) {
    throw new MathFault('the schema of a search is not closed by a brace')
  }
  const schema = schemaText === undefined ? undefined : readSchema(schemaText)
  const reader: Reader = { words: wordsOf(termText), next: 0, depth: 0 }
  if (reader.words.length === 0) {
    if (!schema) throw new MathFault('a search has a schema in braces, a term, or both')
    return { schema, term: { kind: 'Everything' } }
  }
  const term = readEither(reader)
  const rest = reader.words[reader.next]
  if (rest) throw new MathFault(`'${rest.text}' stands where the search should end`)
  return { schema, term }
}

function readSchema(text: string): SearchQuery['schema'] {
  const [namespace = '', ...dimensions] = text.split(',').map((name) => {
    const [, quoted, bare = ''] = /^\s*(?:"(.*)"|(.*?))\s*$/s.exec(name) ?? []
    return quoted ?? bare
  })
  if (namespace === '') throw new MathFault('the schema of a search begins with a namespace')
  return { namespace, dimensions: dimensions.filter((name) => name !== '') }
}

const WORD = /\s*(?:"((?:[^"\\]|\\.)*)"|([()=])|([^\s()="]+))/sy

function wordsOf(text: string): readonly Word[] {
  const words: Word[] = []
  WORD.lastIndex = 0
  while (text.slice(WORD.lastIndex).trim() !== '') {
    const at = WORD.lastIndex
    const match = WORD.exec(text)
    if (!match) throw new MathFault(`'${text.slice(at).trim()[0]}' opens a text that does not end`)
    const [, quoted, sign, bare] = match
    if (quoted !== undefined) words.push({ isQuoted: true, text: quoted.replace(/\\(.)/gs, '$1') })
    else words.push({ isQuoted: false, text: sign ?? bare ?? '' })
  }
  return words
}

function readEither(reader: Reader): SearchTerm {
  reader.depth += 1
  if (reader.depth > DEPTH_MAX) throw new MathFault(`a search is nested at most ${DEPTH_MAX} deep`)
  const terms = [readAll(reader)]
  while (takes(reader, 'OR')) terms.push(readAll(reader))
  reader.depth -= 1
  return terms.length === 1 && terms[0] ? terms[0] : { kind: 'Or', terms }
}

function readAll(reader: Reader): SearchTerm {
  const terms = [readOne(reader)]
  for (;;) {
    const isWritten = takes(reader, 'AND')
    const next = reader.words[reader.next]
    const isEnd = !next || (!next.isQuoted && (next.text === 'OR' || next.text === ')'))
    if (!isWritten && isEnd) break
    terms.push(readOne(reader))
  }
  return terms.length === 1 && terms[0] ? terms[0] : { kind: 'And', terms }
}

function readOne(reader: Reader): SearchTerm {
  if (takes(reader, 'NOT')) {
    reader.depth += 1
    if (reader.depth > DEPTH_MAX)
      throw new MathFault(`a search is nested at most ${DEPTH_MAX} deep`)
    const term = readOne(reader)
    reader.depth -= 1
    return { kind: 'Not', term }
  }
  if (takes(reader, '(')) {
    const inner = readEither(reader)
    if (!takes(reader, ')')) throw new MathFault('a bracket of the search is not closed')
    return inner
  }
  const word = takeWord(reader)
  if (!takes(reader, '=')) return termOf(word, undefined)
  return termOf(takeWord(reader), word.text)
}

function termOf({ text, isQuoted }: Word, property: string | undefined): SearchTerm {
  return { kind: 'Word', property, text, isExact: isQuoted }
}

function takeWord(reader: Reader): Word {
  const word = reader.words[reader.next]
  if (!word) throw new MathFault('the search ends where a word was expected')
  if (!word.isQuoted && /^(?:[()=]|AND|OR|NOT)$/.test(word.text)) {
    throw new MathFault(`'${word.text}' stands where a word of the search was expected`)
  }
  reader.next += 1
  return word
}

function takes(reader: Reader, sign: string): boolean {
  const word = reader.words[reader.next]
  const isThere = word !== undefined && !word.isQuoted && word.text === sign
  if (isThere) reader.next += 1
  return isThere
}
