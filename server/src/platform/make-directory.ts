import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it, mode 0700; one that is there stays as it is. Node's own recursive `mkdir`
 * tries for ever where a directory is there but takes no others, as in `/proc`.
 *
 * @throws Error that says which directory cannot be made, and why
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const above = dirname(path)
    if (code === 'EEXIST' && (await isDirectory(path))) return
    if (code === 'ENOENT' && above !== path && !(await isDirectory(above))) {
      await makeDirectory(above)
      return makeDirectory(path)
    }
    throw new Error(reasonOf(code, { path, above }) ?? message, { cause: error })
  }
}

function reasonOf(
  code: string,
  { path, above }: { readonly path: string; readonly above: string },
): string | undefined {
  switch (code) {
    case 'EEXIST':
      return `${path} is no directory`
    case 'ENOTDIR':
      return `${above} is no directory`
    case 'ENOENT':
      return `${above} takes no directories`
    case 'EACCES':
    case 'EPERM':
      return `this user may not write to ${above}`
    case 'EROFS':
      return `${above} is read-only`
    default:
      return undefined
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
