import pg from 'pg'
import type { Log } from '../../base/log.ts'
import { createWorkGauge, type WorkGauge } from '../../base/work-gauge.ts'
import { Connections } from './connections.ts'
import {
  boundValues,
  type PreparedStatement,
  preparedStatement,
  runPrepared,
} from './prepared-statement.ts'

export type Row = Record<string, unknown>

/** Anything that runs SQL: the pool, or one transaction on it. */
export interface Queryable {
  /** Runs one statement; values are bound, never interpolated. */
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<readonly R[]>
}

/** Postgres, the only state of control. */
export interface Database extends Queryable {
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>
  /** A connection of its own that runs `LISTEN`; reconnects by itself and then calls `reconnected`. */
  listen(channel: string, options: ListenOptions): Promise<AsyncDisposable>
  /** Runs what is no work of the platform's, and not counted as such. */
  readonly uncounted: Queryable
  /** For libraries that want a `pg` pool of their own. */
  readonly url: string
  close(): Promise<void>
}

export interface ListenOptions {
  readonly received: (payload: string) => void
  /** Notifications may have been missed: look again at everything. */
  readonly reconnected: () => void
}

export interface DatabaseOptions {
  readonly url: string
  readonly connectionsMax: number
  readonly log: Log
  /** Counts statements and transactions under way. */
  readonly gauge?: WorkGauge
}

const RECONNECT_DELAY_MS = 250

// bigint columns hold byte counts and sequence numbers, all below 2^53
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export function openDatabase(options: DatabaseOptions): Database {
  const gauge = options.gauge ?? createWorkGauge()
  const connections = new Connections(options)
  return {
    url: options.url,
    query: (text, values) => gauge.track(() => runAlone(connections, text, values)),
    uncounted: { query: (text, values) => runAlone(connections, text, values) },
    transaction: (work) => gauge.track(() => transaction(connections, work)),
    listen: (channel, listenOptions) => listen(options, channel, listenOptions),
    close: () => connections.close(),
  }
}

async function runAlone<R extends Row>(
  connections: Connections,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly R[]> {
  const borrowed = connections.borrow()
  const client = borrowed instanceof pg.Client ? borrowed : await borrowed
  let broken = false
  try {
    return await run<R>(client, text, values)
  } catch (error) {
    // a refused statement leaves the connection as it was; a worse error is its end
    broken = !(error instanceof pg.DatabaseError && error.severity === 'ERROR')
    throw error
  } finally {
    connections.giveBack(client, { broken })
  }
}

async function run<R extends Row>(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly R[]> {
  const statement = preparable(text)
  const bound = statement && boundValues(values)
  if (bound) return await runPrepared<R>(client, statement, bound)
  const name = statement && `${statement.name}o`
  const result = await client.query<R>({ text, values: values as unknown[], ...(name && { name }) })
  return result.rows
}

/** Statements beyond this many are not kept prepared: they are made up of parts, and seldom come again. */
const PREPARED_MAX = 400
const prepared = new Map<string, PreparedStatement>()

/** A prepared statement is planned once per connection. @returns undefined for those that are not worth it */
function preparable(text: string): PreparedStatement | undefined {
  const known = prepared.get(text)
  if (known !== undefined || !/^\s*(select|insert|update|delete|with)\b/i.test(text)) return known
  if (prepared.size >= PREPARED_MAX) return undefined
  const statement = preparedStatement(`s${prepared.size}`, text)
  prepared.set(text, statement)
  return statement
}

async function transaction<T>(
  connections: Connections,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  const client = await connections.borrow()
  let broken = false
  try {
    await client.query('begin')
    const answer = await work({ query: async (text, values) => run(client, text, values) })
    await client.query('commit')
    return answer
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true
    })
    throw error
  } finally {
    connections.giveBack(client, { broken })
  }
}

async function listen(
  options: DatabaseOptions,
  channel: string,
  { received, reconnected }: ListenOptions,
): Promise<AsyncDisposable> {
  let closed = false
  let client: pg.Client | undefined

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: options.url, keepAlive: true })
    next.on('notification', (message) => received(message.payload ?? ''))
    next.on('error', (error) => options.log.warn('the notification connection failed', { error }))
    next.on('end', () => {
      if (!closed && client === next) retry()
    })
    await next.connect()
    await next.query(`listen ${pg.escapeIdentifier(channel)}`)
    client = next
  }
  const retry = (): void => {
    const timeout = setTimeout(() => {
      connect().then(reconnected, retry)
    }, RECONNECT_DELAY_MS)
    timeout.unref()
    if (closed) clearTimeout(timeout)
  }

  await connect()
  return {
    [Symbol.asyncDispose]: async () => {
      closed = true
      await client?.end()
    },
  }
}

/** The code of a unique-key violation, for inserts that may meet a name in use. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}
