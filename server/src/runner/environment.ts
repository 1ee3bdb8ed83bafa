import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { newShortId } from '../base/ids.ts'
import type { FoundImage } from '../platform/engines/find-image.ts'
import { exposureOf } from '../platform/engines/process/sandbox/container-view.ts'
import { withFileLock } from './file-lock.ts'
import type { TaskRun } from './run-task.ts'
import { TaskFailure } from './task-failure.ts'

/** A Python environment and what of the machine it needs besides itself. */
export interface PythonEnvironment {
  readonly directory: string
  readonly exposedPaths: readonly string[]
}

type PresentImage = Exclude<FoundImage, { kind: 'missing' }>

/** What an environment is made of; the same make has the same directory. */
interface Make {
  readonly name: string
  readonly requirementsPath: string
  readonly requirements: Buffer
  readonly python: string | undefined
  /** True installs exactly the file's packages, each with one of its hashes. */
  readonly isLocked: boolean
}

/**
 * The environment for an image, made on first use. It is built beside its place and renamed into it, so that
 * a half-made one is never used; a lock spares several tasks the same work.
 *
 * @throws TaskFailure `ImageFailed`
 */
export async function environmentFor(
  image: PresentImage,
  run: TaskRun,
): Promise<PythonEnvironment> {
  const make = makeOf(image)
  const { environmentsDir } = run.order.settings
  const hash = createHash('sha256')
    .update(make.requirements)
    .update(`\0${make.python ?? ''}\0${process.arch}`)
    .digest('hex')
    .slice(0, 12)
  const directory = join(environmentsDir, `${make.name}-${hash}`)
  if (!existsSync(directory)) {
    mkdirSync(environmentsDir, { recursive: true })
    await withFileLock(`${directory}.lock`, run.watch.signal, async () => {
      if (!existsSync(directory)) await build(make, directory, run)
    })
  }
  compileBehind(directory)
  return { directory, exposedPaths: exposureOf(join(directory, 'bin', 'python')) }
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

function makeOf(image: PresentImage): Make {
  const isRuntime = image.kind === 'runtime'
  const folder = isRuntime ? image.runtime.directory : image.image.directory
  const requirementsPath = join(folder, 'requirements.txt')
  const requirements = readFileSync(requirementsPath)
  const name = isRuntime ? image.runtime.name : image.image.name.replaceAll('/', '-')
  const python = isRuntime ? image.runtime.python : undefined
  return { name, requirementsPath, requirements, python, isLocked: isRuntime }
}

async function build(make: Make, directory: string, run: TaskRun): Promise<void> {
  const { uvPath } = run.order.settings
  if (uvPath === undefined) {
    throw new TaskFailure(
      'ImageFailed',
      `Cannot make the environment of ${make.name}: the program uv is not there; run: sagebrush doctor`,
    )
  }
  run.log.note(`Making the environment of ${make.name}; this happens once`)
  const temporary = `${directory}.new-${newShortId(6)}`
  const python = make.python === undefined ? [] : ['--python', make.python]
  const target = ['--python', join(temporary, 'bin', 'python')]
  try {
    const uv = (args: string[]) => runUv(uvPath, args, run)
    await uv(['venv', '--quiet', '--relocatable', ...python, temporary])
    await uv(
      make.isLocked
        ? ['pip', 'sync', '--require-hashes', ...target, make.requirementsPath]
        : ['pip', 'install', ...target, '-r', make.requirementsPath],
    )
    renameSync(temporary, directory)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  run.log.note(`The environment of ${make.name} is ready`)
}

async function runUv(uvPath: string, args: readonly string[], run: TaskRun): Promise<void> {
  const child = spawn(uvPath, [...args, '--no-progress', '--color', 'never'], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: run.watch.signal,
  })
  const said: string[] = []
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => {
    said.push(line)
    run.log.note(line)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  if (code === 0) return
  const command = args.slice(0, 2).join(' ')
  throw new TaskFailure(
    'ImageFailed',
    `Cannot make the environment: uv ${command} ended with ${code}: ${said.slice(-5).join(' ')}`,
  )
}
