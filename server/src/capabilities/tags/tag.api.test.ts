import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { copyTags, insertTags, removeTags, tagsOf } from './index.ts'

const server = await startServer()
after(() => server.close())
const { sagemaker, platform } = server

/** A resource of some kind that tags can hang on. */
async function givenResource(tags: { Key: string; Value: string }[] = []): Promise<string> {
  const bucket = `models-${newShortId(12)}`
  await server.s3.createBucket({ Bucket: bucket })
  await server.s3.putObject({ Bucket: bucket, Key: 'model.tar.gz', Body: 'x' })
  const { ModelArn } = await sagemaker.createModel({
    ModelName: `model-${newShortId(12)}`,
    ExecutionRoleArn: server.roleArn,
    PrimaryContainer: {
      Image: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3',
      ModelDataUrl: `s3://${bucket}/model.tar.gz`,
    },
    Tags: tags,
  })
  return ModelArn ?? ''
}

function numbered(count: number): { Key: string; Value: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    Key: `key-${String(index).padStart(2, '0')}`,
    Value: String(index),
  }))
}

test('AddTags adds and overwrites, ListTags lists in the order of keys, DeleteTags removes', async () => {
  const ResourceArn = await givenResource([{ Key: 'team', Value: 'ml' }])

  const added = await sagemaker.addTags({
    ResourceArn,
    Tags: [
      { Key: 'team', Value: 'ops' },
      { Key: 'cost', Value: '' },
    ],
  })
  const listed = await sagemaker.listTags({ ResourceArn })

  const expected = [
    { Key: 'cost', Value: '' },
    { Key: 'team', Value: 'ops' },
  ]
  assert.deepEqual(added.Tags, expected)
  assert.deepEqual(listed.Tags, expected)
  assert.equal(listed.NextToken, undefined)
  await sagemaker.deleteTags({ ResourceArn, TagKeys: ['team', 'never-there'] })
  assert.deepEqual((await sagemaker.listTags({ ResourceArn })).Tags, [{ Key: 'cost', Value: '' }])
})

test('ListTags of a resource without tags is an empty list', async () => {
  const ResourceArn = await givenResource()

  assert.deepEqual((await sagemaker.listTags({ ResourceArn })).Tags, [])
})

test('AddTags up to fifty is accepted, and one more refused without a trace', async () => {
  const ResourceArn = await givenResource()
  await sagemaker.addTags({ ResourceArn, Tags: numbered(50) })

  await assert.rejects(sagemaker.addTags({ ResourceArn, Tags: [{ Key: 'one-more', Value: '' }] }), {
    name: 'ResourceLimitExceeded',
  })

  await sagemaker.addTags({ ResourceArn, Tags: [{ Key: 'key-00', Value: 'again' }] })
  const { Tags } = await sagemaker.listTags({ ResourceArn, MaxResults: 50 })
  assert.equal(Tags?.length, 50)
  assert.deepEqual(Tags?.[0], { Key: 'key-00', Value: 'again' })
})

test('AddTags by many at once keeps to fifty', async () => {
  const ResourceArn = await givenResource()
  await sagemaker.addTags({ ResourceArn, Tags: numbered(45) })

  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) =>
      sagemaker.addTags({ ResourceArn, Tags: [{ Key: `more-${index}`, Value: '' }] }),
    ),
  )

  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5)
})

test('AddTags with a reserved or a repeated key is refused', async () => {
  const ResourceArn = await givenResource()

  await assert.rejects(sagemaker.addTags({ ResourceArn, Tags: [{ Key: 'aws:x', Value: '' }] }), {
    name: 'ValidationException',
    message: /aws:/,
  })
  const twice = [
    { Key: 'a', Value: '1' },
    { Key: 'a', Value: '2' },
  ]
  await assert.rejects(sagemaker.addTags({ ResourceArn, Tags: twice }), {
    name: 'ValidationException',
    message: 'Duplicate tag key found: a',
  })
})

test('tags of what is not there, not of this kind, region or account are refused', async () => {
  const { account } = server.config
  const here = await givenResource()
  const arns = [
    `arn:aws:sagemaker:us-east-1:${account}:model/never-made`,
    `arn:aws:sagemaker:us-east-1:${account}:constructor/x`,
    here.replace('us-east-1', 'eu-west-1'),
    here.replace(account, '999999999999'),
  ]
  for (const ResourceArn of arns) {
    for (const call of [
      () => sagemaker.addTags({ ResourceArn, Tags: [{ Key: 'a', Value: '' }] }),
      () => sagemaker.listTags({ ResourceArn }),
      () => sagemaker.deleteTags({ ResourceArn, TagKeys: ['a'] }),
    ]) {
      await assert.rejects(call(), {
        name: 'ValidationException',
        message: `Could not find resource "${ResourceArn}".`,
      })
    }
  }
})

test('ListTags refuses a token that it did not give', async () => {
  const ResourceArn = await givenResource()

  await assert.rejects(sagemaker.listTags({ ResourceArn, NextToken: 'nonsense' }), {
    name: 'ValidationException',
    message: 'Invalid pagination token: nonsense',
  })
})

test('tags can be copied to another resource and go with it', async () => {
  const [from, to] = [`arn:${newShortId(12)}`, `arn:${newShortId(12)}`]
  const scope = { realm: 1 }
  const { database } = platform

  await database.transaction(async (transaction) => {
    await insertTags(transaction, scope, { resourceArn: from, tags: numbered(2) })
    await copyTags(transaction, scope, { fromArn: from, toArn: to })
    await removeTags(transaction, scope, from)
  })

  assert.deepEqual(await tagsOf(database, scope, from), [])
  assert.deepEqual(await tagsOf(database, scope, to), numbered(2))
})
