import type { Replica, RouteTable } from '../../capabilities/inference/index.ts'
import type { Deadlines } from '../http1/deadlines.ts'
import { UpstreamPool } from '../http1/upstream-pool.ts'

/** Most requests that one gateway has outstanding at one replica; beyond, callers are asked to retry. */
export const REPLICA_CONNECTIONS_MAX = 512
/** Idle connections to containers are closed after this long; most servers do it sooner. */
const IDLE_MS = 60_000

/** The connections to all replicas, each replica's as long as it is routed or busy. */
export class ReplicaConnections {
  /** By replica, one pool for each of its containers that was asked. */
  private readonly pools = new Map<Replica, UpstreamPool[]>()
  private readonly deadlines: Deadlines

  constructor(table: RouteTable, deadlines: Deadlines) {
    this.deadlines = deadlines
    table.watch({
      replicaLeft: (replica) => {
        for (const pool of this.pools.get(replica) ?? []) pool?.close()
        this.pools.delete(replica)
      },
    })
  }

  /** @param container which of the replica's, from 0 */
  to(replica: Replica, container = 0): UpstreamPool {
    let pools = this.pools.get(replica)
    if (!pools) {
      pools = []
      this.pools.set(replica, pools)
    }
    let pool = pools[container]
    if (!pool) {
      pool = new UpstreamPool({
        address: replica.furtherAddresses[container - 1] ?? replica.address,
        deadlines: this.deadlines,
        connectionsMax: REPLICA_CONNECTIONS_MAX,
        idleMs: IDLE_MS,
        servesOnce: replica.takesOne,
      })
      pools[container] = pool
    }
    return pool
  }

  close(): void {
    for (const pools of this.pools.values()) for (const pool of pools) pool?.close()
    this.pools.clear()
  }
}
