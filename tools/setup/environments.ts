import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../../server/src/config.ts'
import { ensureEnvironment } from '../../server/src/runner/python-environment.ts'
import { ensureUv } from './uv.ts'

/** The Python environments of the repository, each made from its own lock. */
export interface PythonEnvironments {
  /** boto3, the AWS CLI and the SageMaker Python SDK, as a user has them. */
  readonly clientsBin: string
  /** What runtimes' own tests compare with: AWS's training toolkit; made on the first call. */
  runtimeTestsBin(): Promise<string>
}

const ROOT = new URL('../../', import.meta.url).pathname

/** Makes what is missing, saying so; a second call takes milliseconds. */
export async function ensureEnvironments(
  config: Config,
  say: (line: string) => void,
): Promise<PythonEnvironments> {
  const maker = {
    environmentsDir: join(config.cacheDir, 'environments'),
    uvPath: await ensureUv(config.cacheDir, say),
    // that each of a hundred packages was linked is no news
    say: (line: string) => (/^ *[+-] /.test(line) ? undefined : say(`  ${line}`)),
    signal: new AbortController().signal,
  }
  const make = (name: string, folder: string, isReadOnly: boolean): Promise<string> => {
    const requirementsPath = join(ROOT, folder, 'requirements.txt')
    return ensureEnvironment({ name, requirementsPath, isLocked: true, isReadOnly }, maker)
  }
  // one after the other: they share downloads and the machine's two cores
  const scikitLearn = await make('scikit-learn', 'runtimes/scikit-learn', true)
  await compileRuntimes(join(scikitLearn, 'bin', 'python'))
  await make('xgboost', 'runtimes/xgboost', true)
  const clients = await make('clients', 'tools/setup/clients', false)
  return {
    clientsBin: join(clients, 'bin'),
    runtimeTestsBin: async () => join(await make('runtime-tests', 'runtimes/tests', false), 'bin'),
  }
}

/** Containers see the runtimes' own modules read-only and would compile them at every start. */
async function compileRuntimes(python: string): Promise<void> {
  const folder = join(ROOT, 'runtimes', 'sagebrush_runtime')
  await promisify(execFile)(python, ['-m', 'compileall', '-q', folder])
}
