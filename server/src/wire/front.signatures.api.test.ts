import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFront, TEST_KEYS } from '../../../tests/support/front.ts'
import { type RawRequest, sendRaw, sendSigned } from './raw-request.ts'
import { handlers, jsonError, REQUESTS, xmlError } from './refusals-fixture.ts'

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
