import { createLog } from '../base/log.ts'
import { createSteerableClock } from '../base/steerable-clock.ts'
import { type Environment, readConfig } from '../config.ts'
import { startControl } from '../control.ts'
import { openInstallation } from '../installation.ts'

/** Control's process: runs until its supervisor ends it, or is gone. */
export async function control(env: Environment): Promise<void> {
  const config = readConfig(env)
  const log = createLog({ role: 'control' }, { level: config.logLevel })
  const installation = await openInstallation(config.dataDir, env)
  const running = await startControl({
    config,
    installation,
    clock: createSteerableClock(),
    log,
  })
  let replicas = false
  const stop = async (): Promise<void> => {
    await running.stop({ replicas })
    await running.close()
    process.exit(0)
  }
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'down' in message) replicas = true
  })
  process.once('SIGTERM', () => void stop())
  process.once('disconnect', () => void stop())
  process.send?.({ ready: true })
}
