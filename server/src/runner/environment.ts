import { join } from 'node:path'
import type { FoundImage } from '../platform/engines/find-image.ts'
import { exposureOf } from '../platform/engines/process/sandbox/container-view.ts'
import {
  EnvironmentFailure,
  type EnvironmentRecipe,
  ensureEnvironment,
} from './python-environment.ts'
import type { TaskRun } from './run-task.ts'
import { TaskFailure } from './task-failure.ts'

/** A Python environment and what of the machine it needs besides itself. */
export interface PythonEnvironment {
  readonly directory: string
  readonly exposedPaths: readonly string[]
}

type PresentImage = Exclude<FoundImage, { kind: 'missing' }>

/**
 * The environment for an image, made on first use with its progress in the task's log.
 *
 * @throws TaskFailure `ImageFailed`
 */
export async function environmentFor(
  image: PresentImage,
  run: TaskRun,
): Promise<PythonEnvironment> {
  const { environmentsDir, uvPath } = run.order.settings
  const say = (line: string): void => run.log.note(line)
  try {
    const maker = { environmentsDir, uvPath, say, signal: run.watch.signal }
    const directory = await ensureEnvironment(recipeOf(image), maker)
    return { directory, exposedPaths: exposureOf(join(directory, 'bin', 'python')) }
  } catch (error) {
    if (error instanceof EnvironmentFailure) throw new TaskFailure('ImageFailed', error.message)
    throw error
  }
}

function recipeOf(image: PresentImage): EnvironmentRecipe {
  if (image.kind === 'runtime') {
    const { name, directory, python } = image.runtime
    const requirementsPath = join(directory, 'requirements.txt')
    return { name, requirementsPath, isLocked: true, isReadOnly: true, ...(python && { python }) }
  }
  const requirementsPath = join(image.image.directory, 'requirements.txt')
  const name = image.image.name.replaceAll('/', '-')
  return { name, requirementsPath, isLocked: false, isReadOnly: true }
}
