import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { type Config, configEnvironment } from '../../server/src/config.ts'
import { findUv } from '../../server/src/platform/engines/process/index.ts'
import { claimHolder } from '../../server/src/supervisor/claim.ts'
import {
  ALREADY_RUNNING_CODE,
  type SupervisorStatus,
} from '../../server/src/supervisor/supervisor.ts'
import { ensureUv } from '../../tools/setup/uv.ts'
import { detach } from '../attachment.ts'
import { type Command, Problem, print, UsageError } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  supervisorStatus,
} from '../installation-options.ts'

const MAIN = new URL('../../server/src/main.ts', import.meta.url).pathname
const LOOK_MS = 50
const AGAIN_MS = 500
/** A supervisor that has claimed its directory can be asked by then. */
const BEGIN_MS = 2_000
/** One whose directory is gone has ended by then. */
const END_MS = 45_000

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
  --test-controls  let clients wipe the account, move the clock and inject faults over HTTP, for
                   test suites: /_sagebrush/reset, clock and inject; --allow-reset means the same
  --proxy-pass-through
                   pass CONNECT to hosts that are not AWS's on, in place of refusing

Keys are made at the first up, or taken from SAGEBRUSH_ACCESS_KEY_ID and
SAGEBRUSH_SECRET_ACCESS_KEY.

Examples:
  ./sagebrush up
  ./sagebrush up --detach --port 9000 --data-dir /tmp/trial --test-controls`,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...DATA_DIR_OPTION,
        port: { type: 'string' },
        account: { type: 'string' },
        detach: { type: 'boolean' },
        'test-controls': { type: 'boolean' },
        'allow-reset': { type: 'boolean' },
        'proxy-pass-through': { type: 'boolean' },
      },
    })
    const base = configFor(values)
    const config: Config = {
      ...base,
      port: values.port === undefined ? base.port : portNumber(values.port),
      account: values.account === undefined ? base.account : accountId(values.account),
      testControls: values['test-controls'] ?? values['allow-reset'] ?? base.testControls,
      proxyPassThrough: values['proxy-pass-through'] ?? base.proxyPassThrough,
    }
    detach(process.env, config.dataDir)
    const waitForOther = createWait(config)
    for (;;) {
      const running = await settledSupervisor(config.dataDir)
      if (running) {
        print(`Sagebrush already runs on ${config.dataDir}: ${running.url}`)
        return 0
      }
      await provideUv(config)
      const code = await start(config, { detach: values.detach ?? false })
      // another up was faster: once that one is ready, this one says where
      if (code !== ALREADY_RUNNING_CODE) return code
      await waitForOther()
    }
  },
}

/**
 * Waits for a supervisor that has claimed the data directory and cannot be asked there: it has just begun, or the
 * directory was deleted under it, which it will notice.
 *
 * @returns to be called each time that it is found
 * @throws Problem when it neither answers nor ends
 */
function createWait({ dataDir }: Config): () => Promise<void> {
  const beganMs = monotonicMs()
  let isTold = false
  return async () => {
    const passedMs = monotonicMs() - beganMs
    if (passedMs > BEGIN_MS) {
      const holder = await claimHolder(dataDir)
      const who = holder === undefined ? '' : ` (process ${holder})`
      if (passedMs > END_MS) {
        const command = holder === undefined ? "pgrep -f 'main.ts up' names it" : `kill ${holder}`
        throw new Problem(
          `a Sagebrush${who} still runs whose data directory ${dataDir} was deleted or replaced under it, ` +
            `and does not end: end it (${command}), then run ./sagebrush up again`,
        )
      }
      if (!isTold) {
        print(
          `a Sagebrush${who} runs whose data directory ${dataDir} was deleted: waiting for its end`,
        )
      }
      isTold = true
    }
    await pause(isTold ? AGAIN_MS : LOOK_MS)
  }
}

/** The supervisor that runs, once it is neither starting nor stopping; undefined when none is left. */
async function settledSupervisor(dataDir: string): Promise<SupervisorStatus | undefined> {
  for (;;) {
    const status = await supervisorStatus(dataDir)
    if (status?.phase !== 'starting' && status?.phase !== 'stopping') return status
    await pause(LOOK_MS)
  }
}

/** Runtimes' environments are made with it at their first use; folders that bring their own do without. */
async function provideUv({ cacheDir }: Config): Promise<void> {
  if (findUv(cacheDir) !== undefined) return
  try {
    await ensureUv(cacheDir, print)
  } catch (error) {
    print(`${(error as Error).message}\nuntil then AWS's images cannot run; all else does`)
  }
}

/**
 * Starts the supervisor in a session of its own: a terminal's Ctrl-C would otherwise reach every process
 * of the platform at once, in place of the supervisor, which ends them in order.
 */
async function start(config: Config, { detach }: { detach: boolean }): Promise<number> {
  const output = detach ? supervisorLog(config) : 'inherit'
  const child = spawn(process.execPath, [MAIN, 'up'], {
    env: { ...process.env, ...configEnvironment(config) },
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  })
  const pass = (signal: NodeJS.Signals): boolean => child.kill(signal)
  for (const signal of PASSED_ON) process.on(signal, pass)
  const code = await ending(child, detach)
  for (const signal of PASSED_ON) process.off(signal, pass)
  return code
}

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Prints what the supervisor tells. @returns its exit code; 0 when it is ready and left to itself */
function ending(child: ChildProcess, detach: boolean): Promise<number> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'line' in message) print(String(message.line))
      if (typeof message === 'object' && 'ready' in message && detach) {
        child.send({ detach: true }, () => {
          child.disconnect()
          child.unref()
          resolve(0)
        })
      }
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

function supervisorLog({ dataDir }: Config): number {
  const logs = join(dataDir, 'logs')
  try {
    mkdirSync(logs, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { message } = error as Error
    throw new Problem(`cannot make ${logs}: ${message}; choose another place with --data-dir`)
  }
  return openSync(join(logs, 'supervisor.log'), 'a', 0o600)
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
