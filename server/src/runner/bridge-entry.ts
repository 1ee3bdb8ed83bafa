import { rmSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import type { Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createRelay } from './relay.ts'

/** Between which places the bridge carries connections. */
export interface BridgeEnds {
  /** On loopback inside. */
  readonly platformPort: number
  readonly platformSocket: string
  /** True where other hosts' bridges stand beside this one: any of them carries what comes. */
  readonly isShared: boolean
  readonly servicePort?: number
  readonly serviceSocket?: string
}

const ATTEMPTS_MAX = 2000

/** Runs in the container's network, until standard input ends: then the runner is gone. */
async function main(ends: BridgeEnds): Promise<void> {
  process.stdin.on('end', () => process.exit(0)).resume()
  const toPlatform = createRelay({ path: ends.platformSocket })
  await listenOnLoopback(toPlatform, { port: ends.platformPort, reusePort: ends.isShared })
  if (ends.serviceSocket !== undefined && ends.servicePort !== undefined) {
    rmSync(ends.serviceSocket, { force: true })
    createRelay({ host: '127.0.0.1', port: ends.servicePort }).listen(ends.serviceSocket)
  }
  process.stdout.write('ready\n')
  // it is killed in the end, so that nothing would be kept for the next one
  flushCompileCache()
}

/** The device may not be up yet: the sandbox is being made at this moment. */
async function listenOnLoopback(
  server: Server,
  options: { port: number; reusePort: boolean },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ ...options, host: '127.0.0.1' }, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error
      await delay(2)
    }
  }
}

await main(JSON.parse(process.argv[2] ?? '{}') as BridgeEnds)
