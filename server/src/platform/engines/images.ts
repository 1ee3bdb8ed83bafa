import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import { newShortId } from '../../base/ids.ts'
import type { ImageResolution } from './engine.ts'
import { hasCode, isMissing, readJson, writeWhole } from './process/task-directory.ts'
import { nearestRuntime, type Runtime } from './runtimes.ts'

/** A folder that the user registered: `train` and `serve` in its `bin`, or one program for both. */
export interface FolderImage {
  /** As in `<account>.dkr.ecr.<region>.amazonaws.com/<name>:<tag>`, without registry. */
  readonly name: string
  readonly tag: string
  /** Our copy of the folder. A copy, as a push would make: what a task runs does not change under it. */
  readonly directory: string
  /** Executable, relative to the folder; called with `train` or `serve`. */
  readonly entrypoint?: string
}

export interface ImageSources {
  readonly runtimesDir: string
  readonly imagesDir: string
}

/** What stands behind a container image's name. */
export type FoundImage =
  | { readonly kind: 'runtime'; readonly runtime: Runtime; readonly note?: string }
  | { readonly kind: 'folder'; readonly image: FolderImage }
  | { readonly kind: 'missing'; readonly reason: string }

interface ImageName {
  readonly repository: string
  readonly tag: string | undefined
}

/** Registered folders come first, so that a user may put one in the place of a runtime. */
export async function findImage(
  containerImage: string,
  sources: ImageSources,
): Promise<FoundImage> {
  const name = parseImageName(containerImage)
  const image = await readFolderImage(name, sources.imagesDir)
  if (image) return { kind: 'folder', image }
  const found = await nearestRuntime(name, sources.runtimesDir)
  if (found) {
    const { runtime, asked } = found
    const served = `${runtime.name} ${runtime.version}`
    const note = `containerImage ${containerImage} is served by runtime ${served}`
    return {
      kind: 'runtime',
      runtime,
      note: asked === undefined ? note : `${note} (asked: ${asked})`,
    }
  }
  return {
    kind: 'missing',
    reason:
      `Cannot find image ${containerImage}: no runtime stands for ${name.repository} and no folder ` +
      `is registered under that name; register one with: sagebrush image add ${name.repository} <folder>`,
  }
}

export async function resolveImage(
  containerImage: string,
  sources: ImageSources,
): Promise<ImageResolution> {
  const found = await findImage(containerImage, sources)
  switch (found.kind) {
    case 'missing':
      return { found: false, reason: found.reason }
    case 'folder':
      return { found: true, standsFor: `folder ${found.image.name}:${found.image.tag}` }
    case 'runtime': {
      const standsFor = `runtime ${found.runtime.name} ${found.runtime.version}`
      return { found: true, standsFor, ...(found.note !== undefined && { note: found.note }) }
    }
  }
}

/**
 * Registers a copy of `directory` as `name` or `name:tag` (`latest` by default), in place of an earlier one.
 * Tasks that run the earlier copy keep it.
 *
 * @throws Error when the folder has neither an entrypoint nor `bin/train` nor `bin/serve`
 */
export async function registerImage(
  imagesDir: string,
  image: { name: string; directory: string; entrypoint?: string },
): Promise<FolderImage> {
  const { repository, tag = 'latest' } = parseImageName(image.name)
  if (!/^[a-z0-9][a-z0-9._/-]*$/.test(repository)) {
    throw new Error(
      `Cannot register image: '${image.name}' is no repository name; use a-z, 0-9 and . _ / -`,
    )
  }
  const entrypoint = await checkedEntrypoint(image)
  const home = imageHome(imagesDir, repository, tag)
  const directory = join(home, `content-${newShortId(8)}`)
  await mkdir(home, { recursive: true })
  const temporary = `${directory}.new`
  await cp(image.directory, temporary, { recursive: true, verbatimSymlinks: true })
  await rename(temporary, directory)
  const registered: FolderImage = {
    name: repository,
    tag,
    directory,
    ...(entrypoint !== undefined && { entrypoint }),
  }
  writeWhole(join(home, 'image.json'), `${JSON.stringify(registered, null, 2)}\n`)
  return registered
}

/** All registered folders, by name and tag. */
export async function listImages(imagesDir: string): Promise<readonly FolderImage[]> {
  const names = await readdir(imagesDir).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const images = await Promise.all(
    names.sort().map((name) => readJson<FolderImage>(join(imagesDir, name, 'image.json'))),
  )
  return images.filter((image) => image !== undefined)
}

/** @returns whether there was one. The copies that running tasks use go with it. */
export async function removeImage(imagesDir: string, name: string): Promise<boolean> {
  const { repository, tag = 'latest' } = parseImageName(name)
  const home = imageHome(imagesDir, repository, tag)
  const removed = `${home}.removed-${newShortId(8)}`
  try {
    // Renamed first: half of an image is never found.
    await rename(home, removed)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
  await rm(join(removed, 'image.json'), { force: true })
  await rm(removed, { recursive: true, force: true })
  return true
}

/** Takes a name apart: registry, repository, tag; a digest counts as no tag. */
export function parseImageName(containerImage: string): ImageName {
  const withoutDigest = containerImage.replace(/@sha256:[0-9a-f]+$/, '')
  const withoutRegistry = withoutDigest.replace(/^[^/]*[.:][^/]*\//, '')
  const match = /^(.*?)(?::([\w][\w.-]*))?$/.exec(withoutRegistry)
  return { repository: match?.[1] ?? withoutRegistry, tag: match?.[2] }
}

async function readFolderImage(
  { repository, tag }: ImageName,
  imagesDir: string,
): Promise<FolderImage | undefined> {
  return readJson(join(imageHome(imagesDir, repository, tag ?? 'latest'), 'image.json'))
}

function imageHome(imagesDir: string, repository: string, tag: string): string {
  return join(imagesDir, encodeURIComponent(`${repository}:${tag}`))
}

async function checkedEntrypoint(image: {
  directory: string
  entrypoint?: string
}): Promise<string | undefined> {
  const described = await describedEntrypoint(image.directory)
  const entrypoint = image.entrypoint ?? described
  if (entrypoint !== undefined) {
    const path = normalize(entrypoint)
    if (isAbsolute(path) || path.startsWith('..') || !(await isFile(join(image.directory, path)))) {
      throw new Error(`Cannot register image: entrypoint '${entrypoint}' is no file of the folder`)
    }
    return path
  }
  for (const program of ['bin/train', 'bin/serve', 'train', 'serve']) {
    if (await isFile(join(image.directory, program))) return undefined
  }
  throw new Error(
    `Cannot register image: ${image.directory} has no train or serve program; ` +
      'put them in the folder or its bin, or name an entrypoint',
  )
}

/** A folder may carry its own `image.json` that names the entrypoint. */
async function describedEntrypoint(directory: string): Promise<string | undefined> {
  const described = await readJson<{ entrypoint?: string }>(join(directory, 'image.json'))
  return described?.entrypoint
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (isMissing(error) || hasCode(error, 'EACCES')) return false
    throw error
  }
}
