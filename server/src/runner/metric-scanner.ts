import { createContext, Script } from 'node:vm'
import { metricExpression } from '../aws/metric-expression.ts'
import type { Task, TaskMetric } from '../platform/engines/engine.ts'

/** Reads values from log lines by the user's regular expressions. */
export interface MetricScanner {
  /** @returns whether any value was read */
  scan(lines: readonly string[], at: string): boolean
  metrics(): readonly TaskMetric[]
}

/** A line beyond this is read up to here only. */
const LINE_CHARACTERS_MAX = 16_384
/** An expression that needs longer for one batch of lines backtracks without end, and is dropped. */
const SCAN_MS_MAX = 2000

/**
 * Each expression is run over a whole batch inside `vm`, the one place where a regular expression can be
 * interrupted: a careless pattern of a user must not hold up the log.
 *
 * @param onFault is told, in a sentence, of an expression that cannot be used
 */
export function createMetricScanner(
  definitions: Task['metricDefinitions'],
  onFault: (sentence: string) => void,
): MetricScanner {
  const found = new Map<string, TaskMetric>()
  const sandbox = { lines: [] as readonly string[], pattern: /(?:)/, values: [] as string[] }
  createContext(sandbox)
  const script = new Script(SCAN)
  const active = new Map<string, { name: string; pattern: RegExp }>()
  for (const [index, { name, regex }] of definitions.entries()) {
    const pattern = metricExpression(regex)
    if (pattern) active.set(String(index), { name, pattern })
    else onFault(`Metric ${name} is not read: '${regex}' is no regular expression`)
  }
  return {
    metrics: () => [...found.values()],
    scan: (lines, at) => {
      let isChanged = false
      sandbox.lines = lines.map((line) => line.slice(0, LINE_CHARACTERS_MAX))
      for (const [key, { name, pattern }] of active) {
        sandbox.pattern = pattern
        try {
          script.runInContext(sandbox, { timeout: SCAN_MS_MAX })
        } catch {
          active.delete(key)
          onFault(`Metric ${name} is read no more: its regular expression takes too long`)
          continue
        }
        const values = sandbox.values.map(Number).filter((value) => !Number.isNaN(value))
        const value = values.at(-1)
        if (value === undefined) continue
        const count = (found.get(name)?.count ?? 0) + values.length
        found.set(name, { name, value, at, count })
        isChanged = true
      }
      return isChanged
    },
  }
}

const SCAN = `
  values = []
  for (const line of lines) {
    pattern.lastIndex = 0
    for (const match of line.matchAll(pattern)) values.push(match[1] === undefined ? match[0] : match[1])
  }
`
