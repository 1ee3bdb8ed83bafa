import pg from 'pg'
import type { Log } from '../../base/log.ts'

export interface ConnectionsOptions {
  readonly url: string
  readonly connectionsMax: number
  readonly log: Log
}

/**
 * Connections to Postgres, each lent to one statement or one transaction at a time; the one that was used last is
 * lent first. They are opened as they are needed, and kept. One that is free is had without waiting for a turn of
 * the event loop, which is what a general pool costs more than a small statement does.
 */
export class Connections {
  private readonly options: ConnectionsOptions
  private readonly idle: pg.Client[] = []
  /** All that are there or are being opened. */
  private readonly all = new Set<pg.Client>()
  private readonly waiting: PromiseWithResolvers<pg.Client>[] = []
  private closing: PromiseWithResolvers<void> | undefined

  constructor(options: ConnectionsOptions) {
    this.options = options
  }

  /** A connection that is nobody else's until it is given back. @throws when none can be opened */
  borrow(): pg.Client | Promise<pg.Client> {
    return this.idle.pop() ?? this.another()
  }

  /** @param options.broken true: it is not to be used again */
  giveBack(client: pg.Client, { broken }: { broken: boolean }): void {
    const next = broken || !this.all.has(client) ? undefined : this.waiting.shift()
    if (next) next.resolve(client)
    else if (broken || this.closing) this.end(client)
    else if (this.all.has(client)) this.idle.push(client)
  }

  /** Waits for what is lent, and lends nothing more. */
  async close(): Promise<void> {
    this.closing ??= Promise.withResolvers()
    for (const client of this.idle.splice(0)) this.end(client)
    if (this.all.size === 0) this.closing.resolve()
    await this.closing.promise
  }

  private another(): Promise<pg.Client> {
    if (this.closing) return Promise.reject(new Error('the connections to Postgres are closed'))
    if (this.all.size < this.options.connectionsMax) return this.open()
    const waiting = Promise.withResolvers<pg.Client>()
    this.waiting.push(waiting)
    return waiting.promise
  }

  private async open(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.options.url })
    this.all.add(client)
    client.on('error', (error) => {
      // whoever uses the connection hears of its loss by the failure of what it runs
      if (!this.idle.includes(client)) return
      this.options.log.warn('a Postgres connection was lost', { error })
    })
    client.once('end', () => this.forget(client))
    try {
      await client.connect()
    } catch (error) {
      this.end(client)
      throw error
    }
    return client
  }

  private end(client: pg.Client): void {
    client.end().catch(() => undefined)
    this.forget(client)
  }

  /** Whoever waits may open one in its place. */
  private forget(client: pg.Client): void {
    if (!this.all.delete(client)) return
    const index = this.idle.indexOf(client)
    if (index >= 0) this.idle.splice(index, 1)
    const next = this.waiting.shift()
    if (next) this.open().then(next.resolve, next.reject)
    else if (this.all.size === 0) this.closing?.resolve()
  }
}
