import type { Deadlines } from './deadlines.ts'
import { type UpstreamAddress, UpstreamConnection } from './upstream-connection.ts'

export interface UpstreamPoolOptions {
  readonly address: UpstreamAddress
  readonly deadlines: Deadlines
  readonly connectionsMax: number
  /** Shorter than the peer's own keep-alive time, so that we are the one who ends it. */
  readonly idleMs: number
  /** True: a connection serves one request, then it is closed. */
  readonly servesOnce?: boolean
}

/** The connections to one server; the one that was used last is used first. */
export class UpstreamPool {
  private readonly options: UpstreamPoolOptions
  private readonly all = new Set<UpstreamConnection>()
  private readonly idle: UpstreamConnection[] = []
  private closing = false

  constructor(options: UpstreamPoolOptions) {
    this.options = options
  }

  /**
   * A connection that serves nobody.
   *
   * @param fresh true passes those by that have served before and may just be ending
   * @returns undefined when there are as many as may be, all of them busy
   */
  take(fresh = false): UpstreamConnection | undefined {
    const used = fresh ? undefined : this.idle.pop()
    if (used) return used
    if (this.all.size >= this.options.connectionsMax) return undefined
    const { address, deadlines, idleMs } = this.options
    const connection = new UpstreamConnection({
      address,
      deadlines,
      idleMs,
      idle: this.onIdle,
      closed: this.onClosed,
    })
    this.all.add(connection)
    return connection
  }

  /** Closes what is idle now, and the rest as it becomes so. */
  close(): void {
    this.closing = true
    for (const connection of this.idle.splice(0)) connection.destroy()
  }

  private readonly onIdle = (connection: UpstreamConnection): void => {
    if (this.closing || this.options.servesOnce) connection.destroy()
    else this.idle.push(connection)
  }

  private readonly onClosed = (connection: UpstreamConnection): void => {
    if (!this.all.delete(connection)) return
    const index = this.idle.indexOf(connection)
    if (index >= 0) this.idle.splice(index, 1)
  }
}
