import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test, { after, before } from 'node:test'
import { runPython, type StartedPlatform, startPlatform } from '../support/platform.ts'

/** CloudWatch with clients that nobody changed. */
let platform: StartedPlatform

before(async () => {
  platform = await startPlatform()
})
after(() => platform[Symbol.asyncDispose]())

const PROTOCOLS = [
  ['default', /speaks .*application\/x-amz-json-1\.0/],
  ['query', /speaks .*application\/x-www-form-urlencoded/],
  ['smithy-rpc-v2-cbor', /speaks .*application\/cbor/],
] as const

for (const [protocol, spoken] of PROTOCOLS) {
  test(`boto3 puts, reads, evaluates and lists metrics, and names refusals: ${protocol}`, async () => {
    const output = await runPython(platform, ['tests/journeys/python/cloudwatch.py', protocol])

    assert.match(output, spoken)
    assert.match(output, /datapoints 5 refusals 6/)
  })
}

test('the AWS CLI puts metric data and reads statistics and expressions', async () => {
  const env = await platform.environment()
  const aws = (...args: readonly string[]): string =>
    execFileSync('aws', ['cloudwatch', ...args, '--output', 'json'], { env, encoding: 'utf8' })
  const minute = (back: number): string => {
    const { timeOrigin } = performance
    const now = Math.floor((timeOrigin + performance.now()) / 60_000) * 60_000
    return new Date(now - back * 60_000).toISOString()
  }
  const times = ['--start-time', minute(5), '--end-time', minute(-1)]

  aws('put-metric-data', '--namespace', 'Cli', '--metric-name', 'm', '--value', '5')
  const { Datapoints } = JSON.parse(
    aws(
      ...['get-metric-statistics', '--namespace', 'Cli', '--metric-name', 'm'],
      ...['--period', '60', '--statistics', 'Sum', ...times],
    ),
  )
  const queries = JSON.stringify([
    { Id: 'e1', Expression: "SUM(SEARCH('{Cli} MetricName=m', 'Sum', 60))" },
  ])
  const { MetricDataResults } = JSON.parse(
    aws('get-metric-data', '--metric-data-queries', queries, ...times),
  )

  assert.equal(Datapoints[0].Sum, 5)
  assert.deepEqual(MetricDataResults[0].Values, [5])
})
