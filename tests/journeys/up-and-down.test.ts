import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/platform.ts'

const CLI = new URL('../../cli/main.ts', import.meta.url).pathname

interface Ending {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let folder: string
let dataDir: string
let port: number

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sgb-up-'))
  dataDir = join(folder, 'data')
  port = await freePort()
})
after(async () => {
  await sagebrush('down', '--data-dir', dataDir)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

function sagebrush(...args: readonly string[]): Promise<Ending> {
  return withEnvironment({}, ...args)
}

function withEnvironment(
  environment: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<Ending> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment }
    execFile(process.execPath, [CLI, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

const up = (...args: readonly string[]): Promise<Ending> =>
  sagebrush('up', '--data-dir', dataDir, '--port', String(port), ...args)

async function pids(): Promise<Record<string, number>> {
  const { stdout } = await sagebrush('status', '--json', '--data-dir', dataDir)
  const { processes } = JSON.parse(stdout) as { processes: { role: string; pid: number }[] }
  return Object.fromEntries(processes.map(({ role, pid }) => [role, pid]))
}

test('of two ups at once on one data directory one starts it, and both return when it is ready', async () => {
  const endings = await Promise.all([up('--detach'), up('--detach')])

  assert.deepEqual(
    endings.map(({ code }) => code),
    [0, 0],
  )
  const told = endings.map(({ stdout }) => stdout).sort((one, other) => one.length - other.length)
  assert.match(told[0] ?? '', new RegExp(`already runs on .*: http://127.0.0.1:${port}\n$`))
  assert.match(told[1] ?? '', /Ready: /)
  const health = await fetch(`http://127.0.0.1:${port}/_sagebrush/health`)
  assert.equal(health.status, 200)
})

test('up on a port that another program has says so and what to do, and leaves nothing behind', async () => {
  const other = join(folder, 'other')
  const ending = await sagebrush(...['up', '--detach', '--data-dir', other, '--port', String(port)])

  assert.equal(ending.code, 1)
  assert.match(ending.stdout, new RegExp(`port ${port} is in use .*--port`))
  assert.equal((await sagebrush('status', '--data-dir', other)).code, 1)
})

test('after a SIGKILL of the supervisor the next up comes up at once', async () => {
  const { supervisor = 0 } = await pids()
  process.kill(supervisor, 'SIGKILL')
  const ending = await up('--detach')

  assert.equal(ending.code, 0, ending.stdout)
  assert.notEqual((await pids()).supervisor, supervisor)
})

test('down says that it stopped, and on a platform that does not run that it does not', async () => {
  assert.match((await sagebrush('down', '--data-dir', dataDir)).stdout, /stopped\n$/)
  assert.match((await sagebrush('down', '--data-dir', dataDir)).stdout, /does not run on/)
})

test('keys of the environment are what env prints in every other shell', async () => {
  const keys = { SAGEBRUSH_ACCESS_KEY_ID: 'AKIDTEST', SAGEBRUSH_SECRET_ACCESS_KEY: 'of-a-person' }
  const args = ['up', '--detach', '--data-dir', dataDir, '--port', String(port)]
  assert.equal((await withEnvironment(keys, ...args)).code, 0)

  const { stdout } = await sagebrush('env', '--json', '--data-dir', dataDir)

  assert.equal(JSON.parse(stdout).AWS_ACCESS_KEY_ID, 'AKIDTEST')
  assert.equal(JSON.parse(stdout).AWS_SECRET_ACCESS_KEY, 'of-a-person')
  await sagebrush('down', '--data-dir', dataDir)
})

/** `up` in the foreground, as the leader of a process group of its own, as a shell starts it. */
async function inForeground(): Promise<{ child: ChildProcess; output: () => string }> {
  const args = [CLI, 'up', '--data-dir', dataDir, '--port', String(port)]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
    })
  }
  await eventually(async () => output.includes('Ready: '), { what: 'the ready line' })
  return { child, output: () => output }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} to the terminal's processes stops up cleanly: said once, nothing restarted, nothing left`, async () => {
    const { child, output } = await inForeground()
    const running = Object.values(await pids())
    const ended = once(child, 'exit')

    // a terminal sends it to the whole process group
    process.kill(-(child.pid ?? 0), signal)
    const [code] = await ended

    assert.equal(code, 0, output())
    assert.equal(output().match(/stopping/g)?.length, 1)
    assert.doesNotMatch(output(), /started again|ended/)
    for (const pid of running) assert.ok(!existsSync(`/proc/${pid}`), `process ${pid} has ended`)
  })
}

test('up whose terminal is gone without a word stops as well', async () => {
  const { child } = await inForeground()
  const { supervisor } = await pids()

  child.kill('SIGKILL')

  await eventually(async () => !existsSync(`/proc/${supervisor}`), { what: 'the end of it all' })
})

test('a data directory that cannot be made is told without a stack, and asking makes none', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const missing = join(folder, 'missing')

  for (const flags of [['--detach'], []]) {
    const ending = await sagebrush('up', ...flags, '--data-dir', join(file, 'data'))
    assert.equal(ending.code, 1)
    assert.match(ending.stdout + ending.stderr, /^sagebrush: .*file\/data.*--data-dir/m)
    assert.doesNotMatch(ending.stdout + ending.stderr, /^ {4}at /m)
  }
  for (const command of ['status', 'env', 'down', 'doctor']) {
    await sagebrush(command, '--data-dir', missing)
    assert.ok(!existsSync(missing), `${command} made ${missing}`)
  }
})

/** What runs on the data directory, then deletes that under it. */
async function givenDeletedUnder(): Promise<readonly number[]> {
  assert.equal((await up('--detach')).code, 0)
  const running = Object.values(await pids())
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  return running
}

const areGone = (running: readonly number[]): boolean =>
  running.every((pid) => !existsSync(`/proc/${pid}`))

test('a platform whose data directory is deleted ends with all that it runs', async () => {
  const running = await givenDeletedUnder()

  await eventually(async () => areGone(running), { what: 'the end of it all', timeoutMs: 60_000 })

  assert.ok(!existsSync(join(dataDir, 'postgres')), 'nothing new was begun in its place')
})

test('up where one runs whose data directory was deleted waits for its end, and starts', async () => {
  const running = await givenDeletedUnder()

  const ending = await up('--detach')

  assert.equal(ending.code, 0, ending.stdout + ending.stderr)
  assert.doesNotMatch(ending.stderr, /MaxListeners/)
  assert.ok(areGone(running))
  assert.equal((await fetch(`http://127.0.0.1:${port}/_sagebrush/health`)).status, 200)
})

test('a data directory that is moved away and back at once goes on', async () => {
  const { supervisor = 0 } = await pids()

  await rename(dataDir, `${dataDir}-moved`)
  await rename(`${dataDir}-moved`, dataDir)
  const other = await sagebrush(
    'up',
    '--detach',
    '--data-dir',
    join(folder, 'other'),
    '--port',
    String(port),
  )

  assert.match(other.stdout, /port \d+ is in use by another Sagebrush.*down --data-dir/)
  assert.equal((await pids()).supervisor, supervisor)
})
