import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type {
  CreateTrainingJobCommandInput,
  DescribeTrainingJobCommandOutput,
} from '@aws-sdk/client-sagemaker'
import { extract } from 'tar-stream'
import { eventually } from '../../../../tests/support/eventually.ts'
import { registerProgram } from '../../../../tests/support/program-image.ts'
import {
  startServer,
  type TestServer,
  type TestServerOptions,
} from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

/** A server with a bucket and an image whose `train` runs the shell script in the variable SCRIPT. */
export interface Trainer {
  readonly server: TestServer
  readonly bucket: string
  readonly image: string
  newName(): string
  /** A request that would be accepted: one instance, no data, a program that does nothing. */
  request(change?: Partial<CreateTrainingJobCommandInput>): CreateTrainingJobCommandInput
  /** Starts a job that runs `script`. @returns its name */
  start(script: string, change?: Partial<CreateTrainingJobCommandInput>): Promise<string>
  ended(name: string): Promise<DescribeTrainingJobCommandOutput>
  reaches(name: string, secondaryStatus: string): Promise<DescribeTrainingJobCommandOutput>
  /** Starts a job and waits for its end. */
  run(
    script: string,
    change?: Partial<CreateTrainingJobCommandInput>,
  ): Promise<DescribeTrainingJobCommandOutput>
  put(key: string, content: string): Promise<void>
  get(key: string): Promise<string>
  /** Names and contents of the files in an archive of the bucket. */
  archive(key: string): Promise<Record<string, string>>
  logOf(name: string): Promise<readonly string[]>
  close(): Promise<void>
}

const PROGRAM = '#!/bin/sh\nexec /bin/sh -c "$SCRIPT"\n'

export async function startTrainer(options: TestServerOptions = {}): Promise<Trainer> {
  const server = await startServer(options)
  const { sagemaker, s3, logs } = server
  const image = await registerProgram(server, { name: 'trainer', verb: 'train', program: PROGRAM })
  const bucket = `trainer-${newShortId(8)}`
  await s3.createBucket({ Bucket: bucket })

  const newName = (): string => `job-${newShortId(10)}`
  const request: Trainer['request'] = (change = {}) => ({
    TrainingJobName: newName(),
    RoleArn: server.roleArn,
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: `s3://${bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
    Environment: { SCRIPT: 'true' },
    ...change,
  })
  const start: Trainer['start'] = async (script, change = {}) => {
    const asked = request({ ...change, Environment: { ...change.Environment, SCRIPT: script } })
    await sagemaker.createTrainingJob(asked)
    return asked.TrainingJobName ?? ''
  }
  const ended: Trainer['ended'] = (name) =>
    eventually(
      async () => {
        const job = await sagemaker.describeTrainingJob({ TrainingJobName: name })
        return !['InProgress', 'Stopping'].includes(job.TrainingJobStatus ?? '') && job
      },
      { what: `the end of ${name}` },
    )
  const object = async (key: string): Promise<Buffer> => {
    const { Body } = await s3.getObject({ Bucket: bucket, Key: key })
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  return {
    server,
    bucket,
    image,
    newName,
    request,
    start,
    ended,
    run: async (script, change) => ended(await start(script, change)),
    reaches: (name, secondaryStatus) =>
      eventually(
        async () => {
          const job = await sagemaker.describeTrainingJob({ TrainingJobName: name })
          assert.notEqual(job.TrainingJobStatus, 'Failed', job.FailureReason)
          return job.SecondaryStatus === secondaryStatus && job
        },
        { what: `${name} in ${secondaryStatus}` },
      ),
    put: async (key, content) => {
      await s3.putObject({ Bucket: bucket, Key: key, Body: content })
    },
    get: async (key) => (await object(key)).toString(),
    archive: async (key) => unpack(await object(key)),
    logOf: async (name) => {
      const { events = [] } = await logs.filterLogEvents({
        logGroupName: '/aws/sagemaker/TrainingJobs',
        logStreamNamePrefix: `${name}/`,
      })
      return events.map(({ message = '' }) => message)
    },
    close: () => server.close(),
  }
}

async function unpack(bytes: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  const archive = extract()
  Readable.from([bytes]).pipe(createGunzip()).pipe(archive)
  for await (const entry of archive) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    if (entry.header.type === 'file') files[entry.header.name] = Buffer.concat(chunks).toString()
  }
  return files
}
