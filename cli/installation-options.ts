import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Refusal } from '../server/src/base/refusal.ts'
import { type Config, readConfig } from '../server/src/config.ts'
import { askAdminSocket } from '../server/src/platform/admin-socket.ts'
import { ADMIN_SOCKETS, runDirectory } from '../server/src/platform/run-directory.ts'
import type { SupervisorKeys, SupervisorStatus } from '../server/src/supervisor/supervisor.ts'
import { Problem } from './command.ts'

/** The option every command takes that speaks of one installation. */
export const DATA_DIR_OPTION = { 'data-dir': { type: 'string' } } as const
export const DATA_DIR_HELP = dataDirHelp(17)

/** Its line among other options, whose explanations begin `width` columns behind their names. */
export function dataDirHelp(width: number): string {
  const name = '--data-dir DIR'.padEnd(width)
  return `  ${name}which installation (default ~/.sagebrush, or $SAGEBRUSH_DATA_DIR)`
}

/** Who was asked ended before it answered: what it had done by then stays. */
export class Interrupted extends Problem {}

/** The settings of the installation that `--data-dir` names. */
export function configFor(values: { readonly 'data-dir'?: string | undefined }): Config {
  const dataDir = values['data-dir']
  const config = readSettings()
  return dataDir === undefined ? config : { ...config, dataDir: resolve(dataDir) }
}

/** Asks the supervisor of the installation. @returns undefined when it does not run */
export async function supervisorStatus(dataDir: string): Promise<SupervisorStatus | undefined> {
  return askSupervisor<SupervisorStatus>(dataDir, 'GET', '/status')
}

/** @throws Problem when the installation does not run */
export async function supervisorKeys(dataDir: string): Promise<SupervisorKeys> {
  const keys = await askSupervisor<SupervisorKeys>(dataDir, 'GET', '/keys')
  return keys ?? doesNotRun(dataDir)
}

/** @returns undefined when the installation does not run */
export async function askSupervisor<T>(
  dataDir: string,
  method: string,
  url: string,
): Promise<T | undefined> {
  return ask(dataDir, ADMIN_SOCKETS.supervisor, [method, url])
}

/** @returns undefined when control does not run just now */
export async function askControl<T>(
  dataDir: string,
  method: string,
  asked: string | { readonly url: string; readonly body: unknown },
): Promise<T | undefined> {
  return ask(dataDir, ADMIN_SOCKETS.control, [method, asked])
}

/** The same of an installation that must run. @throws Problem when it, or its control, does not */
export async function requireControl<T>(
  dataDir: string,
  method: string,
  asked: string | { readonly url: string; readonly body: unknown },
): Promise<T> {
  await requireRunning(dataDir)
  const answer = await askControl<T>(dataDir, method, asked)
  if (answer === undefined) {
    throw new Interrupted('control is being started again: try once more in a second')
  }
  return answer
}

/** To ask makes nothing: where there is no data directory, there is nobody. */
async function ask<T>(
  dataDir: string,
  socket: string,
  [method, asked]: readonly [string, string | { readonly url: string; readonly body: unknown }],
): Promise<T | undefined> {
  if (!existsSync(dataDir)) return undefined
  const path = join(runDirectory(dataDir), socket)
  return askAdminSocket<T>(path, method, asked).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof Refusal) throw new Problem(error.message)
    if (INTERRUPTIONS.some((sign) => error.code === sign || error.message.includes(sign))) {
      throw new Interrupted(
        `a process of the platform on ${dataDir} ended before it answered, and is started again (${error.message}): ` +
          'what it had done stays; ask again in a second',
      )
    }
    throw new Problem(
      `the platform on ${dataDir} refused (${error.message}): if another version started it, run ./sagebrush down, then up`,
    )
  })
}

/** How the end of control, or of Postgres behind it, shows. */
const INTERRUPTIONS = [
  ...['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ENOENT', 'Connection terminated'],
  ...['the database system is', 'terminating connection'],
]

/** @throws Problem that names the next step when the installation does not run */
export async function requireRunning(dataDir: string): Promise<SupervisorStatus> {
  const status = await supervisorStatus(dataDir)
  return status ?? doesNotRun(dataDir)
}

function doesNotRun(dataDir: string): never {
  const option = dataDir === readConfig({}).dataDir ? '' : ` --data-dir ${dataDir}`
  throw new Problem(
    `Sagebrush does not run on ${dataDir}: start it with ./sagebrush up --detach${option}`,
  )
}

function readSettings(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    throw new Problem((error as Error).message)
  }
}
