import assert from 'node:assert/strict'
import test from 'node:test'
import { parseTrustPolicy } from './policy-document.ts'
import { type Assumer, trusts } from './trust-policy.ts'

const SAGEMAKER: Assumer = {
  kind: 'service',
  service: 'sagemaker.amazonaws.com',
  account: '111122223333',
  sourceArn: 'arn:aws:sagemaker:us-east-1:111122223333:*',
}
const ANA: Assumer = {
  kind: 'caller',
  account: '111122223333',
  arn: 'arn:aws:sts::111122223333:assumed-role/Data/ana',
  roleArn: 'arn:aws:iam::111122223333:role/team/Data',
  externalId: 'secret-7',
}
const ALLOW = { Effect: 'Allow', Action: 'sts:AssumeRole' }
const EVERYONE = { ...ALLOW, Principal: '*' }

function onlyIf(operator: string, key: string, value: string | string[]) {
  return { ...EVERYONE, Condition: { [operator]: { [key]: value } } }
}

interface Case {
  readonly because: string
  readonly statements: readonly object[]
  readonly assumer: Assumer
  readonly trusted: boolean
}

const service = (name: string) => ({ ...ALLOW, Principal: { Service: name } })
const aws = (name: string | string[]) => ({ ...ALLOW, Principal: { AWS: name } })
const ana = (trusted: boolean, because: string, ...statements: object[]): Case => ({
  because,
  statements,
  assumer: ANA,
  trusted,
})
const sagemaker = (trusted: boolean, because: string, ...statements: object[]): Case => ({
  because,
  statements,
  assumer: SAGEMAKER,
  trusted,
})

const CASES: readonly Case[] = [
  sagemaker(true, 'the service is named', service('sagemaker.amazonaws.com')),
  sagemaker(false, 'another service is named', service('lambda.amazonaws.com')),
  sagemaker(false, 'an account is not a service', aws('111122223333')),
  sagemaker(true, 'everyone', EVERYONE),
  sagemaker(
    true,
    'the source account',
    onlyIf('StringEquals', 'aws:SourceAccount', '111122223333'),
  ),
  sagemaker(false, 'another source', onlyIf('StringEquals', 'aws:SourceAccount', '999999999999')),
  sagemaker(
    true,
    'the source ARN by wildcard',
    onlyIf('ArnLike', 'aws:SourceArn', 'arn:aws:sagemaker:*:111122223333:*'),
  ),
  ana(true, 'the account by number', aws('111122223333')),
  ana(true, 'the account by root', aws('arn:aws:iam::111122223333:root')),
  ana(false, 'another account', aws(['999999999999', 'arn:aws:iam::999999999999:root'])),
  ana(true, 'the role of the session', aws('arn:aws:iam::111122223333:role/team/Data')),
  ana(false, 'a role of the same name, another path', aws('arn:aws:iam::111122223333:role/Data')),
  ana(true, 'the session', aws('arn:aws:sts::111122223333:assumed-role/Data/ana')),
  ana(false, 'another session', aws('arn:aws:sts::111122223333:assumed-role/Data/bob')),
  ana(true, 'any principal', aws('*')),
  ana(false, 'a service is not a caller', service('sagemaker.amazonaws.com')),
  ana(false, 'Deny beats Allow', EVERYONE, { ...aws('111122223333'), Effect: 'Deny' }),
  ana(true, 'Deny of another', EVERYONE, { ...aws('999999999999'), Effect: 'Deny' }),
  ana(true, 'an action by wildcard', { ...EVERYONE, Action: 'sts:Assume*' }),
  ana(false, 'another action', { ...EVERYONE, Action: 'sts:TagSession' }),
  ana(false, 'everything but this action', {
    ...EVERYONE,
    Action: undefined,
    NotAction: 'sts:AssumeRole',
  }),
  ana(true, 'the external id', onlyIf('StringEquals', 'sts:ExternalId', ['no', 'secret-7'])),
  ana(false, 'another external id', onlyIf('StringEquals', 'sts:ExternalId', 'secret-8')),
  ana(true, 'a negated operator', onlyIf('StringNotEquals', 'sts:ExternalId', 'secret-8')),
  ana(true, 'a text by wildcard', onlyIf('StringLike', 'sts:ExternalId', 'secret-?')),
  ana(
    true,
    'the role of the session as a condition',
    onlyIf('ArnLike', 'aws:PrincipalArn', '*/Data'),
  ),
  ana(false, 'a key that is not known here', onlyIf('Bool', 'aws:MultiFactorAuthPresent', 'true')),
  ana(true, 'the same, if it exists', onlyIf('BoolIfExists', 'aws:MultiFactorAuthPresent', 'true')),
  ana(true, 'a key that must be absent', onlyIf('Null', 'aws:TokenIssueTime', 'true')),
  ana(
    false,
    'an operator that is not known here',
    onlyIf('IpAddress', 'aws:SourceIp', '10.0.0.0/8'),
  ),
  ana(false, 'a Deny under an unknown operator', EVERYONE, {
    ...onlyIf('IpAddress', 'aws:SourceIp', '10.0.0.0/8'),
    Effect: 'Deny',
  }),
]

test('a trust policy lets in those whom it allows and does not deny', () => {
  for (const { because, statements, assumer, trusted } of CASES) {
    const policy = parseTrustPolicy(JSON.stringify({ Statement: statements }))
    assert.equal(trusts(policy, assumer), trusted, because)
  }
})
