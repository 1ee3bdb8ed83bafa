import { cp, readdir, rename, rm, stat } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import { newShortId } from '../../base/ids.ts'
import { makeDirectory } from '../make-directory.ts'
import { type FolderImage, imageHome, LATEST, parseImageName } from './find-image.ts'
import { hasCode, isMissing, readJson, writeWhole } from './process/task-directory.ts'

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
  const { repository, tag = LATEST } = parseImageName(image.name)
  if (!/^[a-z0-9][a-z0-9._/-]*$/.test(repository)) {
    throw new Error(
      `Cannot register image: '${image.name}' is no repository name; use a-z, 0-9 and . _ / -`,
    )
  }
  const entrypoint = await checkedEntrypoint(image)
  const home = imageHome(imagesDir, repository, tag)
  const directory = join(home, `content-${newShortId(8)}`)
  await makeDirectory(home)
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
  const { repository, tag = LATEST } = parseImageName(name)
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
