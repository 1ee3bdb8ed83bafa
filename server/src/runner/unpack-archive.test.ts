import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { type Header, pack } from 'tar-stream'
import { unpackArchive } from './unpack-archive.ts'

type Entry = Partial<Header> & { readonly name: string } & { readonly content?: string }

async function unpacked(t: TestContext, entries: readonly Entry[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sagebrush-unpack-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  const archive = pack()
  for (const { content, ...header } of entries) archive.entry(header, content ?? '')
  archive.finalize()
  await unpackArchive(Readable.from(archive), folder)
  return folder
}

test('an archive whose root is named / unpacks into the folder, as those of the SageMaker Python SDK', async (t) => {
  const folder = await unpacked(t, [
    { name: '/', type: 'directory' },
    { name: 'model.pth', content: 'weights' },
    { name: '/code/inference.py', content: 'pass' },
  ])

  assert.equal(await readFile(join(folder, 'model.pth'), 'utf8'), 'weights')
  assert.equal(await readFile(join(folder, 'code/inference.py'), 'utf8'), 'pass')
})

const ESCAPES: readonly (readonly [string, Entry])[] = [
  ['a name with ..', { name: '../outside', content: 'x' }],
  ['a name with .. after a slash', { name: '/../outside', content: 'x' }],
  [
    'a symbolic link to an absolute path',
    { name: 'link', type: 'symlink', linkname: '/etc/passwd' },
  ],
  ['a symbolic link that climbs out', { name: 'a/link', type: 'symlink', linkname: '../../out' }],
  ['a hard link that climbs out', { name: 'link', type: 'link', linkname: '../outside' }],
  ['a device', { name: 'null', type: 'character-device' }],
]
for (const [what, entry] of ESCAPES) {
  test(`an archive with ${what} is refused, and says which entry`, async (t) => {
    await assert.rejects(unpacked(t, [entry]), /Cannot unpack archive: '.*' is refused/)
  })
}
