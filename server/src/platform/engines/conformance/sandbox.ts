import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import type { Task } from '../engine.ts'
import { logOf, ownLog, run, type Subject, shellTask, until } from './subject.ts'

/** What a container sees, may do, and may take. */
export function sandboxTests(subject: () => Subject): void {
  const printed = async (script: string, parts: Partial<Task> = {}) => {
    const task = shellTask(script, { ...ownLog(), ...parts })
    await run(subject(), task)
    return logOf(subject(), task)
  }

  test('the container has its own /opt/ml, /tmp and home, and cannot write elsewhere', async () => {
    const probe =
      'for d in /opt/ml /tmp /root /dev/shm /usr /etc /var/lib; do touch $d/x 2>/dev/null && echo $d; done'

    assert.deepEqual(await printed(probe), ['/opt/ml', '/tmp', '/root', '/dev/shm'])
  })

  test('the container sees neither homes nor other processes nor the password file', async () => {
    const lines = await printed(
      'ls /home | wc -l; cat /etc/shadow 2> /dev/null | wc -c; ls -d /proc/[0-9]* | wc -l',
    )

    assert.deepEqual(lines.slice(0, 2), ['0', '0'])
    assert.ok(Number(lines[2]) < 10)
  })

  test('the container cannot change the kernel’s settings, which are everyone’s', async () => {
    const script =
      'for f in /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory; do (cat $f > $f) 2>/dev/null && echo $f; done; for c in $(sed -n "s/^CapEff:\\t//p" /proc/self/status); do echo $((0x$c >> 21 & 1)); done'

    // Bit 21 is CAP_SYS_ADMIN.
    assert.deepEqual(await printed(script), ['0'])
  })

  test('the environment is the task’s and nothing of the server’s', async () => {
    process.env.SECRET_OF_THE_SERVER = 'leaked'
    const lines = await printed('env', { environment: { GIVEN: "it's\n two" } })
    delete process.env.SECRET_OF_THE_SERVER

    assert.ok(lines.includes("GIVEN=it's") && lines.includes(' two'))
    assert.ok(lines.includes('AWS_CONTAINER_AUTHORIZATION_TOKEN=the-token'))
    assert.ok(!lines.some((line) => line.includes('SECRET_OF_THE_SERVER')))
  })

  test('a variable that the loader heeds acts inside the sandbox only', async () => {
    const lines = await printed('echo ran', { environment: { LD_PRELOAD: '/opt/ml/none.so' } })

    assert.ok(lines.includes('ran'))
  })

  test('a program that opens /dev/stderr anew does not empty the log', async () => {
    assert.deepEqual(await printed('echo one; echo two > /dev/stderr; echo three > /dev/stdout'), [
      'one',
      'two',
      'three',
    ])
  })

  test('files of the task are there before the program, with their content', async () => {
    const files = [{ path: '/opt/ml/input/config/hyperparameters.json', content: '{"a":"1"}' }]

    assert.deepEqual(await printed('cat /opt/ml/input/config/hyperparameters.json', { files }), [
      '{"a":"1"}',
    ])
  })

  test('a file outside the container’s own folders ends the task StartFailed', async () => {
    const files = [{ path: '/etc/cron.d/x', content: '' }]

    const { end } = await run(subject(), shellTask('true', { files }))

    assert.equal(end?.cause, 'StartFailed')
  })

  test('a container that takes more memory than it has ends OutOfMemory', async () => {
    const resources = { vCpus: 1, memoryBytes: 96 * 2 ** 20, diskBytes: 2 ** 30, pidsMax: 64 }
    const script = `exec node -e 'const a=[];for(;;)a.push(Buffer.alloc(1<<24,1))'`

    const { end } = await run(subject(), shellTask(script, { resources }))

    assert.equal(end?.cause, 'OutOfMemory')
    assert.match(end?.message ?? '', /memory/)
  })

  test('a container that fills its volume ends OutOfDisk, by one file or by many', async () => {
    const resources = { vCpus: 1, memoryBytes: 2 ** 30, diskBytes: 8 * 2 ** 20, pidsMax: 64 }
    const one = 'exec head -c 20000000 /dev/zero > /opt/ml/big'
    const many = 'for i in 1 2 3 4 5 6; do head -c 4000000 /dev/zero > /tmp/$i; done; sleep 60'

    const ends = await Promise.all(
      [one, many].map((script) => run(subject(), shellTask(script, { resources }))),
    )

    assert.deepEqual(
      ends.map(({ end }) => end?.cause),
      ['OutOfDisk', 'OutOfDisk'],
    )
  })

  test('a container that forks without end is held at its number of processes', async () => {
    const resources = { vCpus: 1, memoryBytes: 2 ** 30, diskBytes: 2 ** 30, pidsMax: 24 }
    const script = 'i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i+1)); done; echo all'

    const lines = await printed(script, { resources })

    assert.ok(!lines.includes('all') || lines.some((line) => /fork/i.test(line)))
  })

  test('network isolation leaves the platform and nothing else', async () => {
    const script = [
      'node -e \'fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI,{headers:{authorization:"the-token"}}).then(r=>r.json()).then(j=>process.stdout.write("keys "+j.AccessKeyId+"\\n"))\'',
      'node -e \'require("net").connect(9,"192.0.2.1").on("error",e=>process.stdout.write(e.code+"\\n"))\'',
    ].join('; ')

    assert.deepEqual(await printed(script, { networkIsolation: true }), ['keys AK', 'ENETUNREACH'])
  })

  test('two containers that insist on port 8080 serve side by side', async () => {
    const service = { port: 8080, pingPath: '/ping', startupTimeoutSeconds: 20 }
    const replicas = ['one', 'two'].map((who) =>
      shellTask('', { command: { verb: 'serve' }, service, environment: { WHO: who } }),
    )
    const { engine } = subject()
    await Promise.all(replicas.map((task) => engine.start(task)))

    const addresses = await Promise.all(
      replicas.map(({ taskId }) =>
        until('a ready replica', async () => {
          const { ready, address, end } = await engine.observe(taskId)
          assert.equal(end, undefined)
          return ready && address
        }),
      ),
    )
    const answers = await Promise.all(
      addresses.flatMap((address) =>
        Array.from({ length: 20 }, () => post(address, 'x'.repeat(200_000))),
      ),
    )

    assert.deepEqual(new Set(answers.slice(0, 20)), new Set(['one 200000']))
    assert.deepEqual(new Set(answers.slice(20)), new Set(['two 200000']))
    await Promise.all(replicas.map(({ taskId }) => engine.stop(taskId, { graceSeconds: 1 })))
  })

  test('a service that never answers its ping ends Unhealthy', async () => {
    const service = { port: 8080, pingPath: '/ping', startupTimeoutSeconds: 0.3 }

    const { end } = await run(subject(), shellTask('sleep 60', { service }))

    assert.equal(end?.cause, 'Unhealthy')
    assert.match(end?.message ?? '', /\/ping/)
  })
}

function post(address: { unixSocket: string } | { hostname: string; port: number }, body: string) {
  const where =
    'unixSocket' in address
      ? { socketPath: address.unixSocket }
      : { hostname: address.hostname, port: address.port }
  return new Promise<string>((resolve, reject) => {
    const call = request({ ...where, method: 'POST', path: '/invocations' }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
    call.on('error', reject).end(body)
  })
}
