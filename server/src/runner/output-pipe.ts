import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { TaskDirectory } from '../platform/engines/process/task-directory.ts'
import { TaskFailure } from './task-failure.ts'

/**
 * The container writes into a pipe, as it would under Docker, so that a program which opens `/dev/stdout`
 * anew (`> /dev/stderr` in any script) appends; with the log file itself there it would empty it. `cat`
 * copies to the log: the container never waits for us, and what it wrote is kept even if we die.
 */
export interface OutputPipe {
  /**
   * A descriptor for the container. Close it once the container has it.
   * @throws TaskFailure `StartFailed` when nobody reads the pipe: opening it would wait for ever
   */
  openWriter(): Promise<{ readonly fd: number; close(): Promise<void> }>
  /** Resolves when every writer has gone and all is in the log. */
  drained(): Promise<void>
  discard(): void
}

export function createOutputPipe(directory: TaskDirectory): OutputPipe {
  const copier: ChildProcess = spawn(
    '/bin/sh',
    [
      '-c',
      // Writable for all: a container may change its user and then open /dev/stdout anew.
      'mkfifo -m 622 "$1" && echo ready && exec cat "$1" >> "$2"',
      'sh',
      directory.outputPipe,
      directory.log,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], detached: true },
  )
  const ended = once(copier, 'exit')
  const ready = copier.stdout ? once(copier.stdout, 'data') : Promise.resolve([])
  return {
    openWriter: async () => {
      const unread = ended.then((): never => {
        throw new TaskFailure('StartFailed', 'Cannot start the container: its output has no reader')
      })
      await Promise.race([ready, unread])
      const handle = await Promise.race([open(directory.outputPipe, 'w'), unread])
      return { fd: handle.fd, close: () => handle.close() }
    },
    drained: async () => {
      await ended
    },
    discard: () => {
      copier.kill('SIGKILL')
    },
  }
}
