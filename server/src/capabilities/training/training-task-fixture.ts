import assert from 'node:assert/strict'
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker'
import { trainingTasks } from './training-job.container.ts'
import { createdState } from './training-job.states.ts'
import type { TrainingJob } from './training-job.store.ts'
import { validateCreateTrainingJob } from './training-job.validation.ts'

export const ID = '0b9b0e3c-52b5-4e10-9f1c-111111111111'
export const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/my-job'
export const ROLE = 'arn:aws:iam::123456789012:role/service-role/Role'
export const NOW = new Date(Date.UTC(2030, 0, 1))

export function job(more: Partial<CreateTrainingJobRequest> = {}): TrainingJob {
  const request = validateCreateTrainingJob({
    TrainingJobName: 'My-Job',
    AlgorithmSpecification: { TrainingImage: 'my-image:1', TrainingInputMode: 'File' },
    RoleArn: ROLE,
    OutputDataConfig: { S3OutputPath: 's3://bucket/out/' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...more,
  })
  return {
    id: ID,
    realm: 7,
    account: '123456789012',
    region: 'us-east-1',
    name: 'My-Job',
    arn: ARN,
    request,
    createdAt: NOW,
    state: createdState(NOW),
  }
}

export function tasks(more: Partial<CreateTrainingJobRequest> = {}) {
  return trainingTasks(job(more), {
    networkInterface: 'net0',
    tokenFor: ({ taskId }) => `token of ${taskId}`,
  })
}

export function onlyTask(more: Partial<CreateTrainingJobRequest> = {}) {
  const [task, ...others] = tasks(more)
  assert.ok(task)
  assert.deepEqual(others, [])
  return task
}

export function channel(name: string, more: object = {}, source: object = {}) {
  return {
    ChannelName: name,
    DataSource: {
      S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/${name}`, ...source },
    },
    ...more,
  } as const
}

export function configOf(task: ReturnType<typeof onlyTask>, name: string): unknown {
  const file = task.files.find(({ path }) => path === `/opt/ml/input/config/${name}.json`)
  return file && JSON.parse(file.content)
}
