/**
 * Trains and deploys through the AWS SDK for JavaScript, from TypeScript: ordinary AWS code. It takes the
 * endpoint, keys and region from the environment, as `./sagebrush env` prints them.
 *
 *   eval "$(./sagebrush env)" && ./sagebrush image add mean examples/my-algorithm
 *   node examples/typescript/train-and-deploy.ts
 */
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  DeleteEndpointCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
  waitUntilEndpointDeleted,
  waitUntilEndpointInService,
  waitUntilTrainingJobCompletedOrStopped,
} from '@aws-sdk/client-sagemaker'
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const s3 = new S3Client({ forcePathStyle: true })
const sagemaker = new SageMakerClient({})
const runtime = new SageMakerRuntimeClient({})

const { Account } = await new STSClient({}).send(new GetCallerIdentityCommand({}))
const name = `mean-${process.pid}`
const Bucket = `typescript-${Account}-${process.pid}`
const role = `arn:aws:iam::${Account}:role/service-role/AmazonSageMaker-ExecutionRole-Sagebrush`
const image = `${Account}.dkr.ecr.us-east-1.amazonaws.com/mean:latest`
const polling = { client: sagemaker, maxWaitTime: 120, minDelay: 1, maxDelay: 2 }

await s3.send(new CreateBucketCommand({ Bucket }))
await s3.send(new PutObjectCommand({ Bucket, Key: 'train/values.json', Body: '[1, 2, 3, 6]' }))
await sagemaker.send(
  new CreateTrainingJobCommand({
    TrainingJobName: name,
    RoleArn: role,
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' },
    HyperParameters: { offset: '4' },
    InputDataConfig: [
      {
        ChannelName: 'train',
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${Bucket}/train/` } },
      },
    ],
    OutputDataConfig: { S3OutputPath: `s3://${Bucket}/output` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
  }),
)
await waitUntilTrainingJobCompletedOrStopped(polling, { TrainingJobName: name })
const job = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }))
console.log(`${name}: ${job.TrainingJobStatus}, ${job.ModelArtifacts?.S3ModelArtifacts}`)

const ModelDataUrl = job.ModelArtifacts?.S3ModelArtifacts
await sagemaker.send(
  new CreateModelCommand({
    ModelName: name,
    ExecutionRoleArn: role,
    PrimaryContainer: { Image: image, ModelDataUrl },
  }),
)
await sagemaker.send(
  new CreateEndpointConfigCommand({
    EndpointConfigName: name,
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: name,
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      },
    ],
  }),
)
await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }))
await waitUntilEndpointInService(polling, { EndpointName: name })

const answer = await runtime.send(
  new InvokeEndpointCommand({
    EndpointName: name,
    ContentType: 'application/json',
    Body: Buffer.from('{}'),
  }),
)
console.log(
  `answer: ${Buffer.from(answer.Body ?? []).toString()} from ${answer.InvokedProductionVariant}`,
)

await sagemaker.send(new DeleteEndpointCommand({ EndpointName: name }))
await waitUntilEndpointDeleted(polling, { EndpointName: name })
