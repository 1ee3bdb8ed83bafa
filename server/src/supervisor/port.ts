import { createServer } from 'node:net'
import type { Config } from '../config.ts'

/** @returns a sentence that says why the port cannot be opened, or undefined when it can */
export function portHolder(config: Pick<Config, 'host' | 'port'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${config.host}:${config.port}`
      if (error.code !== 'EADDRINUSE') resolve(`cannot open ${where}: ${error.message}`)
      else void isSagebrush(config.port).then((isOurs) => resolve(inUse(config.port, isOurs)))
    })
    probe.listen({ host: config.host, port: config.port }, () => {
      probe.close(() => resolve(undefined))
    })
  })
}

function inUse(port: number, isSagebrush: boolean): string {
  return isSagebrush
    ? `port ${port} is in use by another Sagebrush: stop that one (./sagebrush down --data-dir ITS-DIRECTORY), ` +
        'or choose another with --port'
    : `port ${port} is in use by another program: stop it, or choose another with --port`
}

/** Whether what answers at the port is a gateway. */
async function isSagebrush(port: number): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${port}/_sagebrush/health`
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    const body = (await answer.json()) as { gateway?: unknown } | null
    return body?.gateway !== undefined
  } catch {
    return false
  }
}

const ANSWER_MS_MAX = 1_000
