import { type FSWatcher, watch } from 'node:fs'
import {
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
  const watcher: FSWatcher = watch(directory.root, (_, name) => {
    if (name === 'output.log') logGrown()
    else if (name === 'stop.json') check()
  })
  // The directory may be removed under us: then we are about to be killed.
  watcher.on('error', () => watcher.close())
  check()
  return {
    stopRequested,
    signal: controller.signal,
    onLog: (grown) => {
      logGrown = grown
    },
    close: () => watcher.close(),
  }
}
