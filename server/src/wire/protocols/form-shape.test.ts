import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { readModel } from '../operation.ts'
import { parseQuery } from '../request.ts'
import { readFormShape } from './form-shape.ts'

const model = readModel({ ...sts, ...iam, ...cloudwatch })

function read(operation: string, form: string): object {
  const schema = model.operation(operation)?.input
  assert.ok(schema)
  return readFormShape(schema, parseQuery(form))
}

test('forms: text, numbers, booleans and lists of structures', () => {
  const form =
    'Action=AssumeRole&RoleArn=arn%3Aaws&RoleSessionName=a+b&DurationSeconds=900&Tags.member.2.Key=c&Tags.member.2.Value=d&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.10.Key=e&Tags.member.10.Value='
  assert.deepEqual(read('AssumeRole', form), {
    RoleArn: 'arn:aws',
    RoleSessionName: 'a b',
    DurationSeconds: 900,
    Tags: [
      { Key: 'a', Value: 'b' },
      { Key: 'c', Value: 'd' },
      { Key: 'e', Value: '' },
    ],
  })
  assert.deepEqual(read('ListPolicies', 'OnlyAttached=true&MaxItems=5'), {
    OnlyAttached: true,
    MaxItems: 5,
  })
})

test('forms: lists of text, an empty list, and none', () => {
  assert.deepEqual(read('UntagRole', 'RoleName=r&TagKeys.member.1=a&TagKeys.member.2=b'), {
    RoleName: 'r',
    TagKeys: ['a', 'b'],
  })
  assert.deepEqual(read('UntagRole', 'RoleName=r&TagKeys='), { RoleName: 'r', TagKeys: [] })
  assert.deepEqual(read('UntagRole', 'RoleName=r&Unheard=of'), { RoleName: 'r' })
})

test('forms: what is no number is refused', () => {
  for (const text of ['many', '', '1x']) {
    assert.throws(() => read('AssumeRole', `DurationSeconds=${text}`), { code: 'MalformedInput' })
  }
})

test('forms: lists within lists, of a thousand elements each of which has a hundred', () => {
  const pairs = Array.from({ length: 1_000 }, (_, metric) => {
    const prefix = `MetricData.member.${metric + 1}`
    const values = Array.from(
      { length: 100 },
      (_value, at) => `${prefix}.Values.member.${at + 1}=${at}`,
    )
    return [`${prefix}.MetricName=m`, `${prefix}.Timestamp=2026-03-01T12:00:00Z`, ...values]
  })

  const { MetricData } = read('PutMetricData', pairs.flat().join('&')) as { MetricData: object[] }

  assert.equal(MetricData.length, 1_000)
  assert.deepEqual(MetricData[999], {
    MetricName: 'm',
    Timestamp: new Date('2026-03-01T12:00:00Z'),
    Values: Array.from({ length: 100 }, (_, at) => at),
  })
})
