/**
 * The user's expression for a metric as one of ours, for all matches. AWS's expressions are Java's or Python's: named
 * groups and leading flags are written differently here.
 *
 * @returns undefined for what is no regular expression
 */
export function metricExpression(regex: string): RegExp | undefined {
  const [, flags = '', body = regex] = /^\(\?([ims]+)\)(.*)$/s.exec(regex) ?? []
  try {
    return new RegExp(body.replaceAll('(?P<', '(?<'), `g${[...new Set(flags)].join('')}`)
  } catch {
    return undefined
  }
}
