import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { newShortId } from '../base/ids.ts'
import { withFileLock } from './file-lock.ts'

/** Where Linux distributions keep the certificates that the machine trusts. */
const SYSTEM_CERTIFICATES = '/etc/ssl/certs'

/** What an environment is made of; the same recipe has the same directory. */
export interface EnvironmentRecipe {
  readonly name: string
  readonly requirementsPath: string
  /** The Python to make it with, e.g. `3.12`; the machine's own when absent. */
  readonly python?: string
  /** True installs exactly the file's packages, each with one of its hashes. */
  readonly isLocked: boolean
  /** True for environments that programs cannot write into: their modules are compiled beside the first use. */
  readonly isReadOnly: boolean
}

export interface EnvironmentMaker {
  readonly environmentsDir: string
  readonly uvPath: string | undefined
  /** Takes lines of progress. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** An environment could not be made; the message is for a person. */
export class EnvironmentFailure extends Error {
  override readonly name = 'EnvironmentFailure'
}

/**
 * The directory of the environment, which is made when it is not there: built beside its place and renamed
 * into it, so that a half-made one is never used, and under a lock, which spares several the same work.
 *
 * @throws EnvironmentFailure
 */
export async function ensureEnvironment(
  recipe: EnvironmentRecipe,
  maker: EnvironmentMaker,
): Promise<string> {
  const hash = createHash('sha256')
    .update(readFileSync(recipe.requirementsPath))
    .update(`\0${recipe.python ?? ''}\0${process.arch}`)
    .digest('hex')
    .slice(0, 12)
  const directory = join(maker.environmentsDir, `${recipe.name}-${hash}`)
  if (!existsSync(directory)) {
    mkdirSync(maker.environmentsDir, { recursive: true })
    await withFileLock(`${directory}.lock`, maker.signal, async () => {
      if (!existsSync(directory)) await build(recipe, directory, maker)
    })
  }
  if (recipe.isReadOnly) compileBehind(directory)
  return directory
}

const COMPILED = '.compiled'

/**
 * Containers see the environment read-only, so Python cannot keep what it compiles. Done at once that takes five
 * times as long as the installation: it is done beside the first task, at the least priority, by whoever finds
 * that nobody does it.
 */
function compileBehind(directory: string): void {
  if (existsSync(join(directory, COMPILED))) return
  const script = `cd "$1" && nice -n 19 bin/python -m compileall -q lib; : > ${COMPILED}`
  const compiler = spawn(
    'flock',
    ['-n', `${directory}/.compiling`, 'sh', '-c', script, 'sh', directory],
    {
      stdio: 'ignore',
      detached: true,
    },
  )
  // Without flock it stays undone, which is slow and not wrong.
  compiler.on('error', () => undefined)
  compiler.unref()
}

async function build(
  recipe: EnvironmentRecipe,
  directory: string,
  maker: EnvironmentMaker,
): Promise<void> {
  const { uvPath } = maker
  if (uvPath === undefined) {
    throw new EnvironmentFailure(
      `Cannot make the environment of ${recipe.name}: the program uv is not there; run: ./sagebrush doctor`,
    )
  }
  maker.say(`Making the environment of ${recipe.name}; this happens once`)
  const temporary = `${directory}.new-${newShortId(6)}`
  const python = recipe.python === undefined ? [] : ['--python', recipe.python]
  const target = ['--python', join(temporary, 'bin', 'python')]
  try {
    const uv = (args: string[]) => runUv(uvPath, args, maker)
    await uv(['venv', '--quiet', '--relocatable', ...python, temporary])
    await uv(
      recipe.isLocked
        ? ['pip', 'sync', '--require-hashes', ...target, recipe.requirementsPath]
        : ['pip', 'install', ...target, '-r', recipe.requirementsPath],
    )
    renameSync(temporary, directory)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  maker.say(`The environment of ${recipe.name} is ready`)
}

async function runUv(
  uvPath: string,
  args: readonly string[],
  maker: EnvironmentMaker,
): Promise<void> {
  const child = spawn(uvPath, [...args, '--no-progress', '--color', 'never'], {
    cwd: '/',
    // behind a proxy that opens connections only the machine knows the certificate, not the list inside uv
    env: { UV_SYSTEM_CERTS: String(existsSync(SYSTEM_CERTIFICATES)), ...process.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: maker.signal,
  })
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    maker.say(line)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  if (code === 0) return
  const command = args.slice(0, 2).join(' ')
  throw new EnvironmentFailure(
    `Cannot make the environment: uv ${command} ended with ${code}: ${said.slice(-5).join(' ')}`,
  )
}
