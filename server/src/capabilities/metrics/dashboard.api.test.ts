import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { startServer, type TestServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'

let server: TestServer
let cloudwatch: CloudWatch

before(async () => {
  server = await startServer({ config: { testControls: true } })
  cloudwatch = server.cloudwatch
})
after(() => server.close())

const WIDGET = {
  type: 'metric',
  x: 0,
  y: 0,
  width: 6,
  height: 6,
  properties: {
    metrics: [
      ['AWS/SageMaker', 'Invocations', 'EndpointName', 'e', 'VariantName', 'v', { stat: 'Sum' }],
      ['.', 'ModelLatency', '.', '.'],
      [{ expression: 'SUM(METRICS())', label: 'all', id: 'e1' }],
    ],
    region: 'us-east-1',
    view: 'timeSeries',
    stacked: false,
  },
}
const bodyOf = (...widgets: unknown[]): string => JSON.stringify({ widgets })

interface Refusal extends Error {
  readonly Code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly dashboardValidationMessages?: readonly { DataPath?: string; Message?: string }[]
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  return work.then(
    () => assert.fail('it was not refused'),
    (error: Refusal) => error,
  )
}

test('a dashboard is put, got, listed by prefix, replaced and deleted', async () => {
  const prefix = newHexId(8)
  const [name, other] = [`${prefix}-a`, `${prefix}-b`]
  const arn = `arn:aws:cloudwatch::${server.config.account}:dashboard/${name}`
  const body = bodyOf(WIDGET)

  const put = await cloudwatch.putDashboard({ DashboardName: name, DashboardBody: body })
  await cloudwatch.putDashboard({ DashboardName: other, DashboardBody: bodyOf() })

  assert.deepEqual(put.DashboardValidationMessages, [])
  const got = await cloudwatch.getDashboard({ DashboardName: name })
  assert.deepEqual([got.DashboardArn, got.DashboardName, got.DashboardBody], [arn, name, body])
  // dashboards are not of a region
  const elsewhere = server.clients({ region: 'eu-west-1' }).cloudwatch
  const listed = await elsewhere.listDashboards({ DashboardNamePrefix: prefix })
  assert.deepEqual(
    listed.DashboardEntries?.map(({ DashboardName, Size }) => [DashboardName, Size]),
    [
      [name, body.length],
      [other, 14],
    ],
  )
  assert.ok(listed.DashboardEntries?.[0]?.LastModified instanceof Date)
  assert.deepEqual(
    (await cloudwatch.listDashboards({ DashboardNamePrefix: 'no-such' })).DashboardEntries,
    [],
  )

  await cloudwatch.putDashboard({ DashboardName: name, DashboardBody: bodyOf() })
  assert.equal((await cloudwatch.getDashboard({ DashboardName: name })).DashboardBody, bodyOf())
  await cloudwatch.deleteDashboards({ DashboardNames: [name, other] })
  const gone = await cloudwatch.listDashboards({ DashboardNamePrefix: prefix })
  assert.deepEqual(gone.DashboardEntries, [])
})

test('a dashboard that is not there is not found, and nothing is deleted beside it', async () => {
  const name = newHexId(8)
  await cloudwatch.putDashboard({ DashboardName: name, DashboardBody: bodyOf() })

  const got = await refusalOf(cloudwatch.getDashboard({ DashboardName: 'no-such' }))
  const deleted = await refusalOf(
    cloudwatch.deleteDashboards({ DashboardNames: [name, 'no-such'] }),
  )

  for (const refusal of [got, deleted]) {
    assert.equal(refusal.Code, 'ResourceNotFound')
    assert.equal(refusal.$metadata?.httpStatusCode, 404)
    assert.match(refusal.message, /Dashboard no-such does not exist/)
  }
  assert.ok(await cloudwatch.getDashboard({ DashboardName: name }))
})

test('a body that is no dashboard is refused with all faults, by their paths', async () => {
  const name = newHexId(8)
  const put = (body: string) =>
    refusalOf(cloudwatch.putDashboard({ DashboardName: name, DashboardBody: body }))

  // source: messages of the first lines are quoted by users of AWS; see dashboard-widget.validation.ts
  const cases: readonly (readonly [widgets: unknown[], faults: readonly [string, string][]])[] = [
    [
      [WIDGET, { type: 'metric', properties: {} }],
      [
        ['/widgets/1/properties', "Should have required property 'metrics'"],
        [
          '/widgets/1/properties',
          'The metric widget should have specified a region and a data source or an alarm annotation',
        ],
        ['/widgets/1/properties', "Should have required property 'annotations'"],
      ],
    ],
    [
      [{ type: 'alarm', properties: { alarms: [] } }],
      [['/widgets/0/properties/alarms', 'Should NOT have less than 1 items']],
    ],
    [
      [{ type: 'metric', properties: { metrics: ['x'], region: 'us-east-1' } }],
      [
        ['/widgets/0/properties/metrics/0', 'Should be array'],
        [
          '/widgets/0/properties/metrics/0',
          'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element',
        ],
      ],
    ],
    [
      [
        { type: 'text', properties: {}, width: 25 },
        { type: 'graph', properties: {} },
        { properties: {} },
        'x',
        { type: 'text', x: 1, properties: { markdown: '#' } },
      ],
      [
        ['/widgets/0/width', 'Should be <= 24'],
        ['/widgets/0/properties', "Should have required property 'markdown'"],
        ['/widgets/1/type', 'Should be equal to one of the allowed values'],
        ['/widgets/2', "Should have required property 'type'"],
        ['/widgets/3', 'Should be object'],
        ['/widgets/4', "Should have both properties 'x' and 'y', or none of them"],
      ],
    ],
  ]
  for (const [widgets, faults] of cases) {
    const refusal = await put(bodyOf(...widgets))
    assert.equal(refusal.Code, 'InvalidParameterInput')
    assert.match(
      refusal.message,
      new RegExp(
        `^The dashboard body is invalid, there are ${faults.length} validation errors:\n\\[`,
      ),
    )
    assert.deepEqual(
      refusal.dashboardValidationMessages?.map(({ DataPath, Message }) => [DataPath, Message]),
      faults,
    )
  }
  assert.match((await put('{')).message, /DashboardBody must be a valid JSON object/)
  assert.match((await put('[]')).message, /must be a valid JSON object/)
  assert.match((await put('{}')).message, /required property 'widgets'/)
  const named = await refusalOf(
    cloudwatch.putDashboard({ DashboardName: 'a b', DashboardBody: bodyOf() }),
  )
  assert.match(named.message, /The value a b for field DashboardName contains invalid characters/)
  assert.equal(
    (await refusalOf(cloudwatch.getDashboard({ DashboardName: name }))).$metadata?.httpStatusCode,
    404,
  )
})

test('what is unusual in a body is told, and the dashboard is made', async () => {
  const name = newHexId(8)
  const body = JSON.stringify({ widgets: [], colour: 'blue' })

  const put = await cloudwatch.putDashboard({ DashboardName: name, DashboardBody: body })

  assert.deepEqual(put.DashboardValidationMessages, [
    { DataPath: '', Message: "Unexpected property 'colour'" },
  ])
  assert.equal((await cloudwatch.getDashboard({ DashboardName: name })).DashboardBody, body)
})

test('dashboards have tags, at most 50, and those of theirs go with them', async () => {
  const name = newHexId(8)
  const ResourceARN = `arn:aws:cloudwatch::${server.config.account}:dashboard/${name}`
  const put = { DashboardName: name, DashboardBody: bodyOf() }
  const tagsOf = async () => (await cloudwatch.listTagsForResource({ ResourceARN })).Tags
  await cloudwatch.putDashboard({ ...put, Tags: [{ Key: 'team', Value: 'a' }] })

  await cloudwatch.tagResource({
    ResourceARN,
    Tags: [
      { Key: 'team', Value: 'b' },
      { Key: 'x', Value: '' },
    ],
  })
  assert.deepEqual(await tagsOf(), [
    { Key: 'team', Value: 'b' },
    { Key: 'x', Value: '' },
  ])
  await cloudwatch.untagResource({ ResourceARN, TagKeys: ['x', 'none'] })
  assert.deepEqual(await tagsOf(), [{ Key: 'team', Value: 'b' }])
  // as AWS: tags of a dashboard that is there are not touched
  await cloudwatch.putDashboard({ ...put, Tags: [{ Key: 'y', Value: 'z' }] })
  assert.deepEqual(await tagsOf(), [{ Key: 'team', Value: 'b' }])

  const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))
  const tooMany = await refusalOf(cloudwatch.tagResource({ ResourceARN, Tags: many }))
  assert.equal(tooMany.Code, 'LimitExceeded')
  const reserved = await refusalOf(
    cloudwatch.tagResource({ ResourceARN, Tags: [{ Key: 'aws:x', Value: '' }] }),
  )
  assert.equal(reserved.Code, 'InvalidParameterValue')

  await cloudwatch.deleteDashboards({ DashboardNames: [name] })
  const gone = await refusalOf(cloudwatch.listTagsForResource({ ResourceARN }))
  assert.equal(gone.Code, 'ResourceNotFoundException')
  await cloudwatch.putDashboard(put)
  assert.deepEqual(await tagsOf(), [])
})

test('reset empties metrics and dashboards', async () => {
  const Namespace = newHexId(8)
  const name = newHexId(8)
  await cloudwatch.putMetricData({ Namespace, MetricData: [{ MetricName: 'm', Value: 1 }] })
  await cloudwatch.putDashboard({ DashboardName: name, DashboardBody: bodyOf() })

  const url = `${server.url}/_sagebrush/reset`
  assert.equal((await fetch(url, { method: 'POST' })).status, 200)

  const now = server.clock.now().getTime()
  const { MetricDataResults } = await cloudwatch.getMetricData({
    StartTime: new Date(now - 300_000),
    EndTime: new Date(now + 60_000),
    MetricDataQueries: [
      {
        Id: 'm1',
        MetricStat: { Metric: { Namespace, MetricName: 'm' }, Period: 60, Stat: 'Sum' },
      },
    ],
  })
  assert.deepEqual(MetricDataResults?.[0]?.Values, [])
  assert.deepEqual((await cloudwatch.listMetrics({ Namespace })).Metrics, [])
  assert.deepEqual((await cloudwatch.listDashboards({})).DashboardEntries, [])
})
