import assert from 'node:assert/strict'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import type { GetMetricDataOutput, PutMetricDataInput } from '@aws-sdk/client-cloudwatch'
import { cbor, SmithyRpcV2CborProtocol } from '@smithy/core/cbor'
import { startFront } from '../../../tests/support/front.ts'
import { AwsError } from '../aws/errors.ts'
import { sendSigned } from './raw-request.ts'

const AT = new Date('2026-03-01T12:00:00.250Z')
const INPUT: PutMetricDataInput = {
  Namespace: 'Tests',
  MetricData: [
    {
      MetricName: 'Latency',
      Dimensions: [
        { Name: 'Host', Value: 'a & b' },
        { Name: 'Area', Value: 'ü' },
      ],
      Timestamp: AT,
      Values: [1.5, 1e-7, -3],
      Counts: [1, 2, 3],
      StorageResolution: 1,
      Unit: 'Seconds',
    },
    { MetricName: 'Set', StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } },
  ],
}
const OUTPUT: GetMetricDataOutput = {
  MetricDataResults: [
    { Id: 'm1', Label: 'a & b', Timestamps: [AT], Values: [0.1], StatusCode: 'Complete' },
    { Id: 'm2', Timestamps: [], Values: [], StatusCode: 'Complete' },
  ],
  Messages: [],
}

/** A front that notes what it is given, and refuses as CloudWatch does. */
async function startCloudWatch() {
  const inputs: object[] = []
  const front = await startFront({
    operations: {
      cloudwatch: {
        PutMetricData: async (input) => {
          inputs.push(input)
          return {}
        },
        GetMetricData: async () => OUTPUT,
        ListMetrics: async ({ MetricName: code = '' }) => {
          throw new AwsError(code, 'Not so.')
        },
        PutDashboard: async () => {
          const messages = [{ DataPath: '/widgets/0', Message: 'Should be object' }]
          const members = { dashboardValidationMessages: messages }
          throw new AwsError('DashboardInvalidInputError', 'The body is wrong.', { members })
        },
        GetDashboard: async () => {
          throw new AwsError('DashboardNotFoundError', 'There is none.')
        },
      },
    },
  })
  return Object.assign(front, { inputs })
}

const MANY: PutMetricDataInput = {
  Namespace: 'Tests',
  MetricData: Array.from({ length: 900 }, (_, Value) => ({ MetricName: 'Many', Value })),
}

test('bodies over 10 KB come compressed, in JSON from the SDK and in CBOR', async () => {
  await using front = await startCloudWatch()

  await front.cloudwatch.putMetricData(MANY)
  // the SDK itself announces the length of what it compresses, and not of what it sends
  const inCbor = await sendSigned({
    port: front.port,
    service: 'monitoring',
    path: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
    headers: {
      'content-type': 'application/cbor',
      'content-encoding': 'gzip',
      'smithy-protocol': 'rpc-v2-cbor',
    },
    body: gzipSync(cbor.serialize(MANY)),
  })

  assert.equal(inCbor.status, 200)
  assert.deepEqual(front.inputs, [MANY, MANY])
})

const SPOKEN: Readonly<Record<string, object>> = {
  'JSON 1.0': {},
  CBOR: { protocol: SmithyRpcV2CborProtocol },
}

for (const [name, settings] of Object.entries(SPOKEN)) {
  test(`CloudWatch speaks ${name} with the SDK: values both ways`, async () => {
    await using front = await startCloudWatch()
    const { cloudwatch } = front.clients(settings)

    await cloudwatch.putMetricData(INPUT)
    const answer = await cloudwatch.getMetricData({
      StartTime: AT,
      EndTime: AT,
      MetricDataQueries: [{ Id: 'm1', Expression: 'm2' }],
    })

    assert.deepEqual(front.inputs, [INPUT])
    assert.deepEqual({ ...answer, $metadata: undefined }, { ...OUTPUT, $metadata: undefined })
  })

  test(`CloudWatch speaks ${name} with the SDK: refusals carry the codes of Query`, async () => {
    await using front = await startCloudWatch()
    const { cloudwatch } = front.clients(settings)

    const cases: readonly (readonly [thrown: string, name: string, code: string])[] = [
      ['InvalidParameterValue', 'InvalidParameterValueException', 'InvalidParameterValue'],
      [
        'InvalidParameterCombination',
        'InvalidParameterCombinationException',
        'InvalidParameterCombination',
      ],
      ['MissingParameter', 'MissingRequiredParameterException', 'MissingParameter'],
      ['ResourceNotFound', 'ResourceNotFound', 'ResourceNotFound'],
      ['LimitExceeded', 'LimitExceededFault', 'LimitExceeded'],
      ['InvalidFormat', 'InvalidFormatFault', 'InvalidFormat'],
      ['InvalidNextToken', 'InvalidNextToken', 'InvalidNextToken'],
      ['ValidationError', 'ValidationException', 'ValidationError'],
    ]
    for (const [thrown, name, code] of cases) {
      const error = await refusalOf(cloudwatch.listMetrics({ MetricName: thrown }))
      assert.equal(error.name, name)
      assert.equal(error.message, 'Not so.')
      if (error.Code !== undefined) assert.equal(error.Code, code)
    }
    const dashboard = await refusalOf(
      cloudwatch.putDashboard({ DashboardName: 'd', DashboardBody: '' }),
    )
    assert.deepEqual(dashboard.dashboardValidationMessages, [
      { DataPath: '/widgets/0', Message: 'Should be object' },
    ])
    const missing = await refusalOf(cloudwatch.getDashboard({ DashboardName: 'd' }))
    // in JSON the SDK goes by the code of old
    assert.ok(['DashboardNotFoundError', 'ResourceNotFound'].includes(missing.name))
    assert.equal(missing.$metadata?.httpStatusCode, 404)
    const invalid = await refusalOf(cloudwatch.putMetricData({ ...INPUT, Namespace: ':x' }))
    assert.match(invalid.message, /^1 validation error detected: Value ':x' at 'namespace'/)
  })
}

interface Refusal extends Error {
  readonly Code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly dashboardValidationMessages?: unknown
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  return work.then(
    () => assert.fail('it was not refused'),
    (error: Refusal) => error,
  )
}

test('CloudWatch tells clients that knew Query the code of old, in JSON and in CBOR', async () => {
  await using front = await startCloudWatch()
  const common = { port: front.port, service: 'monitoring' }

  const json = await sendSigned({
    ...common,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.GetDashboard',
      'x-amzn-query-mode': 'true',
    },
    body: '{"DashboardName":"d"}',
  })
  const inCbor = await sendSigned({
    ...common,
    path: '/service/GraniteServiceVersion20100801/operation/GetDashboard',
    headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    body: Buffer.from(cbor.serialize({ DashboardName: 'd' })),
  })

  assert.equal(json.status, 404)
  assert.equal(json.headers['content-type'], 'application/x-amz-json-1.0')
  assert.equal(json.headers['x-amzn-query-error'], 'ResourceNotFound;Sender')
  assert.equal(JSON.parse(json.body).__type, 'DashboardNotFoundError')
  assert.equal(inCbor.status, 404)
  assert.equal(inCbor.headers['smithy-protocol'], 'rpc-v2-cbor')
  assert.equal(inCbor.headers['x-amzn-query-error'], 'ResourceNotFound;Sender')
})

/** As SDKs sent it before they spoke JSON. */
function queryForm(action: string, fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ Action: action, Version: '2010-08-01', ...fields }).toString()
}

test('CloudWatch speaks Query: forms in, also compressed, XML out', async () => {
  await using front = await startCloudWatch()
  const common = {
    port: front.port,
    service: 'monitoring',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  }
  const first = 'MetricData.member.1'
  const form = queryForm('PutMetricData', {
    Namespace: 'Tests',
    [`${first}.MetricName`]: 'Latency',
    [`${first}.Dimensions.member.1.Name`]: 'Host',
    [`${first}.Dimensions.member.1.Value`]: 'a & b',
    [`${first}.Dimensions.member.2.Name`]: 'Area',
    [`${first}.Dimensions.member.2.Value`]: 'ü',
    [`${first}.Timestamp`]: AT.toISOString(),
    [`${first}.Values.member.1`]: '1.5',
    [`${first}.Values.member.2`]: '1E-7',
    [`${first}.Values.member.3`]: '-3',
    [`${first}.Counts.member.1`]: '1',
    [`${first}.Counts.member.2`]: '2',
    [`${first}.Counts.member.3`]: '3',
    [`${first}.StorageResolution`]: '1',
    [`${first}.Unit`]: 'Seconds',
    'MetricData.member.2.MetricName': 'Set',
    'MetricData.member.2.StatisticValues.SampleCount': '2',
    'MetricData.member.2.StatisticValues.Sum': '3',
    'MetricData.member.2.StatisticValues.Minimum': '1',
    'MetricData.member.2.StatisticValues.Maximum': '2',
  })
  const gzipped = { ...common.headers, 'content-encoding': 'gzip' }

  const put = await sendSigned({ ...common, body: form })
  await sendSigned({ ...common, headers: gzipped, body: gzipSync(form) })
  const got = await sendSigned({
    ...common,
    body: queryForm('GetMetricData', {
      StartTime: AT.toISOString(),
      EndTime: AT.toISOString(),
      'MetricDataQueries.member.1.Id': 'm1',
      'MetricDataQueries.member.1.Expression': 'm2',
    }),
  })

  assert.equal(put.status, 200)
  assert.match(
    put.body,
    /^<PutMetricDataResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/">/,
  )
  assert.match(
    put.body,
    /<ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata>/,
  )
  assert.deepEqual(front.inputs, [INPUT, INPUT])
  assert.match(
    got.body,
    /<GetMetricDataResult><MetricDataResults><member><Id>m1<\/Id><Label>a &amp; b<\/Label><Timestamps><member>2026-03-01T12:00:00.25\d*Z<\/member><\/Timestamps><Values><member>0.1<\/member><\/Values><StatusCode>Complete<\/StatusCode>/,
  )
})

test('CloudWatch speaks Query: refusals as XML, with the members that they have', async () => {
  await using front = await startCloudWatch()
  const send = (action: string, fields: Readonly<Record<string, string>>) =>
    sendSigned({
      port: front.port,
      service: 'monitoring',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: queryForm(action, fields),
    })

  const missing = await send('GetDashboard', { DashboardName: 'd' })
  const dashboard = await send('PutDashboard', { DashboardName: 'd', DashboardBody: '{}' })
  const unknown = await send('Nothing', {})

  assert.equal(missing.status, 404)
  assert.match(
    missing.body,
    /<ErrorResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/"><Error><Type>Sender<\/Type><Code>ResourceNotFound<\/Code><Message>There is none.<\/Message>/,
  )
  assert.match(
    dashboard.body,
    /<Code>InvalidParameterInput<\/Code><Message>The body is wrong.<\/Message><dashboardValidationMessages><member><DataPath>\/widgets\/0<\/DataPath><Message>Should be object<\/Message><\/member>/,
  )
  assert.match(unknown.body, /<Code>InvalidAction<\/Code>/)
})

test('CBOR that is none, or of other types, is refused', async () => {
  await using front = await startCloudWatch()
  const send = (body: Uint8Array) =>
    sendSigned({
      port: front.port,
      service: 'monitoring',
      path: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
      headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
      body: Buffer.from(body),
    })
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    // a map that is longer than the body; nesting without end; an array of 2³² elements
    [Buffer.from([0xbf, 0x61]), /the body is not CBOR/],
    [Buffer.alloc(200_000, 0x81), /the body is not CBOR/],
    [Buffer.from([0x9a, 0xff, 0xff, 0xff, 0xff]), /the body is not CBOR/],
    [cbor.serialize([1]), /not a CBOR map/],
    [cbor.serialize({ Namespace: 5 }), /NUMBER_VALUE can not be converted to a String/],
    [cbor.serialize({ Namespace: 'n', MetricData: 'x' }), /MetricData|List/],
  ]
  for (const [body, message] of cases) {
    const answer = await send(body)
    assert.equal(answer.status, 400)
    assert.match(answer.body, /SerializationException/)
    assert.match(answer.body, message)
  }
  assert.deepEqual(front.inputs, [])
})
