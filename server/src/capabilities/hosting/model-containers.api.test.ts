import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { registerAppendingImage } from '../../../../tests/support/appending-image.ts'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
let image: string
/** A pipeline of A and B, for tests that only ask it. */
let pipeline: string

before(async () => {
  host = await startHost()
  image = await registerAppendingImage(host.server)
  pipeline = await givenEndpoint([named('A'), named('B')])
})

after(() => host.close())

function named(name: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return { Image: image, Environment: { NAME: name }, ContainerHostname: name, ...more }
}

async function modelOf(
  containers: ContainerDefinition[],
  more: Partial<CreateModelCommandInput> = {},
): Promise<string> {
  return host.createModel(undefined, {
    PrimaryContainer: undefined,
    Containers: containers,
    ...more,
  })
}

async function givenEndpoint(
  containers: ContainerDefinition[],
  more: Partial<CreateModelCommandInput> = {},
): Promise<string> {
  return host.givenEndpoint(host.variant(await modelOf(containers, more)))
}

async function answerOf(name: string, more: { body?: string; target?: string } = {}) {
  const { Body, ContentType } = await host.server.runtime.invokeEndpoint({
    EndpointName: name,
    Body: more.body ?? 'x',
    ContentType: 'text/csv',
    Accept: 'application/json',
    ...(more.target !== undefined && { TargetContainerHostname: more.target }),
  })
  return { body: Buffer.from(Body ?? []).toString(), contentType: ContentType }
}

const DIRECT = { InferenceExecutionConfig: { Mode: 'Direct' } } as const

test('a pipeline hands each answer on with its type, and says what the caller accepts to the last container', async () => {
  const uri = await host.putArchive('second.tar.gz', { name: 'from-data' })
  const second = { Image: image, ContainerHostname: 'second', ModelDataUrl: uri }
  const name = await givenEndpoint([named('first'), second, named('third')])

  assert.deepEqual(await answerOf(name), {
    body: 'x|first text/csv>-|from-data type/first>-|third type/from-data>application/json',
    contentType: 'type/third',
  })
  const { ProductionVariants } = await host.describe(name)
  assert.equal(ProductionVariants?.[0]?.DeployedImages?.length, 3)
  assert.equal(ProductionVariants[0].CurrentInstanceCount, 1)
  assert.equal((await host.tasks(name)).length, 3)
})

test('the containers of a replica log each to a stream of its own', async () => {
  const streams = await eventually(async () => {
    const { logStreams } = await host.server.logs.describeLogStreams({
      logGroupName: `/aws/sagemaker/Endpoints/${pipeline}`,
    })
    return logStreams?.length === 2 && logStreams
  })
  assert.match(streams[0]?.logStreamName ?? '', /^AllTraffic\/i-0[0-9a-f]{16}\/A$/)
  assert.match(streams[1]?.logStreamName ?? '', /^AllTraffic\/i-0[0-9a-f]{16}\/B$/)
})

test('an error of a container ends the pipeline as a ModelError that names it', async () => {
  const name = await givenEndpoint([
    { Image: image, Environment: { NAME: 'A' } },
    { Image: image, Environment: { NAME: 'B' } },
  ])

  await assert.rejects(answerOf(name, { body: 'fail A' }), {
    name: 'ModelError',
    message: /Received client error \(418\) from container-1 with message "teapot A"/,
    OriginalStatusCode: 418,
    OriginalMessage: 'teapot A',
    LogStreamArn: /:log-stream:AllTraffic\/i-0[0-9a-f]{16}\/container-1$/,
  })
  assert.match((await answerOf(name)).body, /\|B type\/A/)
})

test('with Mode Direct a request names its container, and only that one gets it', async () => {
  const name = await givenEndpoint([named('one'), named('two')], DIRECT)

  assert.equal((await answerOf(name, { target: 'two' })).body, 'x|two text/csv>application/json')
  assert.equal((await answerOf(name, { target: 'one' })).body, 'x|one text/csv>application/json')
  await assert.rejects(answerOf(name), {
    name: 'ValidationError',
    message: /give TargetContainerHostname, one of: one, two/,
  })
  await assert.rejects(answerOf(name, { target: 'three' }), {
    name: 'ValidationError',
    message: /Container three of endpoint .* not found/,
  })
  await assert.rejects(answerOf(pipeline, { target: 'A' }), {
    name: 'ValidationError',
    message: /not configured for direct invocation/,
  })
})

test('containers end as one: when one dies the replica is replaced whole', async () => {
  const name = await givenEndpoint([named('A'), named('B')])
  const before = await host.tasks(name)

  await assert.rejects(answerOf(name, { body: 'die A' }), { name: 'ModelError' })

  const answer = await eventually(async () => answerOf(name).catch(() => undefined))
  assert.match(answer.body, /\|A .*\|B /)
  const ids = new Set(before.map(({ taskId }) => taskId))
  await eventually(async () => {
    const tasks = await host.tasks(name)
    return tasks.length === 2 && tasks.every(({ taskId }) => !ids.has(taskId))
  })
  await host.server.sagemaker.deleteEndpoint({ EndpointName: name })
  await host.gone(name)
  assert.deepEqual(await host.tasks(name), [])
})

test('CreateEndpoint fails with the name of the container that did not come up', async () => {
  const broken = named('broken', { Environment: { EXIT_CODE: '1' } })
  const name = await host.createEndpoint(host.variant(await modelOf([named('A'), broken])))

  const { EndpointStatus, FailureReason } = await host.settled(name)
  assert.equal(EndpointStatus, 'Failed')
  assert.match(
    FailureReason ?? '',
    /^The broken container for production variant AllTraffic did not/,
  )
  await eventually(async () => (await host.tasks(name)).length === 0)
})

test('an update of a pipeline under load loses no request', async () => {
  const name = await givenEndpoint([named('A'), named('B')])
  const next = await host.createConfig(
    host.variant(await modelOf([named('A'), named('B'), named('C')])),
  )
  let isOver = false
  const bodies = new Map<string, number>()
  const client = async (): Promise<void> => {
    while (!isOver) {
      const { body } = await answerOf(name)
      bodies.set(body, (bodies.get(body) ?? 0) + 1)
    }
  }
  const clients = Promise.all([client(), client(), client()])

  await host.server.sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: next })
  await eventually(async () => {
    // a bake and a termination wait pass by the clock
    await host.server.advance(60_000)
    return (await host.describe(name)).EndpointStatus === 'InService'
  })
  isOver = true
  await clients

  assert.equal(bodies.size, 2)
  assert.match((await answerOf(name)).body, /\|C /)
})

test('each container’s latency and the latency of all are metrics', async () => {
  await answerOf(pipeline)
  await assert.rejects(answerOf(pipeline, { body: 'fail A' }))
  const statistics = async (metricName: string, container?: string) => {
    const now = host.server.clock.now().getTime()
    const { Datapoints = [] } = await host.server.cloudwatch.getMetricStatistics({
      Namespace: 'AWS/SageMaker',
      MetricName: metricName,
      Dimensions: [
        { Name: 'EndpointName', Value: pipeline },
        { Name: 'VariantName', Value: 'AllTraffic' },
        ...(container ? [{ Name: 'ContainerName', Value: container }] : []),
      ],
      StartTime: new Date(now - 3_600_000),
      EndTime: new Date(now + 3_600_000),
      Period: 3600,
      Statistics: ['Sum', 'SampleCount'],
    })
    const sum = Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0)
    const count = Datapoints.reduce((total, { SampleCount = 0 }) => total + SampleCount, 0)
    return { sum, count }
  }

  await eventually(async () => (await statistics('Invocations')).sum === 2)
  assert.deepEqual(await statistics('Invocations', 'A'), { sum: 2, count: 2 })
  assert.deepEqual(await statistics('Invocation4XXErrors', 'A'), { sum: 1, count: 2 })
  assert.deepEqual(await statistics('Invocations', 'B'), { sum: 1, count: 1 })
  const [all, first, second] = [
    await statistics('ModelLatency'),
    await statistics('ContainerLatency', 'A'),
    await statistics('ContainerLatency', 'B'),
  ]
  assert.equal(all.count, 2)
  assert.ok(Math.abs(all.sum - first.sum - second.sum) < 0.1 * all.sum + 1_000)
})

const REFUSED: readonly {
  readonly why: string
  readonly containers: readonly ContainerDefinition[]
  readonly more?: Partial<CreateModelCommandInput>
  readonly message: RegExp
}[] = [
  {
    why: 'Mode Direct with one container',
    containers: [{ Image: 'i', ContainerHostname: 'a' }],
    more: DIRECT,
    message: /Mode Direct and there is one container/,
  },
  {
    why: 'Mode Direct without names',
    containers: [{ Image: 'i' }, { Image: 'i' }],
    more: DIRECT,
    message: /2 of 2 containers have no ContainerHostname: with Mode Direct each needs one/,
  },
  {
    why: 'a pipeline with some names',
    containers: [{ Image: 'i', ContainerHostname: 'a' }, { Image: 'i' }],
    message: /1 of 2 containers have no ContainerHostname: give one to each container, or to none/,
  },
  {
    why: 'a name twice',
    containers: [
      { Image: 'i', ContainerHostname: 'a' },
      { Image: 'i', ContainerHostname: 'a' },
    ],
    message: /Two containers have the ContainerHostname 'a'/,
  },
  {
    why: 'two containers of many models in a pipeline',
    containers: ['a', 'b'].map((hostname) => ({
      Image: 'i',
      ContainerHostname: hostname,
      Mode: 'MultiModel',
      ModelDataUrl: 's3://bucket/models/',
    })),
    message: /More than one container in MultiModel mode is not supported with inference pipeline/,
  },
]
for (const { why, containers, more, message } of REFUSED) {
  test(`CreateModel is refused: ${why}`, async () => {
    await assert.rejects(modelOf([...containers], more), { name: 'ValidationException', message })
  })
}

test('CreateEndpointConfig refuses a shadow variant of several containers', async () => {
  const variant = host.variant(await modelOf([named('A'), named('B')]))
  await assert.rejects(
    host.server.sagemaker.createEndpointConfig({
      EndpointConfigName: host.newName(),
      ProductionVariants: [variant],
      ShadowProductionVariants: [{ ...variant, VariantName: 'shadow' }],
    }),
    { name: 'ValidationException', message: /has 2 containers: shadow variants are for/ },
  )
})
