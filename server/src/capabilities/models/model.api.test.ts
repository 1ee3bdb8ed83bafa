import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { startServer, type TestServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { registerImage } from '../../platform/engines/images.ts'

const IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/modelled:latest'
const BUCKET = `models-${newShortId(8)}`
const DATA = `s3://${BUCKET}/model.tar.gz`

let server: TestServer

before(async () => {
  server = await startServer()
  const directory = await mkdtemp(join(tmpdir(), 'modelled-'))
  await writeFile(join(directory, 'serve'), '#!/bin/sh\n', { mode: 0o755 })
  await registerImage(join(server.config.dataDir, 'images'), { name: 'modelled', directory })
  await rm(directory, { recursive: true, maxRetries: 10 })
  await server.s3.createBucket({ Bucket: BUCKET })
  await server.s3.putObject({ Bucket: BUCKET, Key: 'model.tar.gz', Body: 'x' })
  await server.s3.putObject({ Bucket: BUCKET, Key: 'plain/weights', Body: 'x' })
})
after(() => server.close())

function newName(): string {
  return `Model-${newShortId(8)}`
}

function arnOf(name: string): string {
  return `arn:aws:sagemaker:us-east-1:${server.config.account}:model/${name.toLowerCase()}`
}

function request(
  container: ContainerDefinition,
  more: Partial<CreateModelCommandInput> = {},
): CreateModelCommandInput {
  return {
    ModelName: newName(),
    ExecutionRoleArn: server.roleArn,
    PrimaryContainer: { Image: IMAGE, ...container },
    ...more,
  }
}

async function refused(input: CreateModelCommandInput, message: string | RegExp): Promise<void> {
  await assert.rejects(server.sagemaker.createModel(input), {
    name: 'ValidationException',
    message,
  })
}

test('CreateModel keeps what DescribeModel answers, and its tags', async () => {
  const { sagemaker } = server
  const VpcConfig = { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] }
  const container = {
    ModelDataUrl: DATA,
    ContainerHostname: 'string',
    Mode: 'SingleModel',
  } as const
  const input = request(container, {
    EnableNetworkIsolation: true,
    VpcConfig,
    Tags: [{ Key: 'team', Value: 'care' }],
  })
  const name = input.ModelName ?? ''

  const { ModelArn } = await sagemaker.createModel(input)
  const { $metadata, CreationTime, ...model } = await sagemaker.describeModel({ ModelName: name })

  assert.equal(ModelArn, arnOf(name))
  assert.ok(CreationTime)
  assert.deepEqual(model, {
    ModelName: name,
    ModelArn,
    PrimaryContainer: { Image: IMAGE, ...container },
    ExecutionRoleArn: server.roleArn,
    EnableNetworkIsolation: true,
    VpcConfig,
  })
  const { Tags } = await sagemaker.listTags({ ResourceArn: ModelArn })
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'care' }])
})

test('CreateModel takes one container in Containers and answers it there', async () => {
  const { sagemaker } = server
  const { PrimaryContainer, ...rest } = request({})
  const Containers = [{ Image: IMAGE, ModelDataUrl: DATA }]

  await sagemaker.createModel({ ...rest, Containers })
  const model = await sagemaker.describeModel({ ModelName: rest.ModelName })

  assert.deepEqual(model.Containers, Containers)
  assert.ok(!('PrimaryContainer' in model))
})

test('CreateModel finds model data by its https form and by ModelDataSource', async () => {
  const source = (S3Uri: string, more: object) =>
    request({
      ModelDataSource: {
        S3DataSource: { S3Uri, S3DataType: 'S3Object', CompressionType: 'Gzip', ...more },
      },
    })

  await server.sagemaker.createModel(
    request({ ModelDataUrl: `https://s3.us-east-1.amazonaws.com/${BUCKET}/model.tar.gz` }),
  )
  await server.sagemaker.createModel(source(DATA, {}))
  await server.sagemaker.createModel(
    source(`s3://${BUCKET}/plain/`, { S3DataType: 'S3Prefix', CompressionType: 'None' }),
  )
  await refused(
    source(`s3://${BUCKET}/nothing/`, { S3DataType: 'S3Prefix', CompressionType: 'None' }),
    `Could not find model data at s3://${BUCKET}/nothing/.`,
  )
})

test('CreateModel of a name that is taken is refused', async () => {
  const input = request({})
  await server.sagemaker.createModel(input)

  await refused(input, `Cannot create already existing model "${arnOf(input.ModelName ?? '')}".`)
})

test('CreateModel is refused when data, image or role cannot be had', async () => {
  const gone = `s3://${BUCKET}/gone.tar.gz`

  await refused(request({ ModelDataUrl: gone }), `Could not find model data at ${gone}.`)
  await refused(
    request({ ModelDataUrl: 's3://no-such-bucket-here/model.tar.gz' }),
    'Could not find model data at s3://no-such-bucket-here/model.tar.gz.',
  )
  await refused(request({ Image: 'unheard-of:1' }), /^Requested image unheard-of:1 not found\./)
  await refused(
    request({}, { ExecutionRoleArn: 'arn:aws:iam::123456789012:role/nobody' }),
    /Could not assume role/,
  )
})

test('CreateModel refuses contradictions', async () => {
  const { PrimaryContainer, ...bare } = request({})
  const source = {
    S3Uri: DATA,
    S3DataType: 'S3Prefix',
    CompressionType: 'Gzip',
  } as const

  await refused(bare, /^No container is given/)
  await refused(request({}, { Containers: [{ Image: IMAGE }] }), /^Both PrimaryContainer and/)
  await refused({ ...bare, PrimaryContainer: {} }, /^Specify one of either Image and Model Data/)
  await refused(
    request({ ModelDataUrl: DATA, ModelDataSource: { S3DataSource: source } }),
    /^Both ModelDataUrl and ModelDataSource/,
  )
  await refused(request({ ModelDataSource: { S3DataSource: source } }), /^CompressionType Gzip/)
  const large = Array.from({ length: 33 }, (_, index) => [`K${index}`, 'x'.repeat(1000)])
  await refused(request({ Environment: Object.fromEntries(large) }), /at most 32768 are allowed/)
})

test('CreateModel says of what is not built that it is not', async () => {
  const notBuilt = (input: CreateModelCommandInput) =>
    assert.rejects(server.sagemaker.createModel(input), /not built yet/)
  const { PrimaryContainer, ...bare } = request({})
  const packaged = { ModelPackageName: 'packaged' }

  await notBuilt({ ...bare, PrimaryContainer: packaged })
  await notBuilt({ ...bare, Containers: [{ Image: IMAGE }, packaged] })
})

test('DeleteModel takes the model away, and what is not there is not found', async () => {
  const { sagemaker } = server
  const input = request({})
  const ModelName = input.ModelName ?? ''
  await sagemaker.createModel(input)
  const notFound = {
    name: 'ValidationException',
    message: `Could not find model "${arnOf(ModelName)}".`,
  }

  await sagemaker.deleteModel({ ModelName })

  await assert.rejects(sagemaker.describeModel({ ModelName }), notFound)
  await assert.rejects(sagemaker.deleteModel({ ModelName }), notFound)
  await sagemaker.createModel(input)
})

test('models of another region are others', async () => {
  const elsewhere = server.clients({ region: 'eu-west-1' }).sagemaker
  const input = request({})
  await server.sagemaker.createModel(input)

  await assert.rejects(elsewhere.describeModel({ ModelName: input.ModelName }), /eu-west-1/)
  const { ModelArn } = await elsewhere.createModel(input)
  assert.match(ModelArn ?? '', /:eu-west-1:/)
})

test('ListModels filters, sorts and pages', async () => {
  const { sagemaker } = server
  const prefix = `list-${newShortId(6)}`
  for (const letter of ['b', 'c', 'a']) {
    await sagemaker.createModel(request({}, { ModelName: `${prefix}-${letter}` }))
  }
  const list = async (more: object): Promise<string> => {
    const { Models = [] } = await sagemaker.listModels({ NameContains: prefix, ...more })
    return Models.map(({ ModelName }) => ModelName?.slice(-1)).join('')
  }

  assert.equal(await list({}), 'acb')
  assert.equal(await list({ SortBy: 'Name', SortOrder: 'Ascending' }), 'abc')
  assert.equal(await list({ CreationTimeBefore: new Date('2000-01-01') }), '')
  const first = await sagemaker.listModels({ NameContains: prefix, MaxResults: 2, SortBy: 'Name' })
  assert.equal(first.Models?.length, 2)
  assert.equal(await list({ MaxResults: 2, SortBy: 'Name', NextToken: first.NextToken }), 'a')
  await assert.rejects(list({ NextToken: first.NextToken }), /NextToken is not valid/)
})

test('CreateModel refuses a role at once that was deleted, or no longer trusts SageMaker, since it was passed', async () => {
  const { iam, sagemaker } = server
  const RoleName = `Passed-${newShortId(8)}`
  const trusting = (Service: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
    })
  const given = async (Service: string): Promise<string> => {
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: trusting(Service) })
    return Role?.Arn ?? ''
  }
  const ExecutionRoleArn = await given('sagemaker.amazonaws.com')
  const passed = request({}, { ExecutionRoleArn })
  await sagemaker.createModel(passed)

  await iam.deleteRole({ RoleName })
  await refused(request({}, { ExecutionRoleArn }), /^Could not assume role/)
  await refused(
    request({}, { ExecutionRoleArn, Tags: [{ Key: 'a', Value: 'b' }] }),
    /^Could not assume role/,
  )
  await given('lambda.amazonaws.com')
  await refused(request({}, { ExecutionRoleArn }), /^Could not assume role/)
  await iam.deleteRole({ RoleName })
  await given('sagemaker.amazonaws.com')
  await sagemaker.createModel(request({}, { ExecutionRoleArn }))
  await refused(passed, /already existing/)
})
