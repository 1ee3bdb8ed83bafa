import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { newShortId } from '../../../base/ids.ts'
import type { Task } from '../engine.ts'
import { logOf, ownLog, run, type Subject, shellTask, until, untilEnded } from './subject.ts'

/** What the suite's programs print with. */
const SAY = `const say = (...words) => process.stdout.write(words.join(' ') + '\\n');`

/** Jobs of several hosts. */
export function hostTests(subject: () => Subject): void {
  const hosts = ['algo-1', 'algo-2']
  const printed = async (script: string, parts: Partial<Task> = {}) => {
    const task = shellTask(script, { ...ownLog(), ...parts })
    await run(subject(), task)
    return logOf(subject(), task)
  }
  /** The two hosts of one isolated job, by the programs that they run. */
  const isolated = (...programs: readonly [string, string]) => {
    const name = `isolated-${newShortId(6)}`
    const taskOf = (PROGRAM: string, host: string): Task =>
      shellTask('exec node -e "$SAY$PROGRAM"', {
        ...ownLog(),
        ...{ hosts, host, name, networkIsolation: true },
        environment: { SAY, PROGRAM },
      })
    return [taskOf(programs[0], 'algo-1'), taskOf(programs[1], 'algo-2')] as const
  }

  test('hosts of one job have different loopback addresses under their names', async () => {
    const script = 'hostname; getent hosts algo-1 algo-2 | sort'
    const name = 'two-hosts'

    const first = await printed(script, { hosts, host: 'algo-1', name })
    const second = await printed(script, { hosts, host: 'algo-2', name })

    assert.deepEqual([first[0], second[0]], ['algo-1', 'algo-2'])
    assert.deepEqual(first.slice(1), second.slice(1))
    const addresses = first.slice(1).map((line) => line.split(/\s+/)[0])
    assert.equal(new Set(addresses).size, 2)
    assert.ok(addresses.every((address) => address?.startsWith('127.') && address !== '127.0.0.1'))
  })

  test('hosts of one job reach each other by name', async () => {
    const listen = `require('net').createServer(peer => peer.on('data', data => {
      process.stdout.write('heard ' + data); process.exit() })).listen(7777, 'algo-1')`
    const greet = `const greet = () => require('net').connect(7777, 'algo-1')
      .on('error', () => setTimeout(greet, 20)).on('connect', function () { this.end('algo-2') })
      greet()`
    const name = `peers-${newShortId(6)}`
    const script = 'exec node -e "$PROGRAM"'
    const [listener, greeter] = [listen, greet].map((PROGRAM, index) => {
      const host = hosts[index] ?? ''
      return printed(script, { hosts, host, name, environment: { PROGRAM } })
    })

    assert.deepEqual(await listener, ['heard algo-2'])
    assert.deepEqual(await greeter, [])
  })

  test('hosts of an isolated job reach each other and the platform, and nothing else', async (t) => {
    const outside = createServer((peer) => peer.end('seen')).listen(0, '127.0.0.1')
    t.after(() => outside.close())
    await once(outside, 'listening')
    const { port } = outside.address() as AddressInfo
    const serve = `require('net').createServer(peer => { peer.end('weights'); peer.on('close', () => process.exit()) })
      .listen(7777, require('os').hostname())`
    const fetchAll = `const get = (port, host, then) => require('net').connect(port, host)
      .on('data', data => say(host, String(data))).on('close', failed => failed || then?.())
      .on('error', error => host === 'algo-1' ? setTimeout(get, 20, port, host, then) : say(host, error.code))
      get(${port}, '127.0.0.1'); get(9, '192.0.2.1')
      // again, as SDKs do, where it was the other host's bridge that took the connection, and left
      const keys = () => fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI,
        { headers: { authorization: 'the-token' } }).then(r => r.json())
        .then(j => say('keys', j.AccessKeyId), () => setTimeout(keys, 20))
      get(7777, 'algo-1', keys)`
    const [server, client] = isolated(serve, fetchAll)

    const [served] = await Promise.all([run(subject(), server), run(subject(), client)])

    assert.equal(served.end?.exitCode, 0, served.end?.message)
    assert.deepEqual(logOf(subject(), client).toSorted(), [
      '127.0.0.1 ECONNREFUSED',
      '192.0.2.1 ENETUNREACH',
      'algo-1 weights',
      'keys AK',
    ])
  })

  test('a host of an isolated job goes on when the runner of its peer dies, and leaves nothing', async () => {
    const wait = 'say("up"); setInterval(() => {}, 1000)'
    const goOn = `const keys = () => fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI,
        { headers: { authorization: 'the-token' } }).then(r => r.json())
        .then(j => { say('keys', j.AccessKeyId); process.exit() }, () => setTimeout(keys, 20))
      require('net').createServer().listen(7777, 'algo-2', () => { say('up')
      const look = () => require('net').connect(7778, 'algo-1')
        .on('error', keys)
        .on('connect', function () { this.destroy(); setTimeout(look, 20) })
      look() })`
    const first = `require('net').createServer().listen(7778, 'algo-1', () => { ${wait} })`
    const [lost, survivor] = isolated(first, goOn)
    const { engine } = subject()
    await engine.start(lost)
    await until('the first host', () => logOf(subject(), lost).includes('up'))
    await engine.start(survivor)
    await until('the second host', () => logOf(subject(), survivor).includes('up'))

    await subject().killRunner(lost.taskId)
    const { end } = await untilEnded(engine, survivor.taskId)

    assert.equal(end?.exitCode, 0, end?.message)
    assert.deepEqual(logOf(subject(), survivor), ['up', 'keys AK'])
    for (const { taskId } of [lost, survivor]) await engine.remove(taskId)
    await until('all processes to go', () => {
      return [lost, survivor].every(({ taskId }) => !subject().hasProcess(taskId))
    })
  })
}
