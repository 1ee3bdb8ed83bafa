import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTransformer, type Transformer } from './transformer-fixture.ts'

let transformer: Transformer

before(async () => {
  transformer = await startTransformer()
})
after(() => transformer.close())

test('CreateTransformJob sends a CSV file through the model and stores its answers in order', async () => {
  const { put, get, run, createModel } = transformer
  await put('one/a.csv', '1,2\n3,4\n5,6\n')
  const model = await createModel()

  const job = await run(model, {
    input: { DataSource: source('one/') },
    output: { S3OutputPath: `s3://${transformer.bucket}/one-out` },
    BatchStrategy: 'MultiRecord',
  })

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.equal(await get('one-out/a.csv.out'), '3\n7\n11\n')
  assert.ok(job.TransformStartTime && job.TransformEndTime)
})

function source(prefix: string) {
  return {
    S3DataSource: {
      S3DataType: 'S3Prefix' as const,
      S3Uri: `s3://${transformer.bucket}/${prefix}`,
    },
  }
}
