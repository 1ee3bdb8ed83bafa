import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { eventually } from '../../../tests/support/eventually.ts'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { supervise } from './supervised-process.ts'

let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervised-'))
})
after(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))

/** A program that notes each of its starts, and then does as `life` says for the start's number. */
function program(name: string, life: string): { starts: () => Promise<number>; args: string[] } {
  const path = JSON.stringify(join(folder, name))
  const code = `
    const { appendFileSync, readFileSync } = require('node:fs')
    appendFileSync(${path}, 'x')
    const start = readFileSync(${path}).length
    setInterval(() => undefined, 1000)
    ${life}`
  const starts = async (): Promise<number> => (await readFile(join(folder, name))).length
  return { starts, args: ['-e', code] }
}

function superviseProgram(args: string[]) {
  return supervise({
    role: 'program',
    arguments: args,
    environment: process.env,
    logFile: join(folder, 'log'),
    clock: systemClock,
    log: createLog({}, { level: 'error' }),
    startupTimeoutMs: 1_000,
  })
}

test('a process that ends is started again, and stays down once it was stopped', async () => {
  const { args, starts } = program('ends', 'process.send({ ready: true })')
  const supervised = await superviseProgram(args)
  const first = supervised.pid ?? 0

  process.kill(first, 'SIGKILL')
  await eventually(async () => supervised.pid !== undefined && supervised.pid !== first)
  await eventually(async () => (await starts()) === 2)
  await supervised.stop({ graceSeconds: 5 })

  assert.equal(supervised.restarts, 1)
  assert.equal(supervised.pid, undefined)
  assert.equal(await starts(), 2)
})

test('a process that hangs at its second start is ended and started a third time', async () => {
  const { args, starts } = program(
    'hangs',
    'if (start !== 2) process.send({ ready: true }); if (start === 1) process.exit(1)',
  )
  const supervised = await superviseProgram(args)

  await eventually(async () => (await starts()) === 3, { what: 'the third start' })
  await supervised.stop({ graceSeconds: 5 })
})

test('a process that is not ready in time at its first start is an error that names its log', async () => {
  const { args } = program('never', '')

  await assert.rejects(superviseProgram(args), /program was not ready in time: see .*log/)
})

test('a process that does not heed SIGTERM is killed after its grace', async () => {
  const { args } = program(
    'stubborn',
    "process.on('SIGTERM', () => undefined); process.send({ ready: true })",
  )
  const supervised = await superviseProgram(args)

  await supervised.stop({ graceSeconds: 0.2 })

  assert.equal(supervised.pid, undefined)
})
