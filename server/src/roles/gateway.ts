import { createLog } from '../base/log.ts'
import { createSteerableClock } from '../base/steerable-clock.ts'
import { type Environment, readConfig } from '../config.ts'
import { startGateway } from '../gateway/index.ts'
import { openInstallation } from '../installation.ts'

/** A gateway's process: one of several that own the port together. */
export async function gateway(env: Environment): Promise<void> {
  const config = readConfig(env)
  const log = createLog({ role: 'gateway' }, { level: config.logLevel })
  const installation = await openInstallation(config.dataDir, env)
  const running = await startGateway({
    config,
    installation,
    clock: createSteerableClock(),
    log,
  })
  const stop = async (): Promise<void> => {
    await running.stop()
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop())
  process.once('disconnect', () => void stop())
  process.send?.({ ready: true })
}
