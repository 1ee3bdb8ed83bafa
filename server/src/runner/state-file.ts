import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import type { TaskEnd, TaskPhase } from '../platform/engines/engine.ts'
import { announceChange } from '../platform/engines/process/changes.ts'
import {
  type TaskDirectory,
  type TaskState,
  writeWhole,
} from '../platform/engines/process/task-directory.ts'

/** The runner's account of its task: every change is on disk, whole, before anyone is told. */
export interface StateFile {
  enter(phase: TaskPhase): void
  update(change: Partial<Omit<TaskState, 'phases' | 'end'>>): void
  /** The last word; survives power loss. */
  end(end: TaskEnd): void
  now(): string
  /** As it was last written. */
  present(): TaskState
}

export function createStateFile(
  directory: TaskDirectory,
  options: { clock: Clock; changesDir: string; taskId: string },
): StateFile {
  let state: TaskState = { phases: [], ready: false, metrics: [] }
  const now = () => options.clock.now().toISOString()
  const change = (next: TaskState, write = writeWhole) => {
    state = next
    write(directory.state, JSON.stringify(state))
    announceChange(options.changesDir, options.taskId)
  }
  return {
    now,
    present: () => state,
    enter: (phase) => change({ ...state, phases: [...state.phases, { phase, at: now() }] }),
    update: (more) => change({ ...state, ...more }),
    end: (end) => {
      const phases = [...state.phases, { phase: 'Ended' as const, at: now() }]
      change({ ...state, phases, ready: false, end }, writeDurably)
    },
  }
}

function writeDurably(path: string, content: string): void {
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}
