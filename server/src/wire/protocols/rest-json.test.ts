import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sagemakerRuntime from '@aws-sdk/client-sagemaker-runtime'
import { readModel } from '../operation.ts'
import type { WireRequest } from '../request.ts'
import type { Payload } from './protocol.ts'
import { restJson } from './rest-json.ts'

const model = readModel(sagemakerRuntime)
const protocol = restJson({ model })
const operation = model.operation('InvokeEndpoint')

function requestWith(headers: Record<string, string>): WireRequest {
  return {
    id: 'r',
    method: 'POST',
    rawPath: '/endpoints/my%2Dendpoint/invocations',
    rawQuery: '',
    query: new Map(),
    host: '',
    header: (name) => headers[name],
    headerNames: [],
    body: {} as WireRequest['body'],
  }
}

const payload: Payload = {
  sizeBytes: 3,
  bytes: async () => Buffer.from('1,2'),
  stream: () => assert.fail('nothing streams here'),
  onChecksums: () => undefined,
}

test('REST-JSON: members come from the path, the headers and the body', async () => {
  assert.ok(operation)
  const request = requestWith({
    'content-type': 'text/csv',
    'x-amzn-sagemaker-target-variant': 'blue',
  })
  const named = await protocol.nameOperation(request, payload)
  assert.deepEqual(named, { name: 'InvokeEndpoint', labels: { EndpointName: 'my-endpoint' } })
  const input = await protocol.read(operation, { request, payload, labels: named?.labels ?? {} })
  assert.deepEqual(input, {
    EndpointName: 'my-endpoint',
    ContentType: 'text/csv',
    TargetVariant: 'blue',
    Body: Buffer.from('1,2'),
  })
})

test('REST-JSON: an output goes to the headers and the body', () => {
  assert.ok(operation)
  const output = {
    Body: Buffer.from('0.5'),
    ContentType: 'text/csv',
    InvokedProductionVariant: 'blue',
  }
  assert.deepEqual(protocol.write(operation, output, requestWith({})), {
    status: 200,
    headers: { 'content-type': 'text/csv', 'x-amzn-invoked-production-variant': 'blue' },
    body: output.Body,
  })
})

test('REST-JSON: a refusal names its code in a header and in the body', () => {
  const answer = protocol.writeError(
    {
      status: 400,
      code: 'ValidationError',
      queryCode: undefined,
      message: 'no',
      messageMember: 'Message',
      fault: 'client',
      members: {},
      requestId: 'r',
    },
    requestWith({}),
  )
  assert.equal(answer.headers['x-amzn-errortype'], 'ValidationError')
  assert.deepEqual(JSON.parse(String(answer.body)), { __type: 'ValidationError', Message: 'no' })
})
