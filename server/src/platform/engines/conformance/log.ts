import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monotonicMs } from '../../../base/clock.ts'
import { logOf, ownLog, run, type Subject, shellTask, until, untilEnded } from './subject.ts'

/** What a container prints, and what is read from it. */
export function logTests(subject: () => Subject): void {
  test('every line is stored once and in order though the platform is away and loses answers', async () => {
    const { engine, platform } = subject()
    const count = 30_000
    const task = shellTask(
      `echo begin; i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo line $i; done`,
      ownLog(),
    )
    await engine.start(task)
    await until('the first line', () => logOf(subject(), task).length > 0)
    platform.loseAnswers(2)
    platform.goAway()
    await until('Uploading', async () => (await engine.observe(task.taskId)).state === 'Uploading')
    platform.comeBack()

    await untilEnded(engine, task.taskId)

    const expected = ['begin', ...Array.from({ length: count }, (_, index) => `line ${index + 1}`)]
    assert.deepEqual(logOf(subject(), task), expected)
  })

  test('20,000 lines a second and more go to the log', async (t) => {
    const count = 200_000
    const task = shellTask(`seq ${count}`, ownLog())
    const beganMs = monotonicMs()

    await run(subject(), task)

    const seconds = (monotonicMs() - beganMs) / 1000
    t.diagnostic(`${Math.round(count / seconds)} lines a second`)
    assert.equal(logOf(subject(), task).length, count)
    assert.ok(count / seconds > 20_000)
  })

  test('notes come first; long lines, broken UTF-8 and a last line without an end are kept', async () => {
    const task = shellTask(
      `head -c 300000 /dev/zero | tr '\\0' x; echo; printf '\\377ok\\n'; printf '10%%\\r20%%\\n\\nlast'`,
      { ...ownLog(), notes: ['first of all'] },
    )
    await run(subject(), task)

    const lines = logOf(subject(), task)
    assert.equal(lines[0], 'first of all')
    assert.equal(lines.slice(1, 3).join('').length, 300_000)
    assert.deepEqual(lines.slice(3), ['\ufffdok', '10%\r20%', ' ', 'last'])
  })

  test('metrics are the last values of their expressions; one that never ends holds up nothing', async () => {
    const task = shellTask(
      'echo loss=0.5; echo loss=2.5e-1 end; echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
      {
        ...ownLog(),
        metricDefinitions: [
          { name: 'loss', regex: 'loss=([0-9.e-]+)' },
          { name: 'evil', regex: '(a+)+$' },
          { name: 'broken', regex: '(' },
        ],
      },
    )

    const { metrics } = await run(subject(), task)

    assert.deepEqual(
      metrics.map(({ name, value, count }) => ({ name, value, count })),
      [{ name: 'loss', value: 0.25, count: 2 }],
    )
    assert.equal(logOf(subject(), task).filter((line) => line.startsWith('Metric ')).length, 2)
  })
}
