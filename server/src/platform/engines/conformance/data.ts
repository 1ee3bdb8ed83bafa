import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { newShortId } from '../../../base/ids.ts'
import type { Task, TaskInput, TaskOutput } from '../engine.ts'
import { logOf, ownLog, run, type Subject, shellTask, until, untilEnded } from './subject.ts'

/** Inputs and outputs. */
export function dataTests(subject: () => Subject): void {
  const put = (entries: Record<string, string | Buffer>): string => {
    const bucket = `bucket-${newShortId(6)}`
    for (const [key, content] of Object.entries(entries)) {
      subject().platform.objects.set(`${bucket}/${key}`, Buffer.from(content))
    }
    return bucket
  }
  const input = (s3Uri: string, parts: Partial<TaskInput> = {}): TaskInput => ({
    name: 'train',
    s3DataType: 'S3Prefix',
    s3Uri,
    path: '/opt/ml/input/data/train',
    unpack: 'none',
    required: true,
    ...parts,
  })
  const staged = async (inputs: TaskInput[], parts: Partial<Task> = {}) => {
    const script =
      'cd /opt/ml/input/data/train && find . -type f | sort | while read f; do echo "$f $(cat "$f")"; done'
    const task = shellTask(script, { ...ownLog(), inputs, ...parts })
    const { end } = await run(subject(), task)
    assert.equal(end?.exitCode, 0, end?.message)
    return logOf(subject(), task)
  }

  test('an S3 prefix becomes files below it, over several pages of the listing', async () => {
    const bucket = put({
      'd/a b.csv': '1',
      'd/e/f+é.csv': '2',
      'd/g': '3',
      'd/h': '4',
      'd/': '',
      x: '5',
    })

    assert.deepEqual(await staged([input(`s3://${bucket}/d`)]), [
      './a b.csv 1',
      './e/f+é.csv 2',
      './g 3',
      './h 4',
    ])
  })

  test('a prefix that is one object becomes a file of its name; a part of a name keeps the names', async () => {
    const bucket = put({ 'd/one.csv': '1', 'd/part-1': '2', 'd/part-2': '3' })

    assert.deepEqual(await staged([input(`s3://${bucket}/d/one.csv`)]), ['./one.csv 1'])
    assert.deepEqual(await staged([input(`s3://${bucket}/d/part-`)]), ['./part-1 2', './part-2 3'])
  })

  test('shards split the objects in key order; a manifest names its own', async () => {
    const manifest = (bucket: string) =>
      JSON.stringify([{ prefix: `s3://${bucket}/d/` }, 'b', 'c/d'])
    const bucket = put({ 'd/a': '1', 'd/b': '2', 'd/c/d': '3' })
    subject().platform.objects.set(`${bucket}/m`, Buffer.from(manifest(bucket)))

    const shard = { index: 1, count: 2 }
    assert.deepEqual(await staged([input(`s3://${bucket}/d/`, { shard })]), ['./b 2'])
    const listed = input(`s3://${bucket}/m`, { s3DataType: 'ManifestFile' })
    assert.deepEqual(await staged([listed]), ['./b 2', './c/d 3'])
  })

  test('gzip and tar.gz are undone', async () => {
    const model = await tarGz([{ name: 'model/w.txt', content: 'weights' }])
    const bucket = put({ 'd/z': gzipSync('plain'), 'model.tar.gz': model })

    assert.deepEqual(await staged([input(`s3://${bucket}/d/`, { unpack: 'gzip' })]), ['./z plain'])
    const archive = input(`s3://${bucket}/model.tar.gz`, { s3DataType: 'Object', unpack: 'tar.gz' })
    assert.deepEqual(await staged([archive]), ['./model/w.txt weights'])
  })

  test('an archive that would write outside its folder is refused', async () => {
    for (const entry of [
      { name: '../up', content: 'x' },
      { name: '/../abs', content: 'x' },
      { name: 'link', linkname: '../../../../etc', type: 'symlink' as const },
      { name: 'dev', type: 'character-device' as const },
    ]) {
      const bucket = put({ 'm.tar.gz': await tarGz([entry]) })
      const archive = input(`s3://${bucket}/m.tar.gz`, { s3DataType: 'Object', unpack: 'tar.gz' })

      const { end } = await run(subject(), shellTask('true', { inputs: [archive] }))

      assert.equal(end?.cause, 'InputFailed', entry.name)
    }
  })

  test('no object under a prefix ends the task in AWS’s words, unless the input may be empty', async () => {
    const bucket = put({ other: '1' })
    const inputs = [input(`s3://${bucket}/none`)]

    const { end } = await run(subject(), shellTask('true', { inputs }))

    assert.equal(end?.cause, 'InputFailed')
    assert.equal(
      end?.message,
      `No S3 objects found under S3 URL "s3://${bucket}/none" given in input data source. Please ensure that the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role "arn:aws:iam::123456789012:role/suite" has "s3:ListBucket" permissions on bucket "${bucket}".`,
    )
    assert.deepEqual(await staged([input(`s3://${bucket}/none`, { required: false })]), [])
  })

  test('a missing bucket and a forbidden one end the task InputFailed with S3’s reason', async () => {
    for (const [bucket, code] of [
      ['no-such-bucket', 'NoSuchBucket'],
      ['forbidden', 'AccessDenied'],
    ]) {
      const { end } = await run(
        subject(),
        shellTask('true', { inputs: [input(`s3://${bucket}/x`)] }),
      )

      assert.equal(end?.cause, 'InputFailed')
      assert.match(end?.message ?? '', new RegExp(`${code}`))
    }
  })

  test('keys that no file system can hold end the task with that reason and no path of ours', async () => {
    const bucket = put({ 'd/a': '1', 'd/a/b': '2', [`e/${'x'.repeat(300)}`]: '3' })
    for (const [prefix, reason] of [
      ['d/', /both a file and the folder of another/],
      ['e/', /more than 255 bytes/],
    ] as const) {
      const { end } = await run(
        subject(),
        shellTask('true', { inputs: [input(`s3://${bucket}/${prefix}`)] }),
      )

      assert.equal(end?.cause, 'InputFailed')
      assert.match(end?.message ?? '', reason)
      assert.doesNotMatch(end?.message ?? '', /tasks/)
    }
  })

  const output = (s3Uri: string, parts: Partial<TaskOutput> = {}): TaskOutput => ({
    name: 'model',
    path: '/opt/ml/model',
    s3Uri,
    pack: 'tar.gz',
    upload: 'end',
    omitEmpty: false,
    ...parts,
  })

  test('the same folder makes the same archive to the byte, in parts when it is large', async () => {
    const script =
      'cd /opt/ml/model; mkdir sub; echo b > sub/b; echo a > a; ln -s a link; head -c 20000000 /dev/urandom > big; cp big /opt/ml/output/'
    const bucket = put({ x: '' })
    const outputs = [output(`s3://${bucket}/model.tar.gz`)]

    const { end } = await run(subject(), shellTask(script, { outputs }))

    assert.deepEqual(end?.uploaded, { model: `s3://${bucket}/model.tar.gz` })
    const tar = gunzipSync(
      subject().platform.objects.get(`${bucket}/model.tar.gz`) ?? Buffer.alloc(0),
    )
    assert.ok(tar.length > 20_000_000)
    assert.ok(tar.subarray(0, 4096).includes('ustar'))
    assert.ok(subject().platform.requests.some((line) => line.includes('partNumber=2')))
    const small = 'cd /opt/ml/model; echo b > b; echo a > a'
    for (const name of ['one', 'two']) {
      await run(subject(), shellTask(small, { outputs: [output(`s3://${bucket}/${name}`)] }))
    }
    const { objects } = subject().platform
    assert.deepEqual(objects.get(`${bucket}/one`), objects.get(`${bucket}/two`))
  })

  test('folders that the container locked are stored, and removed with the task', async () => {
    const bucket = put({ x: '' })
    const outputs = [output(`s3://${bucket}/out`, { pack: 'files' })]
    const script =
      'cd /opt/ml/model; mkdir a b; echo 1 > a/f; echo 2 > b/f; chmod 000 b/f b; chmod 555 a .'
    const task = shellTask(script, { outputs })

    const { end } = await run(subject(), task)
    await subject().engine.remove(task.taskId)

    assert.deepEqual(end?.uploaded, { model: `s3://${bucket}/out` }, end?.message)
    const { objects } = subject().platform
    assert.equal(objects.get(`${bucket}/out/a/f`)?.toString(), '1\n')
    assert.equal(objects.get(`${bucket}/out/b/f`)?.toString(), '2\n')
    assert.equal((await subject().engine.observe(task.taskId)).state, 'Unknown')
  })

  test('an upload refused in its parts ends the task OutputFailed, and leaves none of them', async () => {
    const outputs = [output('s3://no-parts/model.tar.gz')]
    const { requests } = subject().platform

    const { end } = await run(
      subject(),
      shellTask('head -c 60000000 /dev/urandom > /opt/ml/model/big', { outputs }),
    )

    assert.equal(end?.cause, 'OutputFailed')
    assert.match(end?.message ?? '', /AccessDenied/)
    assert.ok(requests.some((line) => line.startsWith('DELETE /no-parts/')))
  })

  test('files keep their paths, and continuous ones arrive while the program runs', async () => {
    const bucket = put({ x: '' })
    const outputs = [output(`s3://${bucket}/out`, { pack: 'files', upload: 'continuous' })]
    const task = shellTask('mkdir /opt/ml/model/d; echo 1 > /opt/ml/model/d/e; sleep 60', {
      outputs,
    })
    const { engine, platform } = subject()
    await engine.start(task)

    await until('the file', () => platform.objects.has(`${bucket}/out/d/e`))

    assert.equal((await engine.observe(task.taskId)).state, 'Running')
    await engine.stop(task.taskId, { graceSeconds: 0 })
    assert.equal((await untilEnded(engine, task.taskId)).end?.cause, 'Stopped')
  })

  test('an empty output is left out when it may be, and a folder swapped for a link stores nothing', async () => {
    const bucket = put({ x: '' })
    const outputs = [output(`s3://${bucket}/m`, { omitEmpty: true })]

    const empty = await run(subject(), shellTask('true', { outputs }))
    const swapped = await run(
      subject(),
      shellTask('rmdir /opt/ml/model; ln -s /etc /opt/ml/model', { outputs }),
    )

    assert.deepEqual(empty.end?.uploaded, {})
    assert.deepEqual(swapped.end?.uploaded, {})
  })
}

interface ArchiveEntry {
  readonly name: string
  readonly content?: string
  readonly linkname?: string
  readonly type?: 'symlink' | 'character-device'
}

async function tarGz(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return gzipSync(Buffer.concat(chunks))
}
