import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAUNCH_PATH, type SandboxMechanism } from '../platform/engines/process/sandbox/plan.ts'
import type { TaskOrder } from '../platform/engines/process/task-directory.ts'
import type { BridgeEnds } from './bridge-entry.ts'
import type { Container } from './container.ts'
import { createRelay } from './relay.ts'
import type { Verdict } from './run-container.ts'
import { SERVICE_SOCKET } from './service-watch.ts'

/** Joins a container that has a network of its own with the platform, and the gateway with its port. */
export interface Bridge {
  readonly mechanism: SandboxMechanism
  /** The platform as the container sees it. */
  readonly platformUrl: string
  /** Lays the bridge and then lets the container begin. */
  connect(container: Container, endWith: (verdict: Verdict) => void): Promise<void>
  close(): void
}

/**
 * A process of ours enters the container's network, and only that: the container sees neither it nor its files,
 * and cannot end it. Inside it listens where the platform's port is; what comes goes through a unix socket,
 * which no network namespace hinders, to us and on to the platform. The service's port goes the other way.
 */
export function createBridge(
  { task, settings }: TaskOrder,
  options: { hasServicePort: boolean },
): Bridge {
  const platform = new URL(settings.platformUrl)
  const port = Number(platform.port) || 80
  const platformSocket = join(settings.socketDir, 'platform.sock')
  const relay = createRelay({ host: platform.hostname, port })
  const isRoot = userInfo().uid === 0
  let stop = () => {}
  let isClosed = false
  return {
    // As an ordinary user bubblewrap nests user namespaces, of which we could enter only the inner one.
    mechanism: isRoot ? settings.mechanism : 'unshare',
    platformUrl: `http://127.0.0.1:${port}`,
    connect: async (container, endWith) => {
      const sandbox = await container.sandbox
      if (!sandbox) return
      relay.listen(platformSocket)
      const ends: BridgeEnds = {
        platformPort: port,
        platformSocket,
        ...(task.service &&
          options.hasServicePort && {
            servicePort: task.service.port,
            serviceSocket: join(settings.socketDir, SERVICE_SOCKET),
          }),
      }
      const spaces = isRoot ? [] : ['--user', '--preserve-credentials']
      const entry = fileURLToPath(new URL('./bridge-entry.ts', import.meta.url))
      const helper = spawn(
        'nsenter',
        [
          '--target',
          String(sandbox.pid),
          ...spaces,
          '--net',
          process.execPath,
          entry,
          JSON.stringify(ends),
        ],
        // Standard input tells the helper of our death, whichever it is.
        { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: LAUNCH_PATH }, detached: true },
      )
      helper.stdin.on('error', () => undefined)
      stop = () => helper.kill('SIGKILL')
      const failed = new Promise<never>((_, reject) => {
        helper.once('error', reject)
        helper.once('exit', (code) => reject(new Error(`the bridge ended with ${code}`)))
      })
      try {
        await Promise.race([once(helper.stdout, 'data'), failed])
        failed.catch((error: Error) => isClosed || endWith(lost(error)))
        container.release()
      } catch (error) {
        if (!isClosed) endWith(lost(error))
      }
    },
    close: () => {
      isClosed = true
      stop()
      relay.close()
      rmSync(platformSocket, { force: true })
    },
  }
}

function lost(error: unknown): Verdict {
  return {
    cause: 'StartFailed',
    message: `The container's network could not be joined with the platform: ${String(error)}`,
  }
}
