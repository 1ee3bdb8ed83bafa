import { join } from 'node:path'
import { after, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../platform/database/embedded-postgres.ts'

/** The embedded Postgres, started again whenever it ends by itself. */
export interface SupervisedPostgres {
  readonly url: string
  readonly pid: number | undefined
  readonly startedAt: Date | undefined
  readonly restarts: number
  stop(): Promise<void>
}

const RESTART_DELAY_MS = 100

export async function supervisePostgres(options: {
  dataDir: string
  socketDir: string
  clock: Clock
  log: Log
  /** Whether the data directory was deleted: a new one is not begun in its place. */
  isGone: () => Promise<boolean>
}): Promise<SupervisedPostgres> {
  const { clock, log, socketDir } = options
  const dataDir = join(options.dataDir, 'postgres')
  let server: EmbeddedPostgres
  let startedAt = clock.now()
  let restarts = 0
  let stopping = false

  const start = async (): Promise<void> => {
    if (await options.isGone()) throw new Error(`${options.dataDir} is gone`)
    server = await startEmbeddedPostgres({ dataDir, socketDir, clock })
    startedAt = clock.now()
    server.process.once('exit', (code, signal) => {
      if (stopping) return
      log.warn('postgres ended and is started again', { code, signal })
      restarts += 1
      restart()
    })
  }
  const restart = (): void => {
    start().catch((error) => {
      log.error('postgres could not be started', { error })
      if (!stopping) after(clock, RESTART_DELAY_MS).then(restart, () => undefined)
    })
  }

  await start()
  return {
    get url() {
      return server.url
    },
    get pid() {
      return server.process.pid
    },
    get startedAt() {
      return startedAt
    },
    get restarts() {
      return restarts
    },
    stop: async () => {
      stopping = true
      await server.stop()
    },
  }
}
