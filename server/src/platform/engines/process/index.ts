import { fileURLToPath } from 'node:url'
import type { Log } from '../../../base/log.ts'
import type { Config } from '../../../config.ts'
import type { Engine } from '../engine.ts'
import { createEngine } from './process-engine.ts'
import type { ProcessEngineSettings } from './settings.ts'

/**
 * Containers as processes of this machine: the engine, the folders that stand for images, and what `doctor`
 * asks. See `../engine.ts` for the contract.
 */
export { listImages, registerImage, removeImage } from '../images.ts'
export { listRuntimes } from '../runtimes.ts'
export { createEngine } from './process-engine.ts'
export { probeSandbox, type SandboxProbe } from './sandbox/probe.ts'
export { enginePaths, type ProcessEngineSettings } from './settings.ts'
export { findUv } from './uv.ts'

/** The engine of this installation. */
export function createProcessEngine(parts: { readonly config: Config; readonly log: Log }): Engine {
  return createEngine(engineSettings(parts.config, parts.log))
}

export function engineSettings(config: Config, log: Log): ProcessEngineSettings {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  // Runners and containers are on this machine, whatever address clients use.
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host
  return {
    dataDir: config.dataDir,
    cacheDir: config.cacheDir,
    platformUrl: `http://${host}:${config.port}`,
    runtimesDir: here('../../../../../runtimes'),
    runnerCommand: [process.execPath, here('../../../main.ts'), 'runner'],
    log: log.with({ part: 'process engine' }),
  }
}
