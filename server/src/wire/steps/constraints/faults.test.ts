import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsError } from '../../../aws/errors.ts'
import { checkConstraints } from '../check-constraints.ts'
import { compilePattern, constraintTable } from './constraint-table.ts'

const ROLE = 'arn:aws:iam::123456789012:role/r'

function refusalOf(operation: string, input: object, service = 'sagemaker'): string | undefined {
  try {
    checkConstraints(input, { service, operation, code: 'ValidationException' })
    return undefined
  } catch (error) {
    assert.ok(error instanceof AwsError)
    assert.equal(error.code, 'ValidationException')
    return error.message
  }
}

const CASES: readonly {
  readonly name: string
  readonly refused: string
  readonly by: () => string | undefined
}[] = [
  {
    name: 'a missing member is null at its path',
    by: () => refusalOf('DescribeModel', {}),
    refused:
      "1 validation error detected: Value at 'modelName' failed to satisfy constraint: Member must not be null",
  },
  {
    name: 'an enum lists its values',
    by: () => refusalOf('ListModels', { SortBy: 'Size' }),
    refused:
      "1 validation error detected: Value 'Size' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [Name, CreationTime]",
  },
  {
    name: 'a pattern is quoted',
    by: () => refusalOf('DescribeModel', { ModelName: 'no_underscore' }),
    refused:
      "1 validation error detected: Value 'no_underscore' at 'modelName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?",
  },
  {
    name: 'too long text is not matched as well',
    by: () => refusalOf('DescribeModel', { ModelName: '-'.repeat(64) }),
    refused: `1 validation error detected: Value '${'-'.repeat(64)}' at 'modelName' failed to satisfy constraint: Member must have length less than or equal to 63`,
  },
  {
    name: 'a number out of range',
    by: () => refusalOf('ListModels', { MaxResults: 101 }),
    refused:
      "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
  },
  {
    // ours: AWS refuses this while it reads the JSON, in words that vary
    name: 'a broken number where a whole one is due',
    by: () => refusalOf('ListModels', { MaxResults: 1.5 }),
    refused:
      "1 validation error detected: Value '1.5' at 'maxResults' failed to satisfy constraint: Member must be an integer",
  },
  {
    name: 'members of structures in lists are counted from one',
    by: () =>
      refusalOf('AddTags', {
        ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/m',
        Tags: [
          { Key: 'a', Value: '' },
          { Key: '', Value: 'b' },
        ],
      }),
    refused:
      "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
  },
  {
    name: 'elements of lists of text are faulted at the list',
    by: () =>
      refusalOf('CreateModel', {
        ModelName: 'm',
        ExecutionRoleArn: ROLE,
        VpcConfig: { SecurityGroupIds: ['sg 1', 'sg-2'], Subnets: [] },
      }),
    refused:
      "2 validation errors detected: Value '[sg 1, sg-2]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]; Value '[]' at 'vpcConfig.subnets' failed to satisfy constraint: Member must have length greater than or equal to 1",
  },
  {
    name: 'keys and values of maps are faulted at the map',
    by: () =>
      refusalOf('CreateModel', {
        ModelName: 'm',
        PrimaryContainer: { Environment: { '1A': 'x' } },
      }),
    refused:
      "1 validation error detected: Value '{1A=x}' at 'primaryContainer.environment' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]",
  },
  {
    name: 'null in a list of structures',
    by: () =>
      refusalOf('AddTags', {
        ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/m',
        Tags: [{}],
      }),
    refused:
      "2 validation errors detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must not be null; Value at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
  },
]

for (const { name, by, refused } of CASES) {
  test(`constraints: ${name}`, () => assert.equal(by(), refused))
}

test('constraints: what clients send in earnest passes', () => {
  assert.equal(
    refusalOf('CreateEndpointConfig', {
      EndpointConfigName: 'c',
      KmsKeyId: '',
      Tags: [],
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: 'm',
          InstanceType: 'ml.m5.large',
          InitialInstanceCount: 1,
          InitialVariantWeight: 1,
        },
      ],
    }),
    undefined,
  )
  assert.equal(
    refusalOf('CreateModel', {
      ModelName: 'm',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { ContainerHostname: 'string', Image: 'i', Environment: {} },
    }),
    undefined,
  )
  assert.equal(
    refusalOf('AddTags', {
      ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/m',
      Tags: [{ Key: 'übung', Value: '1 @ x' }],
    }),
    undefined,
  )
})

test('constraints: values of sensitive members are not repeated', () => {
  const refused = refusalOf('ChangePassword', { OldPassword: 'secret', NewPassword: '' }, 'iam')
  assert.doesNotMatch(refused ?? '', /secret/)
  assert.match(refused ?? '', /Value at 'newPassword' failed/)
})

test('constraints: every published pattern can be compiled', () => {
  for (const service of ['sagemaker', 'sagemaker-runtime', 'sts', 'iam', 'logs']) {
    for (const { pattern } of Object.values(constraintTable(service).shapes)) {
      if (pattern !== undefined) assert.doesNotThrow(() => compilePattern(pattern), pattern)
    }
  }
})
