import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../base/clock.ts'
import { newShortId } from '../../../base/ids.ts'
import type { Engine, Task, TaskObservation } from '../engine.ts'
import type { FakePlatform } from './fake-platform.ts'

/** An engine under test with what the suite does to it from outside. */
export interface Subject {
  readonly engine: Engine
  readonly platform: FakePlatform
  /** Another engine object over the same tasks, as control has after a restart. */
  again(): Engine
  /**
   * Makes a folder image known. The suite's programs are `sh` scripts; `node` in them is a JavaScript engine.
   */
  register(name: string, files: Readonly<Record<string, string>>): Promise<void>
  /** Kills what runs the task, as the machine would for want of memory. */
  killRunner(taskId: string): Promise<void>
  /** Whether a process anywhere on the machine has `text` in its command. */
  hasProcess(text: string): boolean
  close(): Promise<void>
}

export type SubjectFactory = () => Promise<Subject>

/** The image of most tests: runs the script in the variable SCRIPT. */
export const SHELL_IMAGE = 'shell'

/** A task that runs `script`, with parts replaced. */
export function shellTask(script: string, parts: Partial<Task> = {}): Task {
  return {
    taskId: `task-${newShortId(10)}`,
    kind: 'TrainingJob',
    name: 'suite',
    realm: 1,
    account: '123456789012',
    region: 'us-east-1',
    containerImage: SHELL_IMAGE,
    command: { verb: 'train' },
    files: [],
    inputs: [],
    outputs: [],
    resources: { vCpus: 1, memoryBytes: 2 ** 30, diskBytes: 2 ** 30, pidsMax: 256 },
    networkIsolation: false,
    graceSeconds: 2,
    log: { group: '/suite', stream: 'task' },
    notes: [],
    roleArn: 'arn:aws:iam::123456789012:role/suite',
    taskToken: 'the-token',
    metricDefinitions: [],
    ...parts,
    environment: { SCRIPT: script, ...parts.environment },
  }
}

const WAIT_MS_MAX = 60_000

/** Looks until `condition` answers something; for what no event tells. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const startMs = monotonicMs()
  for (;;) {
    const found = await condition()
    if (found !== undefined && found !== false) return found
    const waitedMs = monotonicMs() - startMs
    assert.ok(waitedMs < WAIT_MS_MAX, `waited ${WAIT_MS_MAX} ms for ${what}`)
    // what lasts is looked at less often: looks take processor time
    await delay(Math.min(5 + waitedMs / 10, 100))
  }
}

export function untilEnded(engine: Engine, taskId: string): Promise<TaskObservation> {
  return until(`the end of ${taskId}`, async () => {
    const observation = await engine.observe(taskId)
    return (observation.state === 'Ended' || observation.state === 'Lost') && observation
  })
}

/** Starts a task and waits for its end. */
export async function run(subject: Subject, task: Task): Promise<TaskObservation> {
  await subject.engine.start(task)
  return untilEnded(subject.engine, task.taskId)
}

/** What a task printed, as the platform has it. */
export function logOf(subject: Subject, task: Task): string[] {
  return subject.platform.logs.get(`${task.log.group}/${task.log.stream}`) ?? []
}

/** A log stream that no other task of the suite writes to. */
export function ownLog(): Pick<Task, 'log'> {
  return { log: { group: '/suite', stream: newShortId(10) } }
}
