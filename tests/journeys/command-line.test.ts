import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { promisify } from 'node:util'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { eventually } from '../support/eventually.ts'
import { type StartedPlatform, startPlatform } from '../support/platform.ts'

let platform: StartedPlatform

before(async () => {
  platform = await startPlatform('--allow-reset')
})
after(() => platform[Symbol.asyncDispose]())

test('status lists the supervisor, postgres, control and gateways with their pids', async () => {
  const { processes } = await platform.status()

  assert.deepEqual([...new Set(processes.map(({ role }) => role))].sort(), [
    'control',
    'gateway',
    'postgres',
    'supervisor',
  ])
  assert.ok(processes.every(({ pid }) => Number.isInteger(pid)))
})

test('a reader that closes early, as head does, is no fault', async () => {
  // what the command says of an error is what the shell answers
  const status = `"$0" cli/main.ts status --data-dir ${platform.dataDir}`
  const command = `{ ${status} 2>&3 | true; } 3>&1`

  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath])

  assert.equal(stdout, '')
})

test('the first start on a new data directory warns of nothing', async () => {
  const folder = join(platform.dataDir, 'logs')
  const lines = readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').split('\n'),
  )

  assert.deepEqual(
    lines.filter((line) => /"level":"(warn|error)"/.test(line)),
    [],
  )
})

test('a second up on the same data directory says that it runs, and where', async () => {
  assert.match(await platform.cli('up', '--detach'), new RegExp(`already runs .* ${platform.url}`))
})

test('env prints shell assignments that an AWS client needs, and the proxy ones on request', async () => {
  const direct = await platform.cli('env')
  const proxy = await platform.cli('env', '--proxy')

  assert.match(direct, new RegExp(`export AWS_ENDPOINT_URL=${platform.url}\n`))
  assert.match(direct, /export AWS_ACCESS_KEY_ID=\S+\nexport AWS_SECRET_ACCESS_KEY=\S+\n/)
  assert.match(proxy, new RegExp(`export HTTPS_PROXY=${platform.url}\n`))
  assert.match(proxy, /export AWS_CA_BUNDLE=\S+bundle\.pem\n/)
})

test('POST /_sagebrush/reset empties every API at once', async () => {
  await platform.s3.createBucket({ Bucket: 'to-be-gone' })

  const answer = await fetch(`${platform.url}/_sagebrush/reset`, { method: 'POST' })

  assert.equal(answer.status, 200)
  const { Buckets } = await platform.s3.listBuckets({})
  assert.deepEqual(Buckets ?? [], [])
})

test('POST /_sagebrush/reset on behalf of a web page is refused', async () => {
  await platform.s3.createBucket({ Bucket: 'to-be-there' })

  const headers = { origin: 'https://page.example' }
  const answer = await fetch(`${platform.url}/_sagebrush/reset`, { method: 'POST', headers })

  assert.equal(answer.status, 403)
  const { Buckets } = await platform.s3.listBuckets({})
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    ['to-be-there'],
  )
  await platform.s3.deleteBucket({ Bucket: 'to-be-there' })
})

test('health says per role that it is ready', async () => {
  const answer = await fetch(`${platform.url}/_sagebrush/health`)
  const health = JSON.stringify(await answer.json())

  assert.equal(answer.status, 200)
  assert.match(health, /control/)
  assert.match(health, /gateway/)
})

test('doctor names every check with its outcome', async () => {
  const output = await platform.cli('doctor')

  for (const subject of [
    'operating system',
    'Node',
    'Python',
    'uv',
    'sandbox',
    'port',
    'disk',
    'clock',
  ]) {
    assert.match(output, new RegExp(subject, 'i'))
  }
})

interface Clock {
  readonly now: string
  readonly wall: string
  readonly speed: number
  readonly frozen: boolean
}

test('an advance during which control is killed is gone on with, to where it was to go', async () => {
  const env = JSON.parse(await platform.cli('env', '--json')) as Record<string, string>
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION: region = '' } = env
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
  const cloudwatch = new CloudWatch({ endpoint: platform.url, region, credentials })
  // an action of scaling is repeated: the clock stops at every minute
  await cloudwatch.putMetricAlarm({
    ...{ AlarmName: 'ticks', Namespace: 'Test', MetricName: 'm', Statistic: 'Sum', Period: 60 },
    ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
    TreatMissingData: 'breaching',
    AlarmActions: [
      'arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/sagemaker/e:policyName/p',
    ],
  })
  const reading = async (): Promise<number> =>
    Date.parse((JSON.parse(await platform.cli('clock', '--json')) as Clock).now)
  await platform.cli('clock', 'freeze')
  const begin = await reading()
  const { processes } = await platform.status()

  const advance = platform.cli('clock', 'advance', '3h')
  await eventually(async () => (await reading()) > begin)
  process.kill(processes.find(({ role }) => role === 'control')?.pid ?? 0, 'SIGKILL')
  await advance

  assert.equal(await reading(), begin + 3 * 3_600_000)
  await cloudwatch.deleteAlarms({ AlarmNames: ['ticks'] })
  cloudwatch.destroy()
  await platform.cli('clock', 'reset')
})

test('clock freezes, advances and resumes the platform’s time, which status shows', async () => {
  const clock = async (...args: readonly string[]): Promise<Clock> =>
    JSON.parse(await platform.cli('clock', ...args, '--json'))

  const frozen = await clock('freeze')
  const advanced = await clock('advance', '2h')

  assert.equal(advanced.frozen, true)
  assert.equal(Date.parse(advanced.now) - Date.parse(frozen.now), 2 * 3_600_000)
  assert.match(await platform.cli('status'), /clock .*frozen, (1h 59m|2h) ahead of this machine/)
  const bucket = await platform.s3.createBucket({ Bucket: 'made-ahead' })
  const { Buckets } = await platform.s3.listBuckets({})
  assert.equal(
    Buckets?.find(({ Name }) => Name === bucket.Location?.slice(1))?.CreationDate?.toISOString(),
    advanced.now,
  )
  await platform.s3.deleteBucket({ Bucket: 'made-ahead' })
  assert.equal((await clock('speed', '60')).speed, 60)
  assert.equal((await clock('resume')).speed, 1)
  const over = await fetch(`${platform.url}/_sagebrush/clock`, {
    method: 'POST',
    body: '{"freeze": true}',
  })
  assert.equal(((await over.json()) as Clock).frozen, true)
  const wrong = await fetch(`${platform.url}/_sagebrush/clock`, {
    method: 'POST',
    body: '{"advance": "soon"}',
  })
  assert.deepEqual(
    [wrong.status, await wrong.json()],
    [400, { message: "advance is 'soon': give a duration such as 90s, 10m, 2h or 1d" }],
  )
  await assert.rejects(platform.cli('clock', 'advance', 'soon'), /'soon' is no duration/)
  await clock('reset')
  assert.doesNotMatch(await platform.cli('status'), /clock/)
})

test('a frozen clock is frozen after control was killed and after down and up', async () => {
  const clock = async (...args: readonly string[]): Promise<Clock> =>
    JSON.parse(await platform.cli('clock', ...args, '--json'))
  await platform.cli('clock', 'advance', '1h')
  const { now } = await clock('freeze')

  await platform.kill('control')
  const killed = await eventually(() => clock('show').catch(() => undefined))
  await platform.cli('down')
  await platform.up()

  assert.deepEqual([killed.now, killed.frozen], [now, true])
  const restarted = await clock('show')
  assert.deepEqual([restarted.now, restarted.frozen], [now, true])
  await clock('reset')
})

test('down stops everything, and the next up has the data', async () => {
  await platform.s3.createBucket({ Bucket: 'kept' })
  const { processes } = await platform.status()

  await platform.cli('down')

  for (const { pid, role } of processes) {
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, `${role} still runs`)
  }
  await platform.up()
  const { Buckets } = await platform.s3.listBuckets({})
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    ['kept'],
  )
})
