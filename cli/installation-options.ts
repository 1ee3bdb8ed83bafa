import { join, resolve } from 'node:path'
import { type Config, readConfig } from '../server/src/config.ts'
import { askAdminSocket } from '../server/src/platform/admin-socket.ts'
import { runDirectory } from '../server/src/platform/run-directory.ts'
import { SUPERVISOR_SOCKET, type SupervisorStatus } from '../server/src/supervisor/supervisor.ts'
import { Problem } from './command.ts'

/** The option every command takes that speaks of one installation. */
export const DATA_DIR_OPTION = { 'data-dir': { type: 'string' } } as const
export const DATA_DIR_HELP =
  '  --data-dir DIR   which installation (default ~/.sagebrush, or $SAGEBRUSH_DATA_DIR)'

/** The settings of the installation that `--data-dir` names. */
export function configFor(values: { readonly 'data-dir'?: string | undefined }): Config {
  const dataDir = values['data-dir']
  const config = readSettings()
  return dataDir === undefined ? config : { ...config, dataDir: resolve(dataDir) }
}

/** Asks the supervisor of the installation. @returns undefined when it does not run */
export function supervisorStatus(dataDir: string): Promise<SupervisorStatus | undefined> {
  return askAdminSocket<SupervisorStatus>(supervisorSocket(dataDir), 'GET', '/status')
}

export function supervisorSocket(dataDir: string): string {
  return join(runDirectory(dataDir), SUPERVISOR_SOCKET)
}

/** @throws Problem that names the next step when the installation does not run */
export async function requireRunning(dataDir: string): Promise<SupervisorStatus> {
  const status = await supervisorStatus(dataDir)
  if (status) return status
  throw new Problem(`Sagebrush does not run on ${dataDir}: start it with ./sagebrush up --detach`)
}

function readSettings(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    throw new Problem((error as Error).message)
  }
}
