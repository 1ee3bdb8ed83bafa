import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { type StartedPlatform, startPlatform } from '../support/platform.ts'

/** A platform with a bucket and the image `rehearsal`, and the resources that fault tests break. */
export interface Rehearsal extends StartedPlatform {
  startJob(name: string, hyperparameters?: Record<string, string>): Promise<void>
  jobEnds(name: string): Promise<{ status: string; reason: string | undefined }>
  /** How often the job's program began, by its log. */
  timesRan(name: string): Promise<number>
  createModelAndConfig(name: string, environment?: Record<string, string>): Promise<void>
  endpointSettles(name: string): Promise<string | undefined>
  invoke(name: string): Promise<string>
}

const BUCKET = 'rehearsal'
const IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/rehearsal:latest'

export async function startRehearsal(): Promise<Rehearsal> {
  const platform = await startPlatform()
  const { sagemaker, s3, logs, runtime, roleArn } = platform
  await platform.cli('image', 'add', 'rehearsal', 'tests/simulation/image')
  await s3.createBucket({ Bucket: BUCKET })
  await s3.putObject({ Bucket: BUCKET, Key: 'data/rows.csv', Body: '1,2\n' })

  return {
    ...platform,
    startJob: async (name, hyperparameters = {}) => {
      await sagemaker.createTrainingJob({
        TrainingJobName: name,
        RoleArn: roleArn,
        AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File' },
        HyperParameters: hyperparameters,
        InputDataConfig: [
          {
            ChannelName: 'train',
            DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/data/` } },
          },
        ],
        OutputDataConfig: { S3OutputPath: `s3://${BUCKET}/output` },
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 5 },
        StoppingCondition: { MaxRuntimeInSeconds: 600 },
      })
    },
    jobEnds: (name) =>
      eventually(
        async () => {
          const job = await sagemaker.describeTrainingJob({ TrainingJobName: name })
          const status = job.TrainingJobStatus ?? ''
          if (status === 'InProgress' || status === 'Stopping') return undefined
          return { status, reason: job.FailureReason }
        },
        { timeoutMs: 60_000, what: `the end of job ${name}` },
      ),
    timesRan: async (name) => {
      const { events = [] } = await logs.filterLogEvents({
        logGroupName: '/aws/sagemaker/TrainingJobs',
        logStreamNamePrefix: `${name}/`,
      })
      return events.filter(({ message }) => message === 'ran').length
    },
    createModelAndConfig: async (name, environment = {}) => {
      await sagemaker.createModel({
        ModelName: name,
        ExecutionRoleArn: roleArn,
        PrimaryContainer: { Image: IMAGE, Environment: environment },
      })
      await sagemaker.createEndpointConfig({
        EndpointConfigName: name,
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            ModelName: name,
            InstanceType: 'ml.m5.large',
            InitialInstanceCount: 2,
          },
        ],
      })
    },
    endpointSettles: (name) =>
      eventually(
        async () => {
          const { EndpointStatus } = await sagemaker.describeEndpoint({ EndpointName: name })
          return /(?:ing|RollingBack)$/.test(EndpointStatus ?? '') ? undefined : EndpointStatus
        },
        { timeoutMs: 60_000, what: `endpoint ${name} to settle` },
      ),
    invoke: async (name) => {
      const { Body } = await runtime.invokeEndpoint({ EndpointName: name, Body: 'x' })
      return Buffer.from(Body ?? []).toString()
    },
  }
}

/** Invokes the endpoint from several callers until `work` is done. @returns what failed, and all answers */
export async function underLoad(
  rehearsal: Rehearsal,
  endpoint: string,
  work: () => Promise<void>,
): Promise<{ failures: unknown[]; answers: string[] }> {
  const failures: unknown[] = []
  const answers: string[] = []
  let working = true
  const caller = async (): Promise<void> => {
    while (working) {
      await rehearsal.invoke(endpoint).then(
        (answer) => answers.push(answer),
        (error) => failures.push(error),
      )
    }
  }
  const callers = Array.from({ length: 4 }, caller)
  try {
    await work()
  } finally {
    working = false
    await Promise.all(callers)
  }
  assert.ok(answers.length > 0, 'the load reached the endpoint')
  return { failures, answers }
}
