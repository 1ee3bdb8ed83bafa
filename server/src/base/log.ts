import { systemClock } from './clock.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, unknown>>

/** One line of JSON per event, on standard error. Never give it a secret, a token or a body. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log whose every line also carries `fields`. */
  with(fields: LogFields): Log
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 }

export interface LogOptions {
  readonly level?: LogLevel
  readonly write?: (line: string) => void
}

export function createLog(fields: LogFields, options: LogOptions = {}): Log {
  const minimum = RANK[options.level ?? 'info']
  const write = options.write ?? ((line) => process.stderr.write(line))
  const at = (level: LogLevel) => (message: string, more?: LogFields) => {
    if (RANK[level] < minimum) return
    const time = systemClock.now().toISOString()
    write(`${JSON.stringify({ time, level, ...fields, message, ...plain(more) })}\n`)
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (more) => createLog({ ...fields, ...more }, options),
  }
}

/** Errors have no enumerable members: without this a log line would say `{}`. */
function plain(fields: LogFields | undefined): LogFields | undefined {
  if (fields?.error === undefined) return fields
  const { error, ...rest } = fields
  return { ...rest, error: error instanceof Error ? (error.stack ?? error.message) : error }
}
