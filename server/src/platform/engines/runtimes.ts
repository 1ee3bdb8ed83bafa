import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readDescribed } from './described.ts'
import { isMissing } from './process/task-directory.ts'

/** A pinned Python environment that stands for AWS's images of one framework. */
export interface Runtime {
  readonly name: string
  /** Of the framework, e.g. `1.6.1`. */
  readonly version: string
  readonly directory: string
  /** The Python to make the environment with, e.g. `3.12`; any when absent. */
  readonly python?: string
  /** What its Python is called with for each verb. */
  readonly train: readonly string[]
  readonly serve: readonly string[]
  /** The repositories of AWS's images that it stands for, e.g. `sagemaker-scikit-learn`. */
  readonly repositories: readonly string[]
}

/**
 * The runtime whose repositories hold the image's, nearest in version to the one that the tag asks for.
 *
 * @returns undefined when none stands for the repository; `asked` is absent when the tag names no version
 */
export async function nearestRuntime(
  image: { readonly repository: string; readonly tag: string | undefined },
  runtimesDir: string,
): Promise<{ runtime: Runtime; asked: string | undefined } | undefined> {
  const all = await listRuntimes(runtimesDir)
  const asked = versionOf(image.tag)
  const fitting = all.filter(({ repositories }) => repositories.includes(image.repository))
  const [runtime] = fitting.sort(
    (left, right) => distance(left.version, asked) - distance(right.version, asked),
  )
  return runtime && { runtime, asked }
}

/** Every folder with a `runtime.json`, by name. */
export async function listRuntimes(runtimesDir: string): Promise<readonly Runtime[]> {
  const names = await readdir(runtimesDir).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const runtimes = names.sort().map((name) => {
    const directory = join(runtimesDir, name)
    const described = readDescribed<Omit<Runtime, 'directory'>>(join(directory, 'runtime.json'))
    return described && { ...described, directory }
  })
  return runtimes.filter((runtime) => runtime !== undefined)
}

/** `1.2-1-cpu-py3` asks for `1.2-1`, `1.4.0-cpu-py36` for `1.4.0`, `latest` for nothing. */
function versionOf(tag: string | undefined): string | undefined {
  return /^v?(\d+(?:\.\d+)*(?:-\d+)?)(?=$|-)/.exec(tag ?? '')?.[1]
}

/** Major versions apart weigh most, then minor ones, then the rest. */
function distance(version: string, asked: string | undefined): number {
  if (asked === undefined) return 0
  const left = numbers(version)
  const right = numbers(asked)
  return [1e6, 1e3, 1].reduce(
    (sum, weight, index) => sum + weight * Math.abs((left[index] ?? 0) - (right[index] ?? 0)),
    0,
  )
}

function numbers(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number)
}
