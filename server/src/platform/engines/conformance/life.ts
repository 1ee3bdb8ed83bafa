import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newShortId } from '../../../base/ids.ts'
import { logOf, ownLog, run, type Subject, shellTask, until, untilEnded } from './subject.ts'

/** Starting, ending, stopping, losing and forgetting. */
export function lifeTests(subject: () => Subject): void {
  test('start twice, also at once and from another engine, runs the program once', async () => {
    const task = shellTask('echo ran', ownLog())
    const { engine } = subject()

    await Promise.all([engine.start(task), engine.start(task), subject().again().start(task)])
    await untilEnded(engine, task.taskId)
    await engine.start(task)

    assert.deepEqual(logOf(subject(), task), ['ran'])
  })

  test('observe answers Unknown for a task that was never started', async () => {
    const observation = await subject().engine.observe('never-started')

    assert.equal(observation.state, 'Unknown')
  })

  test('a task passes through every phase in order and ends with its exit code', async () => {
    const observation = await run(subject(), shellTask('exit 7'))

    const phases = observation.phases.map(({ phase }) => phase)
    assert.deepEqual(phases, ['Starting', 'Downloading', 'Running', 'Uploading', 'Ended'])
    assert.equal(observation.end?.cause, 'Exited')
    assert.equal(observation.end?.exitCode, 7)
  })

  test('a program that a signal ends has exit code 128 and the signal', async () => {
    const observation = await run(subject(), shellTask('kill -SEGV $$'))

    assert.equal(observation.end?.exitCode, 139)
  })

  test('the failure and message files become part of the end, cut at 1,024 characters', async () => {
    const script = `printf '%02000d' 7 > /opt/ml/output/failure; echo done > /opt/ml/output/message; exit 1`

    const { end } = await run(subject(), shellTask(script))

    assert.equal(end?.failureText?.length, 1024)
    assert.equal(end?.exitMessage, 'done\n')
  })

  test('a failure file that is a link out of the container is not read', async () => {
    const { end } = await run(
      subject(),
      shellTask('ln -s /etc/passwd /opt/ml/output/failure; exit 1'),
    )

    assert.equal(end?.failureText, undefined)
  })

  test('an image that nothing stands for ends the task ImageFailed, and says what to do', async () => {
    const { end } = await run(subject(), shellTask('true', { containerImage: 'nobody/knows:1' }))

    assert.equal(end?.cause, 'ImageFailed')
    assert.match(end?.message ?? '', /sagebrush image add/)
  })

  test('arguments without an entrypoint are the command of an image that has none', async () => {
    const command = { arguments: ['sh', '-c', 'echo "$0 and $1"', 'one', 'two words'] }
    const task = shellTask('', { command, ...ownLog() })

    const { end } = await run(subject(), task)

    assert.equal(end?.exitCode, 0, end?.message)
    assert.deepEqual(logOf(subject(), task), ['one and two words'])
  })

  test('a program that is not there ends the task StartFailed; one that ends with 127 Exited', async () => {
    for (const entrypoint of [['no-such-program'], ['/no/such']]) {
      const { end } = await run(
        subject(),
        shellTask('', { command: { entrypoint, arguments: [] } }),
      )

      assert.equal(end?.cause, 'StartFailed')
      assert.match(end?.message ?? '', new RegExp(`no program ${entrypoint[0]}`))
    }

    const { end } = await run(subject(), shellTask('exit 127'))

    assert.deepEqual([end?.cause, end?.exitCode], ['Exited', 127])
  })

  test('stop lets a program that heeds SIGTERM finish', async () => {
    const task = shellTask(
      'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.02; done',
      ownLog(),
    )
    const { engine } = subject()
    await engine.start(task)
    await until('its first line', () => logOf(subject(), task).includes('up'))

    await engine.stop(task.taskId, { graceSeconds: 20 })
    const { end } = await untilEnded(engine, task.taskId)

    assert.equal(end?.cause, 'Stopped')
    assert.equal(end?.exitCode, 5)
    assert.deepEqual(logOf(subject(), task), ['up', 'bye'])
  })

  test('stop kills a program that ignores SIGTERM, with all its processes, after the grace', async () => {
    const mark = `sleep 98${newShortId(4).replace(/\D/g, '1')}`
    const task = shellTask(
      `trap "" TERM; (setsid ${mark} &); echo up; while :; do sleep 0.02; done`,
      ownLog(),
    )
    const { engine } = subject()
    await engine.start(task)
    await until('its first line', () => logOf(subject(), task).includes('up'))

    await engine.stop(task.taskId, { graceSeconds: 0.1 })
    const { end } = await untilEnded(engine, task.taskId)

    assert.equal(end?.cause, 'Stopped')
    assert.equal(end?.exitCode, 137)
    assert.equal(subject().hasProcess(mark), false)
  })

  test('a process that the program left behind is gone when the task has ended', async () => {
    const mark = `sleep 97${newShortId(4).replace(/\D/g, '1')}`

    await run(subject(), shellTask(`setsid ${mark} > /dev/null 2>&1 & sleep 0.05; exit 0`))

    assert.equal(subject().hasProcess(mark), false)
  })

  test('a killed runner leaves the task Lost and no process', async () => {
    const mark = `sleep 96${newShortId(4).replace(/\D/g, '1')}`
    const task = shellTask(`setsid ${mark} & echo up; ${mark}`, ownLog())
    const { engine } = subject()
    await engine.start(task)
    await until(
      'its processes',
      () => logOf(subject(), task).includes('up') && subject().hasProcess(mark),
    )

    await subject().killRunner(task.taskId)
    const observation = await untilEnded(engine, task.taskId)

    assert.equal(observation.state, 'Lost')
    await until('its processes to go', () => !subject().hasProcess(mark))
  })

  test('another engine sees, stops and hears of a task that the first one started', async () => {
    const task = shellTask('sleep 60')
    await subject().engine.start(task)
    const adopter = subject().again()
    const heard = new Set<string>()
    using _ = adopter.watch((taskId) => heard.add(taskId))
    await until('Running', async () => (await adopter.observe(task.taskId)).state === 'Running')

    const listed = (await adopter.list()).find(({ taskId }) => taskId === task.taskId)
    await adopter.stop(task.taskId, { graceSeconds: 1 })
    const { end } = await untilEnded(adopter, task.taskId)

    assert.equal(listed?.name, 'suite')
    assert.equal(end?.cause, 'Stopped')
    await until('a hint', () => heard.has(task.taskId))
  })

  test('kill ends a running container as one that crashed, and nothing else', async () => {
    const { engine } = subject()
    const task = shellTask('trap "" TERM; while :; do sleep 0.1; done', ownLog())
    await engine.start(task)
    await until('it to run', async () => (await engine.observe(task.taskId)).state === 'Running')

    // a task runs a moment before its program does
    const { end } = await until('its end', async () => {
      await engine.kill(task.taskId)
      const observation = await engine.observe(task.taskId)
      return observation.end && observation
    })

    assert.deepEqual([end?.cause, end?.exitCode], ['Exited', 137])
    await engine.kill(task.taskId)
    await engine.kill('never-started')
  })

  test('usage tells what a running container takes, and forgets it with its end', async () => {
    const busy =
      'head -c 60000000 /dev/zero > /opt/ml/big; a=$(head -c 40000000 /dev/zero | tr "\\0" x); while :; do :; done'
    const resources = { vCpus: 2, memoryBytes: 2 ** 29, diskBytes: 2 ** 27, pidsMax: 64 }
    const task = shellTask(busy, { resources, ...ownLog() })
    const { engine } = subject()
    const usageOf = async () => (await engine.usage()).find(({ taskId }) => taskId === task.taskId)
    await engine.start(task)

    const usage = await until('a sample of its work', async () => {
      const found = await usageOf()
      return found && found.diskPercent > 40 && found.memoryPercent > 5 && found
    })
    const { cpuPercent, memoryPercent, diskPercent, sampledAt, ...rest } = usage
    await engine.stop(task.taskId, { graceSeconds: 0 })
    await untilEnded(engine, task.taskId)

    assert.ok(cpuPercent > 5 && cpuPercent < 250, `cpu ${cpuPercent}`)
    assert.ok(memoryPercent > 5 && memoryPercent < 60, `memory ${memoryPercent}`)
    assert.ok(diskPercent > 40 && diskPercent < 60, `disk ${diskPercent}`)
    assert.ok(!Number.isNaN(Date.parse(sampledAt)))
    const { taskId, kind, name, realm, account, region, log } = task
    assert.deepEqual(rest, { taskId, kind, name, realm, account, region, log, vCpus: 2 })
    assert.equal(await usageOf(), undefined)
  })

  test('remove kills a running task and forgets it; a second time changes nothing', async () => {
    const mark = `sleep 95${newShortId(4).replace(/\D/g, '1')}`
    const task = shellTask(mark)
    const { engine } = subject()
    await engine.start(task)
    await until('its process', () => subject().hasProcess(mark))

    await engine.remove(task.taskId)
    await engine.remove(task.taskId)

    assert.equal((await engine.observe(task.taskId)).state, 'Unknown')
    assert.equal(
      (await engine.list()).some(({ taskId }) => taskId === task.taskId),
      false,
    )
    await until('its process to go', () => !subject().hasProcess(mark))
  })
}
