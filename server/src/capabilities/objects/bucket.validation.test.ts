import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseBucketRegion, validateBucketName } from './bucket.validation.ts'

test('validateBucketName holds to the naming rules', () => {
  const allowed = ['abc', 'sagemaker-us-east-1-123456789012', 'my.bucket.1', 'a'.repeat(63)]
  for (const name of allowed) validateBucketName(name)
  const refused = [
    ...[
      'ab',
      'a'.repeat(64),
      'Upper',
      'under_score',
      '-start',
      'end-',
      '.dot',
      'dot.',
      'two..dots',
    ],
    ...['192.168.5.4', 'xn--name', 'sthree-name', 'amzn-s3-demo-x', 'name-s3alias', 'name--ol-s3'],
    ...['with space', 'ümlaut', ''],
  ]
  for (const name of refused) {
    assert.throws(() => validateBucketName(name), { code: 'InvalidBucketName' }, name)
  }
})

/** source: Amazon S3 API Reference, CreateBucket and "Error responses" */
const PLACES = [
  { asked: 'us-east-1', constraint: undefined, region: 'us-east-1' },
  { asked: 'us-east-1', constraint: 'eu-central-1', region: 'eu-central-1' },
  { asked: 'us-east-1', constraint: 'EU', region: 'eu-west-1' },
  { asked: 'eu-west-1', constraint: 'EU', region: 'eu-west-1' },
  { asked: 'eu-west-1', constraint: 'eu-west-1', region: 'eu-west-1' },
  { asked: 'us-east-1', constraint: 'us-east-1', code: 'InvalidLocationConstraint' },
  { asked: 'us-east-1', constraint: 'nowhere', code: 'InvalidLocationConstraint' },
  { asked: 'eu-west-1', constraint: undefined, code: 'IllegalLocationConstraintException' },
  { asked: 'eu-west-1', constraint: 'us-west-2', code: 'IllegalLocationConstraintException' },
]

test('chooseBucketRegion: us-east-1 makes buckets anywhere, each other region its own', () => {
  for (const { asked, constraint, region, code } of PLACES) {
    const choose = () => chooseBucketRegion(asked, constraint)
    if (code) assert.throws(choose, { code }, `${constraint} at ${asked}`)
    else assert.equal(choose(), region)
  }
})
