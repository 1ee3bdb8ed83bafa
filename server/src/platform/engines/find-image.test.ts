import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findImage, parseImageName, resolveImage } from './find-image.ts'
import { listImages, registerImage, removeImage } from './images.ts'

const root = mkdtempSync(join(tmpdir(), 'sagebrush-images-'))
const sources = { runtimesDir: join(root, 'runtimes'), imagesDir: join(root, 'images') }
for (const [folder, version] of [
  ['old', '0.24.2'],
  ['new', '1.5.2'],
] as const) {
  const directory = join(sources.runtimesDir, folder)
  mkdirSync(directory, { recursive: true })
  const runtime = {
    name: folder,
    version,
    repositories: ['sagemaker-scikit-learn'],
    train: [],
    serve: [],
  }
  writeFileSync(join(directory, 'runtime.json'), JSON.stringify(runtime))
}
after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }))

const ECR = '683313688378.dkr.ecr.us-east-1.amazonaws.com'

test('an image name is taken apart into repository and tag, whatever the registry', () => {
  const cases = [
    [`${ECR}/sagemaker-scikit-learn:0.23-1-cpu-py3`, 'sagemaker-scikit-learn', '0.23-1-cpu-py3'],
    ['1.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b', 'a/b', undefined],
    ['localhost:5000/mine:1', 'mine', '1'],
    ['mine', 'mine', undefined],
    [`mine@sha256:${'0'.repeat(64)}`, 'mine', undefined],
  ] as const
  for (const [name, repository, tag] of cases) {
    assert.deepEqual(parseImageName(name), { repository, tag })
  }
})

test('an AWS image is served by the runtime nearest in version, and the note says so', async () => {
  const near = await resolveImage(`${ECR}/sagemaker-scikit-learn:0.23-1-cpu-py3`, sources)
  const latest = await resolveImage(`${ECR}/sagemaker-scikit-learn:1.2-1-cpu-py3`, sources)

  assert.equal(near.found && near.standsFor, 'runtime old 0.24.2')
  assert.match((near.found && near.note) || '', /served by runtime old 0\.24\.2 \(asked: 0\.23-1\)/)
  assert.equal(latest.found && latest.standsFor, 'runtime new 1.5.2')
})

test('an image that nothing stands for is not found, with what to do', async () => {
  const resolution = await resolveImage('1.dkr.ecr.us-east-1.amazonaws.com/mine:1', sources)

  assert.ok(!resolution.found)
  assert.match(
    resolution.reason,
    /no folder is registered .*: sagebrush image add mine:1 <folder>$/,
  )
})

test('an image whose name is registered under other tags is not found, and they are told', async () => {
  const directory = join(root, 'tagged')
  mkdirSync(join(directory, 'bin'), { recursive: true })
  writeFileSync(join(directory, 'bin', 'train'), '')
  for (const name of ['tagged', 'tagged:1', 'tagged/not']) {
    await registerImage(sources.imagesDir, { name, directory })
  }

  const resolution = await resolveImage('1.dkr.ecr.us-east-1.amazonaws.com/tagged:2', sources)
  for (const name of ['tagged', 'tagged:1', 'tagged/not'])
    await removeImage(sources.imagesDir, name)

  assert.ok(!resolution.found)
  assert.match(
    resolution.reason,
    /none has the tag 2, but: 1, latest; register one with: sagebrush image add tagged:2 <folder>$/,
  )
})

test('a registered folder is a copy, stands for its ECR name too, and goes when removed', async () => {
  const directory = join(root, 'program')
  mkdirSync(join(directory, 'bin'), { recursive: true })
  writeFileSync(join(directory, 'bin', 'train'), 'first')

  await registerImage(sources.imagesDir, { name: 'team/mine:2', directory })
  writeFileSync(join(directory, 'bin', 'train'), 'second')
  const found = await findImage('1.dkr.ecr.us-east-1.amazonaws.com/team/mine:2', sources)

  assert.ok(found.kind === 'folder')
  assert.equal(readFileSync(join(found.image.directory, 'bin', 'train'), 'utf8'), 'first')
  assert.deepEqual(
    (await listImages(sources.imagesDir)).map(({ name, tag }) => `${name}:${tag}`),
    ['team/mine:2'],
  )
  assert.equal(await removeImage(sources.imagesDir, 'team/mine:2'), true)
  assert.equal(await removeImage(sources.imagesDir, 'team/mine:2'), false)
  assert.equal(existsSync(found.image.directory), false)
})

test('a folder without programs, or with an entrypoint outside it, is refused', async () => {
  const directory = mkdtempSync(join(root, 'empty-'))

  await assert.rejects(
    registerImage(sources.imagesDir, { name: 'x', directory }),
    /no train or serve/,
  )
  await assert.rejects(
    registerImage(sources.imagesDir, { name: 'x', directory, entrypoint: '../../bin/sh' }),
    /is no file of the folder/,
  )
})
