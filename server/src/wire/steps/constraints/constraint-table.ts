import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A service's published constraints, as `tools/generate-aws.ts` writes them. */
export interface ConstraintTable {
  /** The input's shape by operation; operations whose inputs are unconstrained are missing. */
  readonly operations: Readonly<Record<string, string>>
  readonly shapes: Readonly<Record<string, ConstraintShape>>
}

export interface ConstraintShape {
  readonly type: string
  readonly required?: readonly string[]
  /** Shapes by member; members that constrain nothing are missing, as are elements, keys and values. */
  readonly members?: Readonly<Record<string, string>>
  readonly member?: string
  readonly key?: string
  readonly value?: string
  /** Length of text, lists and maps; value of numbers. */
  readonly min?: number
  readonly max?: number
  /** A Java regular expression that the whole text must match. */
  readonly pattern?: string
  readonly enum?: readonly string[]
  /** Its values are not repeated in refusals. */
  readonly sensitive?: boolean
}

const GENERATED = join(import.meta.dirname, '../../../aws/generated')
const tables = new Map<string, ConstraintTable>()

/** Read when a service is first asked for something: the largest takes some milliseconds. */
export function constraintTable(service: string): ConstraintTable {
  const known = tables.get(service)
  if (known) return known
  const text = readFileSync(join(GENERATED, `${service}.constraints.json`), 'utf8')
  const table = JSON.parse(text) as ConstraintTable
  tables.set(service, table)
  return table
}

const patterns = new Map<string, RegExp>()

/** A published pattern in JavaScript's terms; Java matches whole texts. */
export function compilePattern(pattern: string): RegExp {
  const known = patterns.get(pattern)
  if (known) return known
  const compiled = translate(pattern)
  patterns.set(pattern, compiled)
  return compiled
}

/** Java's words that JavaScript lacks, each inside or outside of brackets as the models use it. */
const TRANSLATIONS: readonly (readonly [java: RegExp, script: string])[] = [
  [/^\(\?i\)/, ''],
  [/\\A/g, ''],
  [/\\z/g, ''],
  [/\\p\{Alnum\}/g, 'a-zA-Z0-9'],
  [/^\\p\{Print\}(?=\+$)/, '[\\x20-\\x7e]'],
  [/\\p\{Print\}/g, '\\x20-\\x7e'],
  // possessive quantifiers: a whole match is the same without
  [/([*+?}])\+/g, '$1'],
  // Java lets an anchor be repeated
  [/\$\{\d+,\d+\}/g, '$$'],
]

function translate(pattern: string): RegExp {
  const flags = pattern.startsWith('(?i)') ? 'i' : ''
  const script = TRANSLATIONS.reduce((text, [java, words]) => text.replace(java, words), pattern)
  try {
    return new RegExp(`^(?:${script})$`, `u${flags}`)
  } catch {
    // without `u` JavaScript forgives needless escapes
    return new RegExp(`^(?:${script})$`, flags)
  }
}
