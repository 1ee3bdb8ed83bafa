import { type FSWatcher, watch } from 'node:fs'
import {
  hasCode,
  readJsonSync,
  type StopRequest,
  type TaskDirectory,
} from '../platform/engines/process/task-directory.ts'

/** Sees everything that happens in the task's directory: a request to stop, and growth of the log. */
export interface DirectoryWatch {
  /** Resolves once, when somebody asks the task to stop. */
  readonly stopRequested: Promise<StopRequest>
  /** Aborts then too, for waits that must end at once. */
  readonly signal: AbortSignal
  onLog(grown: () => void): void
  close(): void
}

const LOOK_MS = 250

/** A file and no signal: it cannot hit a stranger under a reused pid, nor come before we listen. */
export function watchDirectory(directory: TaskDirectory): DirectoryWatch {
  const controller = new AbortController()
  let logGrown = () => {}
  let requested: (request: StopRequest) => void = () => {}
  const stopRequested = new Promise<StopRequest>((resolve) => {
    requested = resolve
  })
  const check = () => {
    const request = readJsonSync<StopRequest>(directory.stop)
    if (!request) return
    requested(request)
    controller.abort()
  }
  const watcher = watchFiles(directory.root, (name) => {
    if (name === 'output.log') logGrown()
    else if (name === 'stop.json') check()
  })
  // Where there are as many watches as the kernel gives to a user, we look ourselves; the log is looked at anyway.
  const looking = watcher ? undefined : setInterval(check, LOOK_MS)
  check()
  return {
    stopRequested,
    signal: controller.signal,
    onLog: (grown) => {
      logGrown = grown
    },
    close: () => {
      watcher?.close()
      clearInterval(looking)
    },
  }
}

/** @returns undefined when the kernel has no watch left for this user */
function watchFiles(folder: string, changed: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, (_, name) => changed(name))
    // The directory may be removed under us: then we are about to be killed.
    watcher.on('error', () => watcher.close())
    return watcher
  } catch (error) {
    if (hasCode(error, 'EMFILE') || hasCode(error, 'ENOSPC')) return undefined
    throw error
  }
}
