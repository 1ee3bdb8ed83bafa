import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownUser } from '../platform/engines/process/own-user.ts'
import {
  networkPrefix,
  type SandboxMechanism,
  type SandboxPlan,
} from '../platform/engines/process/sandbox/plan.ts'
import type { TaskOrder } from '../platform/engines/process/task-directory.ts'
import type { BridgeEnds } from './bridge-entry.ts'
import type { Container } from './container.ts'
import { type NetworkHelper, startNetworkHelper } from './network-helper.ts'
import { createRelay } from './relay.ts'
import type { Verdict } from './run-container.ts'
import { SERVICE_SOCKET } from './service-watch.ts'
import { joinSharedNetwork } from './shared-network.ts'
import { TaskFailure } from './task-failure.ts'

/** Joins a container that has a network of its own, or with its job's other hosts, with the platform. */
export interface Bridge {
  readonly mechanism: SandboxMechanism
  readonly network: SandboxPlan['network']
  /** The platform as the container sees it. */
  readonly platformUrl: string
  /** Whether the container is to wait for `connect`, since the bridge can be laid only where a sandbox stands. */
  readonly isHeld: boolean
  /** Lays the bridge, where it was not laid before the launch, and lets the container begin. */
  connect(container: Container, endWith: (verdict: Verdict) => void): Promise<void>
  close(): void
}

/**
 * A process of ours is in the container's network, and only in that: the container sees neither it nor its
 * files, and cannot end it. Inside it listens where the platform's port is; what comes goes through a unix socket,
 * which no network namespace hinders, to us and on to the platform. The service's port goes the other way.
 *
 * @throws TaskFailure when the network of a job's hosts can be neither joined nor made; the signal's reason
 */
export async function createBridge(
  order: TaskOrder,
  options: { readonly hasServicePort: boolean; readonly signal: AbortSignal },
): Promise<Bridge> {
  const { settings } = order
  const platform = new URL(settings.platformUrl)
  const port = Number(platform.port) || 80
  const platformSocket = join(settings.socketDir, 'platform.sock')
  const relay = createRelay({ host: platform.hostname, port })
  const ends = bridgeEnds(order, { port, platformSocket, hasServicePort: options.hasServicePort })
  const { isRoot } = ownUser()
  let helper: NetworkHelper | undefined
  let isClosed = false
  const close = () => {
    isClosed = true
    helper?.stop()
    relay.close()
    rmSync(platformSocket, { force: true })
  }
  const common = {
    // As an ordinary user bubblewrap nests user namespaces, of which we could enter only the inner one.
    mechanism: isRoot ? settings.mechanism : ('unshare' as const),
    platformUrl: `http://127.0.0.1:${port}`,
    close,
  }
  const { sharedNetworkDir } = settings
  if (sharedNetworkDir !== undefined) {
    relay.listen(platformSocket)
    try {
      helper = await joinSharedNetwork(ends, {
        directory: sharedNetworkDir,
        taskId: order.task.taskId,
        signal: options.signal,
      })
    } catch (error) {
      close()
      options.signal.throwIfAborted()
      throw new TaskFailure('StartFailed', lost(error).message ?? '')
    }
    const { pid, lost: helperLost } = helper
    return {
      ...common,
      network: { joined: pid },
      isHeld: false,
      connect: async (_, endWith) => {
        await helperLost.catch((error: unknown) => isClosed || endWith(lost(error)))
      },
    }
  }
  return {
    ...common,
    network: 'own',
    isHeld: true,
    connect: async (container, endWith) => {
      const sandbox = await container.sandbox
      if (!sandbox) return
      relay.listen(platformSocket)
      try {
        helper = await startNetworkHelper(networkPrefix({ joined: sandbox.pid }, { isRoot }), ends)
        // closed while the helper was on its way
        if (isClosed) return helper.stop()
        helper.lost.catch((error: unknown) => isClosed || endWith(lost(error)))
        container.release()
      } catch (error) {
        if (!isClosed) endWith(lost(error))
      }
    },
  }
}

function bridgeEnds(
  { task, settings }: TaskOrder,
  options: { port: number; platformSocket: string; hasServicePort: boolean },
): BridgeEnds {
  return {
    platformPort: options.port,
    platformSocket: options.platformSocket,
    isShared: settings.sharedNetworkDir !== undefined,
    ...(task.service &&
      options.hasServicePort && {
        servicePort: task.service.port,
        serviceSocket: join(settings.socketDir, SERVICE_SOCKET),
      }),
  }
}

function lost(error: unknown): Verdict {
  return {
    cause: 'StartFailed',
    message: `The container's network could not be joined with the platform: ${String(error)}`,
  }
}
