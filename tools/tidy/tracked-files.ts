import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = new URL('../../', import.meta.url).pathname

/** A file of the repository: tracked, or new and not ignored. */
export interface TrackedFile {
  /** Relative to the root, with slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
}

export function trackedFiles(): TrackedFile[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT })
  return listed
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .filter((path) => /\.(ts|tsx|py|sh|md|json|sql|yml|yaml|in|txt)$/.test(path))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      return { path, text, lines: text.replace(/\n$/, '').split('\n') }
    })
}

/** The relative imports of a TypeScript file, as paths from the root; `typeOnly` ones vanish at run time. */
export function importsOf(
  file: TrackedFile,
): { path: string; specifier: string; typeOnly: boolean }[] {
  const found = []
  const form =
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/g
  for (const match of file.text.matchAll(form)) {
    const specifier = match[2] ?? match[3] ?? ''
    const path = specifier.startsWith('.') ? join(file.path, '..', specifier) : specifier
    found.push({ path, specifier, typeOnly: match[1] !== undefined })
  }
  return found
}
