import assert from 'node:assert/strict'
import test from 'node:test'
import { parsePermissionPolicy, parseTrustPolicy } from './policy-document.ts'

const TRUST = {
  Effect: 'Allow',
  Principal: { Service: 'a.amazonaws.com' },
  Action: 'sts:AssumeRole',
}
const PERMISSION = { Effect: 'Allow', Action: 's3:*', Resource: '*' }

function document(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

test('a trust policy that cannot be read is refused with what is wrong', () => {
  const cases: readonly [text: string, message: RegExp][] = [
    ['{', /invalid Json/],
    [' {}', /leading spaces/],
    ['[]', /Syntax errors/],
    ['{}', /Missing required field Statement/],
    ['{"Statement":[]}', /Empty Statement/],
    [JSON.stringify({ Version: '2020-01-01', Statement: TRUST }), /version 2012-10-17/],
    [document({ ...TRUST, Effect: undefined }), /Missing required field Effect/],
    [document({ ...TRUST, Effect: 'Maybe' }), /Invalid effect: Maybe/],
    [document({ ...TRUST, Action: undefined }), /must contain actions/],
    [document({ ...TRUST, Action: 's3:GetObject' }), /only specify STS AssumeRole actions/],
    [document({ ...TRUST, Resource: '*' }), /Has prohibited field Resource/],
    [document({ ...TRUST, Principal: undefined }), /Missing required field Principal/],
    [document({ ...TRUST, Principal: 'me' }), /Invalid principal in policy/],
    [document({ ...TRUST, Principal: { AWS: 'me' } }), /Invalid principal in policy: "AWS":"me"/],
    [document({ ...TRUST, Principal: { Service: 'me' } }), /Invalid principal/],
    [document({ ...TRUST, Principal: { Someone: '*' } }), /Invalid principal/],
    [document({ ...TRUST, Condition: ['x'] }), /Syntax errors/],
  ]
  for (const [text, message] of cases) {
    assert.throws(() => parseTrustPolicy(text), { code: 'MalformedPolicyDocument', message }, text)
  }
})

test('a permission policy needs resources and names no principal', () => {
  assert.equal(parsePermissionPolicy(document(PERMISSION, PERMISSION)).length, 2)
  assert.throws(() => parsePermissionPolicy(document(TRUST)), {
    message: /not specify a principal/,
  })
  assert.throws(() => parsePermissionPolicy(document({ ...PERMISSION, Resource: undefined })), {
    message: /must contain resources/,
  })
})

test('one statement, action or principal may stand without a list', () => {
  const [statement] = parseTrustPolicy(JSON.stringify({ Statement: TRUST }))

  assert.deepEqual(statement, {
    effect: 'Allow',
    actions: ['sts:AssumeRole'],
    notActions: [],
    principal: { Service: ['a.amazonaws.com'] },
    conditions: [],
  })
})
