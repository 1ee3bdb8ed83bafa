import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { type Environment, readConfig } from '../config.ts'
import { AlreadyRunning, startSupervisor } from '../supervisor/supervisor.ts'

/** The supervisor's process: tells a person, or the `up --detach` that started it, how it goes. */
export async function up(env: Environment): Promise<void> {
  const config = readConfig(env)
  const log = createLog({ role: 'supervisor' }, { level: config.logLevel })
  const say = (line: string): void => {
    if (process.send) process.connected && process.send({ line })
    else process.stdout.write(`${line}\n`)
  }
  say(`Sagebrush starts on ${config.dataDir}`)
  try {
    const supervisor = await startSupervisor({ config, clock: systemClock, log, say })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        say(
          'stopping: replicas end, training jobs go on by themselves and are adopted by the next up',
        )
        void supervisor.stop()
      })
    }
    const dataDir = config.dataDir === readConfig({}).dataDir ? '' : ` --data-dir ${config.dataDir}`
    say(`Ready: ${supervisor.url}   attach with: eval "$(./sagebrush env${dataDir})"`)
    if (process.connected) process.send?.({ ready: true })
    await supervisor.stopped
    process.exit(0)
  } catch (error) {
    say(`sagebrush: ${(error as Error).message}`)
    process.exit(error instanceof AlreadyRunning ? 0 : 1)
  }
}
