import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Tells watchers that a task changed, by renaming a file named after it into the directory they watch.
 * A hint only: what changed stands in the task's own directory, and a failure here is no failure.
 */
export function announceChange(changesDir: string, taskId: string): void {
  const temporary = join(changesDir, `.${taskId}-${process.pid}`)
  try {
    writeFileSync(temporary, '')
    renameSync(temporary, join(changesDir, taskId))
  } catch {
    // The data directory has been removed; nobody is left who watches.
  }
}
