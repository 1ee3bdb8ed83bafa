import { invalidParameter } from './logs-errors.ts'

/** @source CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax" */
const ALLOWED = /^[A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+.]+$/
/** How many regular expressions one pattern may have. */
export const REGEX_COUNT_MAX = 2

/** Compiles what stands between percent signs. @throws invalidParameter */
export function compileRegex(source: string): RegExp {
  if (!ALLOWED.test(source)) {
    throw invalidParameter(`Invalid filter pattern: Invalid character(s) in term '%${source}%'`)
  }
  try {
    return new RegExp(source)
  } catch {
    throw invalidParameter(`Invalid filter pattern: Invalid regular expression '%${source}%'`)
  }
}

/** @throws invalidParameter past the quota */
export function requireFewRegexes(count: number): void {
  if (count > REGEX_COUNT_MAX) {
    throw invalidParameter(
      `Invalid filter pattern: at most ${REGEX_COUNT_MAX} regular expressions are allowed`,
    )
  }
}
