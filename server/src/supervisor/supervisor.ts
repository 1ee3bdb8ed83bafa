import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config.ts'
import { type Installation, openInstallation } from '../installation.ts'
import { openAdminSocket } from '../platform/admin-socket.ts'
import { ADMIN_SOCKETS, runDirectory } from '../platform/run-directory.ts'
import { claimDataDirectory } from './claim.ts'
import { tellTasks } from './farewell.ts'
import { type Fate, fateOf, watchDataDirectory } from './forgotten.ts'
import { portHolder } from './port.ts'
import { type ProcessStatus, processStatus } from './process-status.ts'
import { createProcesses, type Processes } from './processes.ts'

/** What `up` runs: starts the processes of the platform, restarts what dies, ends them in order. */
export interface Supervisor {
  readonly url: string
  /** Resolves when all has stopped; with a fate when that was because of the data directory's. */
  readonly stopped: Promise<Fate | undefined>
  stop(): Promise<void>
}

export interface SupervisorOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  /** Tells a person what happens as it happens. */
  readonly say: (line: string) => void
}

export interface SupervisorStatus {
  readonly url: string
  readonly phase: 'starting' | 'ready' | 'stopping'
  readonly processes: readonly ProcessStatus[]
}

/** What clients of this installation sign with; told to the owner of the data directory only. */
export type SupervisorKeys = Installation['rootKey']

/** The data directory is in use by another supervisor. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning'
}

/** The exit code of a supervisor that found another one on its data directory. */
export const ALREADY_RUNNING_CODE = 3

/** @throws AlreadyRunning, or Error that says what does not come up and what to do */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { config, log, say } = options
  const { dataDir } = config
  using unclaiming = new DisposableStack()
  const claim = await claimDataDirectory(dataDir)
  if (!claim) throw new AlreadyRunning(`Sagebrush already runs on ${dataDir}`)
  unclaiming.use(claim)
  say(`Sagebrush starts on ${dataDir}`)
  const { rootKey, secret } = await openInstallation(dataDir, process.env)
  const isGone = async () => (await fateOf({ dataDir, secret, log })) !== undefined
  const life = createLife(options, createProcesses({ ...options, isGone }))
  const admin = await openAdminSocket(join(runDirectory(dataDir), ADMIN_SOCKETS.supervisor), {
    'GET /status': life.status,
    'GET /keys': async (): Promise<SupervisorKeys> => rootKey,
    'POST /stop': async () => {
      const lines = await tellTasks(runDirectory(dataDir))
      void life.stop()
      return { lines }
    },
  })
  if (!admin) throw new AlreadyRunning(`Sagebrush already runs on ${dataDir}`)
  unclaiming.defer(() => admin.close())
  let metFate: Fate | undefined
  const watch = watchDataDirectory({
    ...{ dataDir, secret, log },
    gone: (fate) => {
      metFate = fate
      log.error(`the data directory was ${fate}: the platform ends`, { dataDir })
      say(`${dataDir} was ${fate}: the platform that ran on it ends`)
      void life.stop()
    },
  })
  unclaiming.defer(() => void watch[Symbol.asyncDispose]())
  const claims = unclaiming.move()
  const stopped = life.stopped.finally(() => claims.dispose()).then(() => metFate)
  try {
    await life.start()
  } catch (error) {
    await life.stop()
    await stopped
    throw error
  }
  return {
    url: urlOf(config),
    stopped,
    stop: async () => {
      for (const line of await tellTasks(runDirectory(dataDir))) say(line)
      await life.stop()
    },
  }
}

/** From the start of the processes to their end; a stop in the middle of a start waits for its end. */
function createLife({ config, clock }: SupervisorOptions, processes: Processes) {
  const { promise: stopped, resolve: hasStopped } = Promise.withResolvers<void>()
  const own = { role: 'supervisor', pid: process.pid, startedAt: clock.now(), restarts: 0 }
  let phase: SupervisorStatus['phase'] = 'starting'
  let starting: Promise<void> = Promise.resolve()
  let stopping: Promise<void> | undefined

  return {
    stopped,
    start: async (): Promise<void> => {
      const holder = await portHolder(config)
      if (holder) throw new Error(holder)
      starting = processes.start()
      await starting
      if (phase === 'starting') phase = 'ready'
    },
    stop: (): Promise<void> => {
      phase = 'stopping'
      stopping ??= starting
        // whoever started is told of a failure; what did come up is ended all the same
        .catch(() => undefined)
        .then(() => processes.stop())
        .then(hasStopped)
      return stopping
    },
    status: async (): Promise<SupervisorStatus> => ({
      url: urlOf(config),
      phase,
      processes: [...(await processStatus([own])), ...(await processes.status())],
    }),
  }
}

function urlOf({ host, port }: Config): string {
  return `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
}
