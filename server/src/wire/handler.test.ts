import { Readable } from 'node:stream'
import { test } from 'node:test'
import type * as s3 from '@aws-sdk/client-s3'
import type { GetObjectCommandInput, GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type * as sagemaker from '@aws-sdk/client-sagemaker'
import type { CreateModelCommandInput, CreateModelOutput } from '@aws-sdk/client-sagemaker'
import type { RequestScope } from '../platform/scope.ts'
import type { HandlersOf } from './handler.ts'

type SageMakerHandlers = HandlersOf<typeof sagemaker, RequestScope>
type S3Handlers = HandlersOf<typeof s3, RequestScope>

test('handlers: the types of a table of operations say what may stand in it', () => {
  async function createModel(
    input: CreateModelCommandInput,
    scope: RequestScope,
  ): Promise<CreateModelOutput> {
    return { ModelArn: `${scope.account}/${input.ModelName}` }
  }
  async function getObject(
    _input: GetObjectCommandInput,
  ): Promise<Omit<GetObjectCommandOutput, '$metadata' | 'Body'> & { Body: Readable }> {
    return { Body: Readable.from([]) }
  }
  const right = { CreateModel: createModel } satisfies SageMakerHandlers
  const streaming = { GetObject: getObject } satisfies S3Handlers
  // @ts-expect-error SageMaker has no such operation
  const bogus: SageMakerHandlers = { MakeCoffee: createModel }
  // @ts-expect-error the output is another operation's
  const confused: SageMakerHandlers = { DescribeModel: createModel }
  void [right, streaming, bogus, confused]
})
