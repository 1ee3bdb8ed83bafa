import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readDescribed } from './described.ts'
import type { ImageResolution } from './engine.ts'
import { isMissing } from './process/task-directory.ts'
import { nearestRuntime, type Runtime } from './runtimes.ts'

/** What a name without a tag means. */
export const LATEST = 'latest'

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

/** Registered folders come first, so that a user may put one in the place of a runtime. */
export async function findImage(
  containerImage: string,
  sources: ImageSources,
): Promise<FoundImage> {
  const name = parseImageName(containerImage)
  const image = readFolderImage(name, sources.imagesDir)
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
  return { kind: 'missing', reason: await missing(containerImage, sources.imagesDir) }
}

async function missing(containerImage: string, imagesDir: string): Promise<string> {
  const { repository, tag } = parseImageName(containerImage)
  const tags = await registeredTags(repository, imagesDir)
  const folders =
    tags.length === 0
      ? 'no folder is registered under that name'
      : `of the folders registered under that name none has the tag ${tag ?? LATEST}, but: ${tags.join(', ')}`
  const asked = tag === undefined ? repository : `${repository}:${tag}`
  return (
    `Cannot find image ${containerImage}: no runtime stands for ${repository}, and ${folders}; ` +
    `register one with: sagebrush image add ${asked} <folder>`
  )
}

async function registeredTags(repository: string, imagesDir: string): Promise<readonly string[]> {
  const homes = await readdir(imagesDir).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const images = homes.map((home) =>
    readDescribed<FolderImage>(join(imagesDir, home, 'image.json')),
  )
  return images.flatMap((image) => (image?.name === repository ? [image.tag] : [])).sort()
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

/** A container image's name without its registry. */
export interface ImageName {
  readonly repository: string
  readonly tag: string | undefined
}

/** Takes a name apart: registry, repository, tag; a digest counts as no tag. */
export function parseImageName(containerImage: string): ImageName {
  const withoutDigest = containerImage.replace(/@sha256:[0-9a-f]+$/, '')
  const withoutRegistry = withoutDigest.replace(/^[^/]*[.:][^/]*\//, '')
  const match = /^(.*?)(?::([\w][\w.-]*))?$/.exec(withoutRegistry)
  return { repository: match?.[1] ?? withoutRegistry, tag: match?.[2] }
}

function readFolderImage(
  { repository, tag }: ImageName,
  imagesDir: string,
): FolderImage | undefined {
  return readDescribed(join(imageHome(imagesDir, repository, tag ?? LATEST), 'image.json'))
}

/** Where a registered folder and what describes it are kept. */
export function imageHome(imagesDir: string, repository: string, tag: string): string {
  return join(imagesDir, encodeURIComponent(`${repository}:${tag}`))
}
