import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskEnd, TaskMetric, TaskPhase } from '../../platform/engines/engine.ts'
import {
  finalMetrics,
  firstFailure,
  type HostObservation,
  jobPhases,
  nextCommand,
} from './host.states.ts'

const at = (seconds: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds))
const DONE: TaskEnd = { cause: 'Exited', exitCode: 0, uploaded: {} }
const BROKEN: TaskEnd = { cause: 'Exited', exitCode: 1, uploaded: {} }
const STOPPED: TaskEnd = { cause: 'Stopped', exitCode: 143, uploaded: {} }

/** A host that came into each phase at the given second. */
function host(
  name: string,
  seconds: Partial<Record<TaskPhase, number>>,
  end?: TaskEnd,
): HostObservation {
  const phases = Object.entries(seconds).map(([phase, second]) => ({
    phase: phase as TaskPhase,
    at: at(second).toISOString(),
    count: 1,
  }))
  const state = phases.at(-1)?.phase ?? 'Starting'
  return { host: name, state, phases, metrics: [], ...(end && { end }) }
}

const lost = (name: string): HostObservation => ({
  host: name,
  state: 'Lost',
  phases: [],
  metrics: [],
})
const running = (name: string): HostObservation =>
  host(name, { Starting: 0, Downloading: 1, Running: 2 })
const ended = (name: string, end: TaskEnd, second = 9): HostObservation =>
  host(name, { Starting: 0, Downloading: 1, Running: 2, Uploading: 3, Ended: second }, end)

const GOING_ON = { isStopping: false, now: at(5), told: new Set<string>() }

test('a job is as far as its slowest host, from when that one came there', () => {
  const first = host('algo-1', { Starting: 0, Downloading: 1, Running: 2, Uploading: 8 })
  const second = host('algo-2', { Starting: 0, Downloading: 3, Running: 4 })

  assert.deepEqual(jobPhases([first, second]), [
    { status: 'Downloading', at: at(3) },
    { status: 'Training', at: at(4) },
  ])
  assert.deepEqual(jobPhases([first, lost('algo-2')]), [])
})

test('what the story does next', () => {
  const deadline = { at: at(5), cause: 'MaxRuntimeExceeded' } as const
  const cases = [
    {
      why: 'nothing has happened',
      command: nextCommand([running('algo-1')], GOING_ON),
      expected: { do: 'wait' },
    },
    {
      why: 'the deadline lies ahead',
      command: nextCommand([running('algo-1')], { ...GOING_ON, now: at(4), deadline }),
      expected: { do: 'wait', deadline: at(5) },
    },
    {
      why: 'the deadline is now',
      command: nextCommand([running('algo-1')], { ...GOING_ON, deadline }),
      expected: { do: 'stop the job', cause: 'MaxRuntimeExceeded' },
    },
    {
      why: 'the job ended at its deadline: it made it',
      command: nextCommand([ended('algo-1', DONE)], { ...GOING_ON, deadline }),
      expected: { do: 'end' },
    },
    {
      why: 'the job is stopping: two minutes to save the model',
      command: nextCommand([running('algo-1'), ended('algo-2', DONE)], {
        ...GOING_ON,
        isStopping: true,
      }),
      expected: { do: 'stop hosts', hosts: ['algo-1'], graceSeconds: 120 },
    },
    {
      why: 'the host was told already',
      command: nextCommand([running('algo-1')], {
        ...GOING_ON,
        isStopping: true,
        told: new Set(['algo-1']),
      }),
      expected: { do: 'wait' },
    },
    {
      why: 'one host is done, the others go on',
      command: nextCommand([ended('algo-1', DONE), running('algo-2')], GOING_ON),
      expected: { do: 'wait' },
    },
    {
      why: 'one host failed, the others are in vain',
      command: nextCommand([ended('algo-1', BROKEN), running('algo-2')], GOING_ON),
      expected: { do: 'stop hosts', hosts: ['algo-2'], graceSeconds: 5 },
    },
    {
      why: 'one host is lost, the others are in vain',
      command: nextCommand([running('algo-1'), lost('algo-2')], GOING_ON),
      expected: { do: 'stop hosts', hosts: ['algo-1'], graceSeconds: 5 },
    },
    {
      why: 'all are over, one way or another',
      command: nextCommand([ended('algo-1', BROKEN), lost('algo-2')], GOING_ON),
      expected: { do: 'end' },
    },
  ]
  for (const { why, command, expected } of cases) assert.deepEqual(command, expected, why)
})

test('the first failure is the one that came first, not what was stopped because of it', () => {
  const hosts = [
    ended('algo-1', STOPPED, 4),
    ended('algo-2', BROKEN, 6),
    ended('algo-3', BROKEN, 5),
    ended('algo-4', DONE, 3),
  ]

  assert.equal(firstFailure(hosts)?.host, 'algo-3')
  assert.equal(firstFailure([ended('algo-1', STOPPED), lost('algo-2')])?.host, 'algo-1')
  assert.equal(firstFailure([ended('algo-1', DONE)]), undefined)
})

test('the last value of each metric counts, whichever host said it', () => {
  const metric = (name: string, value: number, second: number): TaskMetric => ({
    name,
    value,
    at: at(second).toISOString(),
    count: 1,
  })
  const hosts = [
    { ...running('algo-1'), metrics: [metric('loss', 0.3, 7), metric('auc', 0.8, 2)] },
    { ...running('algo-2'), metrics: [metric('loss', 0.4, 5)] },
  ]

  assert.deepEqual(finalMetrics(hosts), [
    { MetricName: 'loss', Value: 0.3, Timestamp: at(7).toISOString() },
    { MetricName: 'auc', Value: 0.8, Timestamp: at(2).toISOString() },
  ])
})
