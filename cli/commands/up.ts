import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, configEnvironment } from '../../server/src/config.ts'
import { type Command, print, UsageError } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  supervisorStatus,
} from '../installation-options.ts'

const MAIN = new URL('../../server/src/main.ts', import.meta.url).pathname

export const up: Command = {
  usage: '[OPTIONS]',
  summary: 'start the platform',
  help: `Starts Postgres, control and one gateway per core, and says when they are ready. Ctrl-C and
SIGTERM stop them: replicas of endpoints end with the platform and come back with the next up;
training jobs go on by themselves, and the next up adopts them.

  --port PORT      the one port for everything (default 8420)
${DATA_DIR_HELP}
  --account ID     the twelve-digit account (default 123456789012)
  --detach         return when ready; stop with ./sagebrush down
  --allow-reset    let clients wipe the account with POST /_sagebrush/reset, for test suites
  --proxy-pass-through
                   pass CONNECT to hosts that are not AWS's on, in place of refusing

Keys are made at the first up, or taken from SAGEBRUSH_ACCESS_KEY_ID and
SAGEBRUSH_SECRET_ACCESS_KEY.

Examples:
  ./sagebrush up
  ./sagebrush up --detach --port 9000 --data-dir /tmp/trial --allow-reset`,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...DATA_DIR_OPTION,
        port: { type: 'string' },
        account: { type: 'string' },
        detach: { type: 'boolean' },
        'allow-reset': { type: 'boolean' },
        'proxy-pass-through': { type: 'boolean' },
      },
    })
    const base = configFor(values)
    const config: Config = {
      ...base,
      port: values.port === undefined ? base.port : portNumber(values.port),
      account: values.account === undefined ? base.account : accountId(values.account),
      allowReset: values['allow-reset'] ?? base.allowReset,
      proxyPassThrough: values['proxy-pass-through'] ?? base.proxyPassThrough,
    }
    const running = await supervisorStatus(config.dataDir)
    if (running) {
      print(`Sagebrush already runs on ${config.dataDir}: ${running.url}`)
      return 0
    }
    return values.detach ? startDetached(config) : startHere(config)
  },
}

async function startHere(config: Config): Promise<number> {
  const child = spawn(process.execPath, [MAIN, 'up'], {
    env: { ...process.env, ...configEnvironment(config) },
    stdio: 'inherit',
  })
  // Ctrl-C reaches the child through the terminal; SIGTERM does not
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = await once(child, 'exit')
  return code ?? 1
}

async function startDetached(config: Config): Promise<number> {
  const logs = join(config.dataDir, 'logs')
  mkdirSync(logs, { recursive: true, mode: 0o700 })
  const output = openSync(join(logs, 'supervisor.log'), 'a', 0o600)
  const child = spawn(process.execPath, [MAIN, 'up'], {
    env: { ...process.env, ...configEnvironment(config) },
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  })
  const ready = new Promise<number>((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'line' in message) print(String(message.line))
      if (typeof message === 'object' && 'ready' in message) resolve(0)
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
  const code = await ready
  if (child.connected) child.disconnect()
  child.unref()
  return code
}

function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new UsageError(`--port is '${text}': give a whole number from 1 to 65535`)
}

function accountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text
  throw new UsageError(`--account is '${text}': give twelve digits`)
}
