import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { attachment, detach } from '../cli/attachment.ts'
import { requireRunning, supervisorKeys } from '../cli/installation-options.ts'
import { type Config, readConfig } from '../server/src/config.ts'
import { ensureEnvironments } from './setup/environments.ts'

const ROOT = new URL('../', import.meta.url).pathname

/** A platform that runs, and what a demo needs to run programs against it as a user would. */
export interface DemoPlatform {
  readonly config: Config
  /** Where the clients' `python` and `aws` are. */
  readonly clientsBin: string
  /** Runs a Python program of `examples/`, attached. */
  runExample(path: string, variables?: Readonly<Record<string, string>>): Promise<void>
  /** Runs the command-line program. */
  sagebrush(...args: readonly string[]): Promise<void>
}

/** Runs a part of a demo. @throws with what it was that failed */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`it ${name}: ${(error as Error).message}`, { cause: error })
  }
}

/** Runs a demo; one that fails says where, and what to do. */
export async function demo(show: (platform: DemoPlatform) => Promise<void>): Promise<void> {
  try {
    await show(await demoPlatform())
  } catch (error) {
    process.stderr.write(`\nthe demo failed while ${(error as Error).message}\n`)
    process.stderr.write('./sagebrush doctor says what this machine lacks.\n')
    process.exitCode = 1
  }
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Sets everything up and starts the platform when it does not run. */
async function demoPlatform(): Promise<DemoPlatform> {
  const config = readConfig(process.env)
  detach(process.env, config.dataDir)
  const python = await step('made the Python environments', () => ensureEnvironments(config, say))
  const { clientsBin } = python
  const sagebrush: DemoPlatform['sagebrush'] = (...args) =>
    run(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], process.env)
  await step('started the platform', () => sagebrush('up', '--detach'))
  const environment = await step('attached to the platform', () => attached(config, clientsBin))
  return {
    config,
    clientsBin,
    sagebrush,
    runExample: (path, variables = {}) =>
      step(`ran ${path}`, () =>
        run(join(clientsBin, 'python'), [path], { ...environment, ...variables }),
      ),
  }
}

async function attached(config: Config, clientsBin: string): Promise<NodeJS.ProcessEnv> {
  const { dataDir, region } = config
  const { url } = await requireRunning(dataDir)
  const keys = await supervisorKeys(dataDir)
  const options = { url, dataDir, region, keys, proxy: true, environment: process.env }
  const { variables, stale } = attachment(options)
  const kept = Object.entries(process.env).filter(([name]) => !stale.includes(name))
  return {
    ...Object.fromEntries(kept),
    ...variables,
    PATH: `${clientsBin}:${process.env.PATH}`,
    PYTHONWARNINGS: 'ignore',
    SAGEMAKER_SUPPRESS_V2_WARNING: '1',
  }
}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' })
  const [code, signal] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? `exit code ${code}`}`)
}
