import type { Replica, RouteTable } from '../../capabilities/inference/index.ts'
import type { Deadlines } from '../http1/deadlines.ts'
import { UpstreamPool } from '../http1/upstream-pool.ts'

/** Most requests that one gateway has outstanding at one replica; beyond, callers are asked to retry. */
export const REPLICA_CONNECTIONS_MAX = 512
/** Idle connections to containers are closed after this long; most servers do it sooner. */
const IDLE_MS = 60_000

/** The connections to all replicas, each replica's as long as it is routed or busy. */
export class ReplicaConnections {
  private readonly pools = new Map<Replica, UpstreamPool>()
  private readonly deadlines: Deadlines

  constructor(table: RouteTable, deadlines: Deadlines) {
    this.deadlines = deadlines
    table.watch({
      replicaLeft: (replica) => {
        this.pools.get(replica)?.close()
        this.pools.delete(replica)
      },
    })
  }

  to(replica: Replica): UpstreamPool {
    let pool = this.pools.get(replica)
    if (!pool) {
      pool = new UpstreamPool({
        address: replica.address,
        deadlines: this.deadlines,
        connectionsMax: REPLICA_CONNECTIONS_MAX,
        idleMs: IDLE_MS,
      })
      this.pools.set(replica, pool)
    }
    return pool
  }

  close(): void {
    for (const pool of this.pools.values()) pool.close()
    this.pools.clear()
  }
}
