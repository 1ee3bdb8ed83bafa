import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { attachment, detach } from '../cli/attachment.ts'
import { requireRunning, supervisorKeys } from '../cli/installation-options.ts'
import { readConfig } from '../server/src/config.ts'
import { ensureEnvironments } from './setup/environments.ts'

/** `npm run demo`: sets up, starts the platform when it does not run, and runs the example as a user would. */
const ROOT = new URL('../', import.meta.url).pathname
const config = readConfig(process.env)

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    process.stderr.write(`\nnpm run demo failed while it ${name}: ${(error as Error).message}\n`)
    process.stderr.write('./sagebrush doctor says what this machine lacks.\n')
    process.exit(1)
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

const say = (line: string): void => void process.stdout.write(`${line}\n`)
detach(process.env, config.dataDir)
const python = await step('made the Python environments', () => ensureEnvironments(config, say))
await step('started the platform', () =>
  run(process.execPath, [join(ROOT, 'cli/main.ts'), 'up', '--detach'], process.env),
)
const environment = await step('attached to the platform', async () => {
  const { dataDir, region } = config
  const { url } = await requireRunning(dataDir)
  const keys = await supervisorKeys(dataDir)
  const options = { url, dataDir, region, keys, proxy: true, environment: process.env }
  const { variables, stale } = attachment(options)
  const kept = Object.entries(process.env).filter(([name]) => !stale.includes(name))
  return {
    ...Object.fromEntries(kept),
    ...variables,
    PATH: `${python.clientsBin}:${process.env.PATH}`,
    PYTHONWARNINGS: 'ignore',
    SAGEMAKER_SUPPRESS_V2_WARNING: '1',
  }
})
await step('ran examples/breast-cancer/main.py', () =>
  run(join(python.clientsBin, 'python'), ['examples/breast-cancer/main.py'], environment),
)
say(`The platform goes on running. Next, in your own shell:
  eval "$(./sagebrush env --proxy)"                       then your SageMaker code, unchanged
  export PATH=${python.clientsBin}:$PATH
                                                          the AWS CLI and Python that the demo used
  aws sagemaker list-training-jobs                        what was trained
  aws logs filter-log-events --log-group-name /aws/sagemaker/TrainingJobs
                                                          what it said
  ./sagebrush status                                      what runs;  ./sagebrush down  stops it`)
