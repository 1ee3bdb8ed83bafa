import { readFile } from 'node:fs/promises'
import type { Log } from '../base/log.ts'
import { inRealTime, keepLooking } from '../base/lookout.ts'
import { secretFile } from '../installation.ts'

/** What became of a data directory: it was deleted, or another one stands in its place. */
export type Fate = 'deleted' | 'replaced'

interface Watched {
  readonly dataDir: string
  /** As it was at the start. */
  readonly secret: Buffer
  readonly log: Log
}

const LOOK_MS = 1_000
/** A directory that is moved away and back at once was not deleted. */
const LOOKS = 3

/**
 * Looks whether the data directory is still the one that the supervisor began on: the secret in it is made once and
 * never changes. One that cannot be read at a moment is not gone.
 *
 * @param options.gone called once
 */
export function watchDataDirectory(
  options: Watched & { readonly gone: (fate: Fate) => void },
): AsyncDisposable {
  let looksInVain = 0
  return keepLooking(async () => {
    const fate = await fateOf(options)
    looksInVain = fate === undefined ? 0 : looksInVain + 1
    if (fate === undefined || looksInVain < LOOKS) return [inRealTime(LOOK_MS)]
    options.gone(fate)
    return []
  })
}

/** @returns undefined while it is there, and when nobody can tell */
export async function fateOf({ dataDir, secret, log }: Watched): Promise<Fate | undefined> {
  try {
    const text = await readFile(secretFile(dataDir), 'utf8')
    return Buffer.from(text, 'base64').equals(secret) ? undefined : 'replaced'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'deleted'
    log.warn('the data directory cannot be looked at', { error })
    return undefined
  }
}
