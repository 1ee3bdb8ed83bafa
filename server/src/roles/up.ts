import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { type Environment, readConfig } from '../config.ts'
import { ALREADY_RUNNING_CODE, AlreadyRunning, startSupervisor } from '../supervisor/supervisor.ts'

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The supervisor's process. The `up` that started it is told how it goes over their channel; it stops when
 * that channel ends, unless `up` lets it go first with `{ detach: true }`.
 */
export async function up(env: Environment): Promise<void> {
  const config = readConfig(env)
  const log = createLog({ role: 'supervisor' }, { level: config.logLevel })
  const tell = (message: object): boolean => process.connected && process.send?.(message) === true
  const say = (line: string): void => {
    if (!tell({ line })) process.stdout.write(`${line}\n`)
  }
  const starting = startSupervisor({ config, clock: systemClock, log, say })
  let isStopping = false
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    say('stopping')
    // a start that fails is told below
    starting.then((supervisor) => supervisor.stop()).catch(() => undefined)
  }
  for (const signal of STOPPING) process.on(signal, stop)
  process.once('disconnect', stop)
  process.once('message', () => process.off('disconnect', stop))
  try {
    const supervisor = await starting
    if (!isStopping) {
      const isUsual = config.dataDir === readConfig({}).dataDir
      const dataDir = isUsual ? '' : ` --data-dir ${config.dataDir}`
      say(`Ready: ${supervisor.url}   attach with: eval "$(./sagebrush env${dataDir})"`)
      tell({ ready: true })
    }
    const fate = await supervisor.stopped
    process.exit(fate === undefined ? 0 : 1)
  } catch (error) {
    if (error instanceof AlreadyRunning) process.exit(ALREADY_RUNNING_CODE)
    say(`sagebrush: ${(error as Error).message}`)
    process.exit(1)
  }
}
