import { enableCompileCache } from 'node:module'
import { createLog } from './base/log.ts'
import { readConfig } from './config.ts'

/**
 * The entry of every process of the platform: `node main.ts ROLE`. Each role loads only its own part, so
 * that a runner starts in milliseconds and a gateway cannot reach what is control's.
 */
const ROLES: Readonly<Record<string, (argument: string | undefined) => Promise<void>>> = {
  up: async () => (await import('./roles/up.ts')).up(process.env),
  control: async () => (await import('./roles/control.ts')).control(process.env),
  gateway: async () => (await import('./roles/gateway.ts')).gateway(process.env),
  runner: async (taskDir) => {
    if (taskDir === undefined) throw new Error('give the task directory: main.ts runner TASK_DIR')
    await (await import('./runner/index.ts')).runTask(taskDir)
  },
}

const [role = '', argument] = process.argv.slice(2)
const run = ROLES[role]
if (!run) {
  process.stderr.write(`main.ts ROLE: one of ${Object.keys(ROLES).join(', ')}, not '${role}'\n`)
  process.exit(2)
}
enableCompileCache()
try {
  await run(argument)
} catch (error) {
  createLog({ role }, { level: readConfig(process.env).logLevel }).error('ended', { error })
  process.exit(1)
}
