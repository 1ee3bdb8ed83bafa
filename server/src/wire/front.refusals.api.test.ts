import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFront, TEST_KEYS } from '../../../tests/support/front.ts'
import { AwsError } from '../aws/errors.ts'
import { type RawRequest, sendSigned } from './raw-request.ts'
import {
  FORM_HEADERS,
  handlers,
  JSON_HEADERS,
  jsonError,
  REQUESTS,
  xmlError,
} from './refusals-fixture.ts'

test('an operation that the service does not have is unknown', async () => {
  await using front = await startFront(handlers)
  const json = await sendSigned({
    port: front.port,
    headers: { ...JSON_HEADERS, 'x-amz-target': 'SageMaker.MakeCoffee' },
    body: '{}',
  })
  assert.equal(json.status, 404)
  assert.equal(jsonError(json.body).code, 'UnknownOperationException')
  const query = await sendSigned({
    port: front.port,
    service: 'sts',
    headers: FORM_HEADERS,
    body: 'Action=MakeCoffee',
  })
  assert.equal(query.status, 400)
  assert.equal(xmlError(query.body).code, 'InvalidAction')
  const s3 = await sendSigned({
    port: front.port,
    service: 's3',
    method: 'PATCH',
    path: '/bucket/key',
  })
  assert.equal(s3.status, 405)
  assert.equal(xmlError(s3.body).code, 'MethodNotAllowed')
})

test('an operation that is not built is refused by name, and clients do not ask again', async () => {
  await using front = await startFront(handlers)
  const { sagemaker, s3, iam } = front.clients({ maxAttempts: 3 })
  const notBuilt =
    (name: string) =>
    (error: Error & { $metadata?: { httpStatusCode?: number; attempts?: number } }) => {
      assert.equal(error.name, 'NotImplemented')
      assert.match(error.message, new RegExp(name))
      assert.equal(error.$metadata?.httpStatusCode, 501)
      assert.equal(error.$metadata?.attempts, 1)
      return true
    }
  await assert.rejects(sagemaker.listClusters({}), notBuilt('sagemaker:ListClusters'))
  await assert.rejects(iam.listUsers({}), notBuilt('iam:ListUsers'))
  await assert.rejects(s3.getBucketWebsite({ Bucket: 'b' }), notBuilt('s3:GetBucketWebsite'))
})

test('a service that is not offered is refused by name, in its own protocol', async () => {
  await using front = await startFront(handlers)
  const ask = (request: Partial<RawRequest>) => sendSigned({ port: front.port, ...request })
  const rest = await ask({ service: 'lambda', method: 'GET', path: '/2015-03-31/functions' })
  const json = await ask({
    service: 'events',
    headers: { 'x-amz-target': 'AWSEvents.ListRules' },
  })
  const form = await ask({
    service: 'ec2',
    headers: FORM_HEADERS,
    body: 'Action=DescribeInstances',
  })
  assert.deepEqual([rest.status, json.status, form.status], [501, 501, 501])
  assert.deepEqual(jsonError(rest.body), {
    code: 'NotImplemented',
    message: "The service 'lambda' is not offered here.",
  })
  assert.match(String(jsonError(json.body).message), /events/)
  assert.match(String(xmlError(form.body).message), /ec2/)
})

test('an invocation that reaches the control plane says where it belongs', async () => {
  await using front = await startFront(handlers)
  const answer = await sendSigned({ ...REQUESTS['sagemaker-runtime'], port: front.port })
  assert.equal(answer.status, 501)
  assert.match(String(jsonError(answer.body).message), /InvokeEndpoint is answered by the gateways/)
  const asynchronous = await sendSigned({
    ...REQUESTS['sagemaker-runtime'],
    path: '/endpoints/one/async-invocations',
    headers: { 'x-amzn-sagemaker-inputlocation': 's3://bucket/key' },
    port: front.port,
  })
  assert.equal(
    jsonError(asynchronous.body).message,
    'The operation sagemaker-runtime:InvokeEndpointAsync is not built yet.',
  )
})

test('constraints are answered under each service’s own code', async () => {
  await using front = await startFront({
    operations: {
      sagemaker: { DescribeModel: async () => assert.fail('a handler saw an invalid input') },
      logs: { CreateLogGroup: async () => assert.fail('a handler saw an invalid input') },
      iam: { GetRole: async () => assert.fail('a handler saw an invalid input') },
    },
  })
  const named = (name: string) => (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.equal(error.name, name)
    assert.match(
      error.message,
      /^1 validation error detected: Value '!' at '\w+' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
    )
    return error.$metadata?.httpStatusCode === 400
  }
  await assert.rejects(
    front.sagemaker.describeModel({ ModelName: '!' }),
    named('ValidationException'),
  )
  await assert.rejects(
    front.logs.createLogGroup({ logGroupName: '!' }),
    named('InvalidParameterException'),
  )
  await assert.rejects(front.iam.getRole({ RoleName: '!' }), named('ValidationError'))
})

test('JSON of the wrong types, or none, cannot be deserialised', async () => {
  await using front = await startFront(handlers)
  const ask = async (body: string) => {
    const answer = await sendSigned({ port: front.port, headers: JSON_HEADERS, body })
    assert.equal(answer.status, body === '' ? 200 : 400, answer.body)
    return body === '' ? { code: undefined, message: undefined } : jsonError(answer.body)
  }
  await ask('')
  for (const body of [
    '{',
    '[]',
    '"x"',
    '{"MaxResults":"1"}',
    '{"NameContains":1}',
    '{"SortBy":{}}',
    '{"SortBy":[]}',
    '{"NameContains":true}',
  ]) {
    assert.equal((await ask(body)).code, 'SerializationException', body)
  }
  assert.equal(
    (await ask('{"MaxResults":"1"}')).message,
    'STRING_VALUE can not be converted to a Number',
  )
})

test('members that the model does not declare are ignored', async () => {
  await using front = await startFront({
    operations: {
      sagemaker: {
        ListModels: async (input) => {
          assert.deepEqual(input, { MaxResults: 1 })
          return { Models: [] }
        },
      },
    },
  })
  const body =
    '{"MaxResults":1,"Unheard":"of","__type":"x","SortBy":null,"__proto__":{"MaxResults":2}}'
  assert.equal((await sendSigned({ port: front.port, headers: JSON_HEADERS, body })).status, 200)
})

test('what goes wrong on our side says nothing but the request’s id, and the log says all', async () => {
  await using front = await startFront({
    operations: {
      sagemaker: { ListModels: async () => Promise.reject(new Error('secret detail')) },
      s3: { ListBuckets: async () => Promise.reject(new TypeError('secret detail')) },
    },
  })
  await assert.rejects(
    front.sagemaker.listModels({}),
    (error: Error & { $metadata?: { httpStatusCode?: number; requestId?: string } }) => {
      assert.equal(error.name, 'InternalFailure')
      assert.doesNotMatch(error.message, /secret/)
      assert.equal(error.$metadata?.httpStatusCode, 500)
      const line = front.logged.find((one) => one.includes(error.$metadata?.requestId ?? '?'))
      assert.match(line ?? '', /secret detail/)
      return true
    },
  )
  await assert.rejects(front.s3.listBuckets({}), { name: 'InternalError' })
})

test('an unreachable database is a passing state that clients may wait out', async () => {
  let asked = 0
  await using front = await startFront({
    operations: {
      sagemaker: {
        ListModels: async () => {
          asked += 1
          if (asked > 1) return { Models: [] }
          throw Object.assign(new Error('connect ECONNREFUSED'), {
            code: 'ECONNREFUSED',
            syscall: 'connect',
          })
        },
      },
    },
  })
  const { $metadata } = await front.clients({ maxAttempts: 2 }).sagemaker.listModels({})
  assert.equal($metadata.attempts, 2)
})

test('modelled errors have their modelled status and spelling', async () => {
  await using front = await startFront({
    operations: {
      sagemaker: {
        DescribeModel: async () => Promise.reject(new AwsError('ResourceNotFound', 'gone')),
      },
      iam: {
        GetRole: async () =>
          Promise.reject(new AwsError('NoSuchEntity', 'The role with name r cannot be found.')),
      },
      s3: {
        HeadObject: async () => Promise.reject(new AwsError('NotFound', 'Not Found')),
        GetObject: async () =>
          Promise.reject(
            new AwsError('NoSuchKey', 'The specified key does not exist.', {
              members: { Key: 'k' },
            }),
          ),
      },
    },
  })
  await assert.rejects(front.sagemaker.describeModel({ ModelName: 'm' }), {
    name: 'ResourceNotFound',
    message: 'gone',
  })
  await assert.rejects(
    front.iam.getRole({ RoleName: 'r' }),
    (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
      error.name === 'NoSuchEntityException' && error.$metadata?.httpStatusCode === 404,
  )
  await assert.rejects(front.s3.headObject({ Bucket: 'b', Key: 'k' }), { name: 'NotFound' })
  await assert.rejects(front.s3.getObject({ Bucket: 'b', Key: 'k' }), { name: 'NoSuchKey' })
})

test('clients of a service that spoke Query before get the old code in a header', async () => {
  await using front = await startFront(handlers)
  const answer = await sendSigned({
    port: front.port,
    headers: { ...JSON_HEADERS, 'x-amzn-query-mode': 'true' },
    body: '{"MaxResults":0}',
  })
  assert.equal(answer.headers['x-amzn-query-error'], 'ValidationException;Sender')
  assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1')
})

test('a refused authorisation comes before what the constraints would say', async () => {
  await using front = await startFront({
    ...handlers,
    authorise: ({ operation, service }) => {
      throw new AwsError('AccessDeniedException', `not ${service}:${operation}`)
    },
  })
  await assert.rejects(front.sagemaker.listModels({ MaxResults: 0 }), {
    name: 'AccessDeniedException',
    message: 'not sagemaker:ListModels',
  })
})

test('nothing secret is logged', async () => {
  await using front = await startFront(handlers)
  await sendSigned({ ...REQUESTS.sagemaker, port: front.port })
  await sendSigned({
    ...REQUESTS.sagemaker,
    port: front.port,
    keys: { ...TEST_KEYS, secretAccessKey: 'wrong' },
  })
  const logged = front.logged.join('')
  assert.match(logged, /"operation":"ListModels","account":"123456789012","status":200/)
  assert.doesNotMatch(logged, /Signature=|wJalr|Credential=/)
})
