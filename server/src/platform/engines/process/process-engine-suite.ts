import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createLog } from '../../../base/log.ts'
import { SHELL_IMAGE, shellTask, until, untilEnded } from '../conformance/subject.ts'
import { engineConformance, type Subject, startFakePlatform } from '../conformance.ts'
import { registerImage } from '../images.ts'
import { createEngine } from './process-engine.ts'
import type { SandboxMechanism } from './sandbox/plan.ts'
import { probeSandbox } from './sandbox/probe.ts'
import { enginePaths, type ProcessEngineSettings } from './settings.ts'
import { readJson, type TaskState } from './task-directory.ts'

/** One for all: what a runner compiled, the next one takes. */
const cacheDir = mkdtempSync(join(tmpdir(), 'sagebrush-engine-cache-'))
after(() => rmSync(cacheDir, { recursive: true, force: true, maxRetries: 10 }))
const RUNNER = fileURLToPath(new URL('../../../runner/entry.ts', import.meta.url))

/**
 * What every engine must do, and what only one that runs processes can get wrong, by one way of closing in.
 * A file each: the test runner runs files side by side.
 */
export async function testProcessEngine(mechanism: SandboxMechanism): Promise<void> {
  const { works } = await probeSandbox()
  if (!works[mechanism]) {
    test(`process engine, ${mechanism}`, { skip: `${mechanism} does not work here` }, () => {})
    return
  }
  engineConformance(`process engine, ${mechanism}`, () => make(mechanism))

  test(`a container that is killed leaves no zombie to init, by ${mechanism}`, async (t) => {
    const { engine, tasksDir, register, close } = await make(mechanism)
    t.after(close)
    await register(SHELL_IMAGE, { 'bin/train': `#!/bin/sh\ntrap '' TERM\nsleep 60\n` })
    const task = shellTask('')
    await engine.start(task)
    const file = join(tasksDir, task.taskId, 'state.json')
    const pid = await until('the program', async () => {
      const state = await readJson<TaskState>(file)
      return state?.container && state.sandbox?.pid
    })

    await engine.stop(task.taskId, { graceSeconds: 0 })
    await untilEnded(engine, task.taskId)

    assert.equal(existsSync(`/proc/${pid}`), false)
  })

  test(`a runner ends with its container when the platform and its data are gone, by ${mechanism}`, async (t) => {
    const { engine, platform, tasksDir, register, hasProcess, close } = await make(mechanism)
    t.after(close)
    const mark = `sleep 94${process.pid}`
    await register(SHELL_IMAGE, { 'bin/train': `#!/bin/sh\necho up\nsetsid ${mark} &\n${mark}\n` })
    const task = shellTask('')
    await engine.start(task)
    await until('its process', () => hasProcess(mark))
    const [{ runnerPid = 0 } = {}] = await engine.list()

    platform.goAway()
    // again where the runner has just written something into a folder that was empty
    rmSync(dirname(tasksDir), { recursive: true, force: true, maxRetries: 10 })

    await until('the end of its processes', () => !hasProcess(mark))
    await until('the end of the runner', () => !existsSync(`/proc/${runnerPid}/exe`))
    await until('the end of all that was its task', () => !hasProcess(task.taskId))
    mkdirSync(tasksDir, { recursive: true })
  })
}

/** An engine on folders of its own, and the suite's platform in the place of ours. */
async function make(mechanism: SandboxMechanism): Promise<Subject & { tasksDir: string }> {
  const root = mkdtempSync(join(tmpdir(), 'sagebrush-engine-'))
  const platform = await startFakePlatform()
  const settings: ProcessEngineSettings = {
    dataDir: join(root, 'data'),
    cacheDir,
    platformUrl: platform.url,
    runtimesDir: join(root, 'runtimes'),
    runnerCommand: [process.execPath, RUNNER],
    mechanism,
    // Runners are killed on purpose.
    log: createLog({}, { level: 'error' }),
  }
  const engine = createEngine(settings)
  // The suite's programs call `node`, which a folder image may bring along as a link.
  const node = `#!/bin/sh\nexec ${process.execPath} "$@"\n`
  return {
    engine,
    platform,
    tasksDir: enginePaths(settings).tasksDir,
    again: () => createEngine(settings),
    register: async (name, files) => {
      const directory = mkdtempSync(join(root, 'image-'))
      for (const [path, content] of Object.entries({ ...files, 'bin/node': node })) {
        mkdirSync(dirname(join(directory, path)), { recursive: true })
        writeFileSync(join(directory, path), content, { mode: 0o755 })
      }
      await registerImage(enginePaths(settings).imagesDir, { name, directory })
    },
    killRunner: async (taskId) => {
      const task = (await engine.list()).find((summary) => summary.taskId === taskId)
      if (task?.runnerPid !== undefined) process.kill(task.runnerPid, 'SIGKILL')
    },
    hasProcess: (text) => commands().some((command) => command.includes(text)),
    close: async () => {
      for (const { taskId } of await engine.list()) await engine.remove(taskId)
      await platform.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 10 })
      rmSync(enginePaths(settings).socketsDir, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

function commands(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
}
