import { type DescribeTrainingJobResponse, SageMaker } from '@aws-sdk/client-sagemaker'
import { newShortId } from '../server/src/base/ids.ts'
import type { BenchPlatform } from './platform.ts'

export const BUCKET = 'bench'

/** Asks as boto3's waiters do: by its user agent, which holds a Describe until there is news. */
export function waiterClient(platform: BenchPlatform): SageMaker {
  return new SageMaker({
    endpoint: platform.url,
    region: platform.region,
    credentials: platform.credentials,
    customUserAgent: [['m', 'B']],
  })
}

/**
 * Runs a training job of the image to its end.
 *
 * @throws Error with the reason when it does not complete
 */
export async function runTrainingJob(
  platform: BenchPlatform,
  client: SageMaker,
  job: { image: string; hyperparameters?: Record<string, string> },
): Promise<DescribeTrainingJobResponse> {
  const TrainingJobName = `bench-${newShortId(12)}`
  await client.createTrainingJob({
    TrainingJobName,
    RoleArn: platform.roleArn,
    AlgorithmSpecification: { TrainingImage: job.image, TrainingInputMode: 'File' },
    HyperParameters: job.hyperparameters ?? {},
    OutputDataConfig: { S3OutputPath: `s3://${BUCKET}/output` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 5 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
  })
  for (;;) {
    const described = await client.describeTrainingJob({ TrainingJobName })
    const status = described.TrainingJobStatus
    if (status === 'Completed') return described
    if (status !== 'InProgress') throw new Error(`${status}: ${described.FailureReason}`)
  }
}
