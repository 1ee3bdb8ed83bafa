import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { testObjectBytes } from '../conformance.ts'
import { createFilesystemObjects } from './index.ts'

const MODULE = new URL('index.ts', import.meta.url).href

testObjectBytes('filesystem', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objects-'))
  const objects = await createFilesystemObjects({ folder })
  return {
    objects,
    count: async () => (await filesUnder(folder)).length,
    afterCrash: async () => {
      const incoming = join(folder, 'incoming')
      const [own = ''] = await readdir(incoming)
      // the name of a process that started before any that runs
      const dead = join(incoming, own.replace(/\.\d+\./, '.1.'))
      await rename(join(incoming, own), dead)
      await mkdir(join(incoming, own))
      return createFilesystemObjects({ folder })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 10 }),
  }
})

test('a writer killed in the middle leaves nothing that reconcile does not remove', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objects-'))
  const program = `
    import { createFilesystemObjects } from ${JSON.stringify(MODULE)}
    const objects = await createFilesystemObjects({ folder: ${JSON.stringify(folder)} })
    const whole = await objects.write([Buffer.from('whole')])
    await objects.write((async function* () {
      yield Buffer.alloc(4 << 20)
      yield Buffer.alloc(4 << 20)
      console.log(whole.id)
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })())`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  const id = String(line).trim()
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal((await filesUnder(folder)).length, 2)

  const objects = await createFilesystemObjects({ folder })
  await objects.reconcile(async () => new Set([id]))

  assert.deepEqual(await filesUnder(folder), [join(folder, 'blobs', id.slice(0, 2), id)])
  const chunks = await (await objects.read([{ id, start: 0, end: 4 }])).toArray()
  assert.equal(Buffer.concat(chunks).toString(), 'whole')
  await rm(folder, { recursive: true, maxRetries: 10 })
})

test('write on a full disk rejects with NoSpaceError and gives the space back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objects-'))
  const program = `
    import { createFilesystemObjects } from ${JSON.stringify(MODULE)}
    const objects = await createFilesystemObjects({ folder: ${JSON.stringify(join(folder, 'o'))} })
    const megabytes = (count) => (async function* () {
      for (let n = 0; n < count; n++) yield Buffer.alloc(1 << 20, 1)
    })()
    const full = await objects.write(megabytes(32)).then(() => 'stored', (error) => error.name)
    const after = await objects.write(megabytes(4))
    console.log(JSON.stringify({ full, sizeBytes: after.sizeBytes }))`
  const { stdout } = await promisify(execFile)('unshare', [
    ...['--user', '--map-root-user', '--mount', 'sh', '-c'],
    `mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" --input-type=module-typescript -e "$3"`,
    ...['sh', folder, process.execPath, program],
  ])
  assert.deepEqual(JSON.parse(stdout), { full: 'NoSpaceError', sizeBytes: 4 << 20 })
  await rm(folder, { recursive: true, maxRetries: 10 })
})

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
