import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
let modelName: string

before(async () => {
  host = await startHost()
  modelName = await host.createModel({ VERSION: 'one' })
})
after(() => host.close())

function arnOf(kind: string, name: string): string {
  const { config } = host.server
  return `arn:aws:sagemaker:${config.region}:${config.account}:${kind}/${name}`
}

test('CreateEndpoint brings replicas up; the endpoint answers as soon as DescribeEndpoint says InService', async () => {
  const { sagemaker } = host.server
  const config = await host.createConfig(host.variant(modelName, { InitialInstanceCount: 2 }))
  const name = host.newName()

  const { EndpointArn } = await sagemaker.createEndpoint({
    EndpointName: name,
    EndpointConfigName: config,
    Tags: [{ Key: 'team', Value: 'care' }],
  })
  const created = await host.describe(name)
  const endpoint = await host.settled(name)
  const answer = await host.invoke(name)

  assert.equal(EndpointArn, arnOf('endpoint', name))
  assert.equal(created.EndpointStatus, 'Creating')
  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.equal(answer, 'one')
  assert.equal(endpoint.EndpointConfigName, config)
  const [variant] = endpoint.ProductionVariants ?? []
  assert.deepEqual(
    { ...variant, DeployedImages: variant?.DeployedImages?.map((one) => one.SpecifiedImage) },
    {
      VariantName: 'AllTraffic',
      DeployedImages: [host.image],
      CurrentWeight: 1,
      DesiredWeight: 1,
      CurrentInstanceCount: 2,
      DesiredInstanceCount: 2,
    },
  )
  assert.match(variant?.DeployedImages?.[0]?.ResolvedImage ?? '', /^\S+$/)
  for (const absent of ['FailureReason', 'PendingDeploymentSummary', 'DataCaptureConfig']) {
    assert.ok(!(absent in endpoint), absent)
  }
  const { Tags } = await sagemaker.listTags({ ResourceArn: arnOf('endpoint', name) })
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'care' }])
})

test('a replica serves the model of its archive and logs to the stream of its variant and instance', async () => {
  const { logs } = host.server
  const url = await host.putArchive('models/answer.tar.gz', { answer: 'from the archive' })
  const model = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataUrl: url, ContainerHostname: 'string' },
  })

  const name = await host.givenEndpoint(host.variant(model, { VariantName: 'v-1' }))

  assert.equal(await host.invoke(name), 'from the archive')
  const logGroupName = `/aws/sagemaker/Endpoints/${name}`
  const stream = await eventually(async () => {
    const { logStreams } = await logs.describeLogStreams({ logGroupName })
    return logStreams?.[0]?.logStreamName
  })
  assert.match(stream, /^v-1\/i-[0-9a-f]{17}$/)
  await eventually(async () => {
    const { events } = await logs.getLogEvents({ logGroupName, logStreamName: stream })
    return events?.some(({ message }) => message === 'serving')
  })
})

test('an uncompressed model is copied to /opt/ml/model as it is', async () => {
  const { s3 } = host.server
  await s3.putObject({ Bucket: host.bucket, Key: 'plain/answer', Body: 'as it is' })
  const S3DataSource = {
    S3Uri: `s3://${host.bucket}/plain/`,
    S3DataType: 'S3Prefix',
    CompressionType: 'None',
  } as const
  const model = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataSource: { S3DataSource } },
  })

  const name = await host.givenEndpoint(host.variant(model))

  assert.equal(await host.invoke(name), 'as it is')
})

test('CreateEndpoint fails with the reason when the container ends before it answers a ping', async () => {
  const model = await host.createModel({ EXIT_CODE: '1' })

  const name = await host.createEndpoint(host.variant(model, { VariantName: 'V' }))
  const endpoint = await host.settled(name)

  assert.equal(endpoint.EndpointStatus, 'Failed')
  assert.equal(
    endpoint.FailureReason,
    'The primary container for production variant V did not pass the ping health check. ' +
      'Please check CloudWatch logs for this endpoint.',
  )
  assert.equal(endpoint.ProductionVariants, undefined)
  await eventually(async () => (await host.tasks(name)).length === 0)
})

test('CreateEndpoint fails with the reason when the model data went away after CreateModel', async () => {
  const url = await host.putArchive('gone/model.tar.gz', { answer: 'never' })
  const model = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataUrl: url },
  })
  await host.server.s3.deleteObject({ Bucket: host.bucket, Key: 'gone/model.tar.gz' })

  const endpoint = await host.settled(await host.createEndpoint(host.variant(model)))

  assert.equal(endpoint.EndpointStatus, 'Failed')
  assert.ok(
    endpoint.FailureReason?.startsWith(
      `Failed to download model data for container "container_1" from URL: "${url}".`,
    ),
    endpoint.FailureReason,
  )
})

test('CreateEndpoint fails with the reason when the model data is no archive', async () => {
  const { s3 } = host.server
  await s3.putObject({ Bucket: host.bucket, Key: 'bad/model.tar.gz', Body: 'not an archive' })
  const url = `s3://${host.bucket}/bad/model.tar.gz`
  const model = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataUrl: url },
  })

  const endpoint = await host.settled(await host.createEndpoint(host.variant(model)))

  assert.equal(endpoint.EndpointStatus, 'Failed')
  assert.ok(
    endpoint.FailureReason?.startsWith(
      `Failed to extract model data archive for container "container_1" from URL "${url}".`,
    ),
    endpoint.FailureReason,
  )
})

test('a failed endpoint can be deleted and nothing else', async () => {
  const { sagemaker } = host.server
  const broken = await host.createModel({ EXIT_CODE: '1' })
  const name = await host.createEndpoint(host.variant(broken))
  await host.settled(name)
  const config = await host.createConfig(host.variant(modelName))

  await assert.rejects(
    sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config }),
    {
      name: 'ValidationException',
      message: /in status Failed: DeleteEndpoint is the only operation/,
    },
  )
  await sagemaker.deleteEndpoint({ EndpointName: name })
  await host.gone(name)
})

test('operations on an endpoint that is not there say so with its ARN', async () => {
  const { sagemaker } = host.server
  const config = await host.createConfig(host.variant(modelName))
  const notFound = {
    name: 'ValidationException',
    message: `Could not find endpoint "${arnOf('endpoint', 'nowhere')}".`,
  }
  const EndpointName = 'nowhere'

  await assert.rejects(sagemaker.describeEndpoint({ EndpointName }), notFound)
  await assert.rejects(sagemaker.deleteEndpoint({ EndpointName }), notFound)
  await assert.rejects(
    sagemaker.updateEndpoint({ EndpointName, EndpointConfigName: config }),
    notFound,
  )
  await assert.rejects(
    sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredWeight: 1 }],
    }),
    notFound,
  )
  await assert.rejects(
    sagemaker.createEndpoint({ EndpointName, EndpointConfigName: 'not-there' }),
    {
      name: 'ValidationException',
      message: `Could not find endpoint configuration "${arnOf('endpoint-config', 'not-there')}".`,
    },
  )
})

test('CreateEndpoint of a name that is taken is refused, whatever its case', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(host.variant(modelName))
  const config = await host.createConfig(host.variant(modelName))

  for (const taken of [name, name.toUpperCase()]) {
    await assert.rejects(
      sagemaker.createEndpoint({ EndpointName: taken, EndpointConfigName: config }),
      {
        name: 'ValidationException',
        message: `Cannot create already existing endpoint "${arnOf('endpoint', name)}".`,
      },
    )
  }
})

test('an endpoint that is being created can be neither updated nor deleted', async () => {
  const { sagemaker } = host.server
  const slow = await host.createModel({ START_SECONDS: '2' })
  const name = await host.createEndpoint(host.variant(slow))
  const config = await host.createConfig(host.variant(modelName))
  const inProgress = {
    name: 'ValidationException',
    message: `Cannot update in-progress endpoint "${arnOf('endpoint', name)}".`,
  }

  await assert.rejects(sagemaker.deleteEndpoint({ EndpointName: name }), inProgress)
  await assert.rejects(
    sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config }),
    inProgress,
  )
  assert.equal((await host.settled(name)).EndpointStatus, 'InService')
})

test('DeleteEndpoint ends the replicas, then the endpoint is gone and its name is free', async () => {
  const { sagemaker } = host.server
  const config = await host.createConfig(host.variant(modelName))
  const name = host.newName()
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: config })
  await host.settled(name)

  await sagemaker.deleteEndpoint({ EndpointName: name })
  const [endpoint] = (await sagemaker.listEndpoints({ NameContains: name })).Endpoints ?? []
  await host.gone(name)

  assert.ok(!endpoint || endpoint.EndpointStatus === 'Deleting')
  assert.deepEqual(await host.tasks(name), [])
  await assert.rejects(host.invoke(name), /not found/i)
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: config })
  assert.equal((await host.settled(name)).EndpointStatus, 'InService')
  assert.equal(await host.invoke(name), 'one')
})

test('an endpoint goes on, and replaces replicas, after its configuration and model were deleted', async () => {
  const { sagemaker } = host.server
  const model = await host.createModel({ VERSION: 'kept' })
  const name = await host.givenEndpoint(host.variant(model))
  const { EndpointConfigName } = await host.describe(name)
  await sagemaker.deleteEndpointConfig({ EndpointConfigName })
  await sagemaker.deleteModel({ ModelName: model })

  await assert.rejects(host.invoke(name, { body: 'die' }))

  await eventually(async () => (await host.invoke(name)) === 'kept')
  assert.equal((await host.describe(name)).EndpointStatus, 'InService')
})

test('a replica that dies is replaced while the others answer and the endpoint stays in service', async () => {
  const name = await host.givenEndpoint(host.variant(modelName, { InitialInstanceCount: 2 }))
  const before = (await host.tasks(name)).map(({ taskId }) => taskId)

  await assert.rejects(host.invoke(name, { body: 'die' }))
  const answers = await Promise.all(Array.from({ length: 20 }, () => host.invoke(name)))
  await eventually(async () => {
    const tasks = await host.tasks(name)
    const { ProductionVariants } = await host.describe(name)
    return (
      ProductionVariants?.[0]?.CurrentInstanceCount === 2 &&
      tasks.length === 2 &&
      tasks.some(({ taskId }) => !before.includes(taskId))
    )
  })

  assert.ok(answers.every((answer) => answer === 'one'))
  assert.equal((await host.describe(name)).EndpointStatus, 'InService')
})

test('a replica whose task vanished is replaced', async () => {
  const name = await host.givenEndpoint(host.variant(modelName))
  const [task] = await host.tasks(name)

  await host.server.platform.engine.remove(task?.taskId ?? '')

  await eventually(async () => (await host.invoke(name)) === 'one')
})

test('ListEndpoints filters, sorts and pages', async () => {
  const { sagemaker } = host.server
  const config = await host.createConfig(host.variant(modelName))
  const prefix = host.newName()
  const names = ['c', 'a', 'b'].map((letter) => `${prefix}-${letter}`)
  for (const EndpointName of names) {
    await sagemaker.createEndpoint({ EndpointName, EndpointConfigName: config })
  }
  for (const name of names) await host.settled(name)
  const list = async (request: object): Promise<string[]> => {
    const { Endpoints = [] } = await sagemaker.listEndpoints({ NameContains: prefix, ...request })
    return Endpoints.map(({ EndpointName }) => EndpointName?.slice(-1) ?? '')
  }

  assert.deepEqual(await list({}), ['b', 'a', 'c'])
  assert.deepEqual(await list({ SortOrder: 'Ascending' }), ['c', 'a', 'b'])
  assert.deepEqual(await list({ SortBy: 'Name', SortOrder: 'Ascending' }), ['a', 'b', 'c'])
  assert.deepEqual(await list({ SortBy: 'Status' }), ['c', 'b', 'a'])
  assert.deepEqual(await list({ StatusEquals: 'Failed' }), [])
  assert.deepEqual(await list({ CreationTimeAfter: new Date('2999-01-01') }), [])
  assert.deepEqual(await list({ LastModifiedTimeBefore: new Date('2000-01-01') }), [])
  const pages: string[] = []
  let NextToken: string | undefined
  do {
    const page = await sagemaker.listEndpoints({ NameContains: prefix, MaxResults: 2, NextToken })
    pages.push((page.Endpoints ?? []).map(({ EndpointName }) => EndpointName?.slice(-1)).join(''))
    NextToken = page.NextToken
  } while (NextToken)
  assert.deepEqual(pages, ['ba', 'c'])
  await assert.rejects(sagemaker.listEndpoints({ NextToken: 'made-up' }), {
    name: 'ValidationException',
  })
})
