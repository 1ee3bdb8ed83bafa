import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFront, TEST_KEYS } from '../../../tests/support/front.ts'
import { AwsError } from '../aws/errors.ts'
import { type RawRequest, sendRaw, sendSigned } from './raw-request.ts'

const JSON_HEADERS = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'SageMaker.ListModels',
}
const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }

/** One harmless request to each kind of service. */
const REQUESTS: Readonly<Record<string, Omit<RawRequest, 'port'>>> = {
  sagemaker: { headers: JSON_HEADERS, body: '{}', service: 'sagemaker' },
  sts: {
    headers: FORM_HEADERS,
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    service: 'sts',
  },
  s3: { method: 'GET', path: '/bucket/key', service: 's3' },
  'sagemaker-runtime': { path: '/endpoints/e/invocations', body: '1', service: 'sagemaker' },
}

const handlers = {
  operations: {
    sagemaker: { ListModels: async () => ({ Models: [] }) },
    sts: { GetCallerIdentity: async () => ({}) },
    s3: { GetObject: async () => ({}) },
  },
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message?: string
}

/** @source as in steps/signature/refusal.ts; statuses of JSON services from recorded errors of SageMaker's operator for Kubernetes (aws/amazon-sagemaker-operator-for-k8s issue 99: 400) */
const SIGNATURE_REFUSALS: readonly {
  readonly name: string
  readonly change: Partial<RawRequest>
  readonly refused: Readonly<Record<string, Refusal>>
}[] = [
  {
    name: 'a wrong secret',
    change: { keys: { ...TEST_KEYS, secretAccessKey: 'wrong' } },
    refused: {
      sagemaker: {
        status: 400,
        code: 'InvalidSignatureException',
        message:
          'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      },
      'sagemaker-runtime': { status: 403, code: 'InvalidSignatureException' },
      sts: { status: 403, code: 'SignatureDoesNotMatch' },
      s3: { status: 403, code: 'SignatureDoesNotMatch' },
    },
  },
  {
    name: 'an unknown key',
    change: { keys: { accessKeyId: 'AKIDOTHER', secretAccessKey: 'x' } },
    refused: {
      sagemaker: {
        status: 400,
        code: 'UnrecognizedClientException',
        message: 'The security token included in the request is invalid.',
      },
      'sagemaker-runtime': { status: 403, code: 'UnrecognizedClientException' },
      sts: { status: 403, code: 'InvalidClientTokenId' },
      s3: { status: 403, code: 'InvalidAccessKeyId' },
    },
  },
  {
    name: 'an invalid session token',
    change: { keys: { ...TEST_KEYS, sessionToken: 'made-up' } },
    refused: {
      sagemaker: { status: 400, code: 'UnrecognizedClientException' },
      sts: { status: 403, code: 'InvalidClientTokenId' },
      s3: { status: 400, code: 'InvalidToken' },
    },
  },
  {
    name: 'an expired session token',
    change: { keys: { ...TEST_KEYS, sessionToken: 'an-old-token' } },
    refused: {
      sagemaker: {
        status: 400,
        code: 'ExpiredTokenException',
        message: 'The security token included in the request is expired',
      },
      sts: { status: 403, code: 'ExpiredToken' },
      s3: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' },
    },
  },
  {
    name: 'a signature of yesterday',
    change: { signedAt: new Date('2020-01-01T00:00:00Z') },
    refused: {
      sagemaker: { status: 400, code: 'InvalidSignatureException' },
      sts: { status: 403, code: 'SignatureDoesNotMatch' },
      s3: {
        status: 403,
        code: 'RequestTimeTooSkewed',
        message: 'The difference between the request time and the current time is too large.',
      },
    },
  },
  {
    name: 'no signature',
    change: { changed: { authorization: undefined } },
    refused: {
      sagemaker: { status: 400, code: 'MissingAuthenticationTokenException' },
      sts: { status: 403, code: 'MissingAuthenticationToken' },
      s3: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
    },
  },
  {
    name: 'a broken Authorization header',
    change: { changed: { authorization: 'AWS4-HMAC-SHA256 Credential=nonsense' } },
    refused: {
      sagemaker: { status: 400, code: 'IncompleteSignatureException' },
      sts: { status: 400, code: 'IncompleteSignature' },
      s3: { status: 400, code: 'AuthorizationHeaderMalformed' },
    },
  },
  {
    name: 'an Amazon header that was added on the way',
    change: { changed: { 'x-amz-acl': 'public-read' } },
    refused: {
      s3: {
        status: 403,
        code: 'AccessDenied',
        message: 'There were headers present in the request which were not signed',
      },
    },
  },
]

for (const { name, change, refused } of SIGNATURE_REFUSALS) {
  for (const [service, expected] of Object.entries(refused)) {
    test(`${service} refuses ${name}`, async () => {
      await using front = await startFront(handlers)
      const answer = await sendSigned({ ...REQUESTS[service], ...change, port: front.port })
      assert.equal(answer.status, expected.status, answer.body)
      const found =
        service === 'sts' || service === 's3' ? xmlError(answer.body) : jsonError(answer.body)
      assert.equal(found.code, expected.code)
      if (expected.message !== undefined) assert.equal(found.message, expected.message)
      assert.ok(answer.headers['x-amzn-requestid'] ?? answer.headers['x-amz-request-id'])
    })
  }
}

function xmlError(body: string): { code: string | undefined; message: string | undefined } {
  return {
    code: /<Code>(.*?)<\/Code>/s.exec(body)?.[1],
    message: /<Message>(.*?)<\/Message>/s.exec(body)?.[1],
  }
}

function jsonError(body: string): { code: unknown; message: unknown } {
  const parsed = JSON.parse(body) as Record<string, unknown>
  return { code: parsed.__type, message: parsed.message ?? parsed.Message }
}

test('an unsigned request is refused in the words of the service that its host names', async () => {
  await using front = await startFront(handlers)
  const ask = (host: string) => sendRaw({ port: front.port, path: '/', headers: { host } })
  assert.equal(xmlError((await ask('iam.amazonaws.com')).body).code, 'MissingAuthenticationToken')
  assert.equal(
    xmlError((await ask('sts.eu-west-1.amazonaws.com')).body).code,
    'MissingAuthenticationToken',
  )
  assert.equal(
    jsonError((await ask('logs.eu-west-1.amazonaws.com')).body).code,
    'MissingAuthenticationTokenException',
  )
  assert.equal(xmlError((await ask('bucket.s3.amazonaws.com')).body).code, 'AccessDenied')
})

test('S3 tells the author of a client how a signature was calculated', async () => {
  await using front = await startFront(handlers)
  const keys = { ...TEST_KEYS, secretAccessKey: 'wrong' }
  const { body } = await sendSigned({ ...REQUESTS.s3, keys, port: front.port })
  for (const name of [
    'AWSAccessKeyId',
    'StringToSign',
    'SignatureProvided',
    'CanonicalRequest',
    'Resource',
    'RequestId',
    'HostId',
  ]) {
    assert.match(body, new RegExp(`<${name}>.+?</${name}>`, 's'))
  }
})

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
