import pg from 'pg'
import type { Row } from './database.ts'

/** What is bound to a placeholder, in Postgres's text form; null is SQL's null. */
type Bound = string | null

interface Column {
  readonly name: string
  readonly read: (text: string) => unknown
}

/** As much of a connection of `pg` as is written to. */
interface Connection {
  readonly stream: { write(bytes: Buffer): boolean }
}

/**
 * A statement that each connection plans once. It is sent as one write, and its columns are asked for once:
 * `pg` itself writes every message apart and has every run's columns described again.
 */
export interface PreparedStatement {
  readonly name: string
  readonly text: string
  /** Of the connections that know the statement. */
  readonly columns: WeakMap<Connection, readonly Column[]>
}

export function preparedStatement(name: string, text: string): PreparedStatement {
  return { name, text, columns: new WeakMap() }
}

/** Values in the form that statements take; undefined when one of them is only for `pg` to convert. */
export function boundValues(values: readonly unknown[]): readonly Bound[] | undefined {
  const bound: Bound[] = []
  for (const value of values) {
    const text = boundValue(value)
    if (text === undefined) return undefined
    bound.push(text)
  }
  return bound
}

function boundValue(value: unknown): Bound | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
      return String(value)
    case 'undefined':
      return null
    case 'object':
      if (value === null) return null
      // beyond these years the two notations differ
      if (value instanceof Date && value.getTime() >= 0 && value.getTime() < YEAR_10000_MS) {
        return value.toISOString()
      }
  }
  return undefined
}

const YEAR_10000_MS = Date.UTC(10_000, 0)

/** Runs a statement on a connection that nobody else uses. */
export function runPrepared<R extends Row>(
  client: pg.Client,
  statement: PreparedStatement,
  values: readonly Bound[],
): Promise<readonly R[]> {
  return new Promise((resolve, reject) => {
    client.query(
      new Run<R>(statement, values, (error, rows) => (error ? reject(error) : resolve(rows))),
    )
  })
}

/** One run of a statement; the methods are what `pg` calls while it lasts. */
class Run<R extends Row> {
  readonly callback: (error: Error | undefined, rows: readonly R[]) => void
  private readonly statement: PreparedStatement
  private readonly values: readonly Bound[]
  private readonly rows: R[] = []
  private columns: readonly Column[] | undefined
  private failure: Error | undefined
  private connection: Connection | undefined

  constructor(
    statement: PreparedStatement,
    values: readonly Bound[],
    callback: (error: Error | undefined, rows: readonly R[]) => void,
  ) {
    this.statement = statement
    this.values = values
    this.callback = callback
  }

  submit(connection: pg.Connection): void {
    const { statement, values } = this
    this.connection = connection as unknown as Connection
    this.columns = statement.columns.get(this.connection)
    const isKnown = this.columns !== undefined
    if (isKnown) {
      this.connection.stream.write(bind(statement.name, values, EXECUTE_AND_SYNC))
      return
    }
    const messages = [
      // one whose first run failed may be there already
      message('C', `S${statement.name}\0`),
      message('P', `${statement.name}\0${statement.text}\0\0\0`),
      bind(statement.name, values, DESCRIBE),
      EXECUTE_AND_SYNC,
    ]
    this.connection.stream.write(Buffer.concat(messages))
  }

  handleRowDescription({
    fields,
  }: {
    fields: readonly { name: string; dataTypeID: number }[]
  }): void {
    this.learn(
      fields.map(({ name, dataTypeID }) => ({
        name,
        read: pg.types.getTypeParser(dataTypeID, 'text'),
      })),
    )
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    try {
      this.rows.push(rowOf(this.columns ?? [], fields) as R)
    } catch (error) {
      this.failure = error as Error
    }
  }

  handleCommandComplete(): void {
    // what has no columns is not described
    if (!this.columns) this.learn([])
  }

  handleReadyForQuery(): void {
    this.callback(this.failure, this.rows)
  }

  handleError(error: Error): void {
    this.callback(error, [])
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('prepared statements copy nothing')
  }

  handleCopyData(): void {}

  private learn(columns: readonly Column[]): void {
    this.columns = columns
    if (this.connection) this.statement.columns.set(this.connection, columns)
  }
}

function rowOf(columns: readonly Column[], fields: readonly (string | null)[]): Row {
  const row: Row = {}
  for (let index = 0; index < columns.length; index++) {
    const { name, read } = columns[index] as Column
    const text = fields[index]
    row[name] = text === null || text === undefined ? null : read(text)
  }
  return row
}

/** A message of the frontend: its type, its length with itself, its content. */
function message(type: string, content: string): Buffer {
  const length = Buffer.byteLength(content)
  const bytes = Buffer.allocUnsafe(1 + 4 + length)
  bytes.write(type, 0, 'latin1')
  bytes.writeInt32BE(4 + length, 1)
  bytes.write(content, 5)
  return bytes
}

/** Of the unnamed portal, its columns. */
const DESCRIBE = message('D', 'P\0')
/** Of the unnamed portal, all rows. */
const EXECUTE_AND_SYNC = Buffer.concat([message('E', '\0\0\0\0\0'), message('S', '')])

/** Binds values as text, and asks for results as text. @param followedBy the messages that come next */
function bind(name: string, values: readonly Bound[], followedBy: Buffer): Buffer {
  const lengths = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)))
  const content =
    1 + name.length + 1 + 2 + 2 + lengths.reduce((sum, length) => sum + 4 + length, 0) + 2
  const bytes = Buffer.allocUnsafe(1 + 4 + content + followedBy.length)
  bytes.write('B', 0, 'latin1')
  bytes.writeInt32BE(4 + content, 1)
  let at = 5 + bytes.write(`\0${name}\0`, 5, 'latin1')
  at = bytes.writeInt16BE(0, at)
  at = bytes.writeInt16BE(values.length, at)
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? null
    at = bytes.writeInt32BE(value === null ? -1 : (lengths[index] as number), at)
    if (value !== null) at += bytes.write(value, at)
  }
  at = bytes.writeInt16BE(0, at)
  bytes.set(followedBy, at)
  return bytes
}
