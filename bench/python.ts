import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readConfig } from '../server/src/config.ts'
import { ensureEnvironment } from '../server/src/runner/python-environment.ts'
import { ensureUv } from '../tools/setup/uv.ts'

const ROOT = new URL('../', import.meta.url).pathname

/** The Python programs of an environment that is made on first use, from its lock. */
export interface PythonBin {
  readonly python: string
  /** Path of a program that a package brought, e.g. `gunicorn`. */
  program(name: string): string
}

/** Peers from PyPI, as `bench/requirements.txt` locks them. */
export function peerEnvironment(say: (line: string) => void): Promise<PythonBin> {
  return environment('bench', { folder: 'bench', isReadOnly: false, say })
}

/** What containers of the XGBoost image run in. */
export function xgboostRuntime(say: (line: string) => void): Promise<PythonBin> {
  return environment('xgboost', { folder: 'runtimes/xgboost', isReadOnly: true, say })
}

async function environment(
  name: string,
  options: { folder: string; isReadOnly: boolean; say: (line: string) => void },
): Promise<PythonBin> {
  const { cacheDir } = readConfig(process.env)
  const directory = await ensureEnvironment(
    {
      name,
      requirementsPath: join(ROOT, options.folder, 'requirements.txt'),
      isLocked: true,
      isReadOnly: options.isReadOnly,
    },
    {
      environmentsDir: join(cacheDir, 'environments'),
      uvPath: await ensureUv(cacheDir, options.say),
      // not the list of packages
      say: (line) => /^\s*[+~-] /.test(line) || options.say(line),
      signal: new AbortController().signal,
    },
  )
  const program = (executable: string): string => join(directory, 'bin', executable)
  return { python: program('python'), program }
}

/** Runs a Python program to its end. @throws Error with what it wrote to standard error */
export async function runPython(
  { python }: PythonBin,
  args: readonly string[],
): Promise<{ stdout: string }> {
  return promisify(execFile)(python, args)
}
