import { compileJsonPattern } from './json-pattern.ts'
import { invalidParameter } from './logs-errors.ts'
import { compileTextPattern } from './text-pattern.ts'

/** Whether a message is meant by a filter pattern. */
export type MessageFilter = (message: string) => boolean

/**
 * Compiles a filter pattern: nothing, terms, or `{ … }` over messages that are JSON.
 *
 * @source CloudWatch Logs User Guide, "Filter pattern syntax"
 * @throws invalidParameter when it is malformed, or of the space-delimited kind `[…]`
 */
export function compileFilterPattern(pattern: string): MessageFilter {
  const text = pattern.trim()
  if (text === '') return () => true
  if (text.startsWith('{')) return compileJsonPattern(text)
  if (text.startsWith('[')) {
    throw invalidParameter(
      'Invalid filter pattern: space-delimited patterns ([…]) are not supported here; ' +
        'use terms, a %regular expression% or a JSON pattern',
    )
  }
  return compileTextPattern(text)
}
