import { createServer } from 'node:net'
import type { Config } from '../config.ts'

/** @returns a sentence that says why the port cannot be opened, or undefined when it can */
export function portHolder(config: Pick<Config, 'host' | 'port'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${config.host}:${config.port}`
      resolve(
        error.code === 'EADDRINUSE'
          ? `port ${config.port} is in use by another program: stop it, or choose another with --port`
          : `cannot open ${where}: ${error.message}`,
      )
    })
    probe.listen({ host: config.host, port: config.port }, () => {
      probe.close(() => resolve(undefined))
    })
  })
}
