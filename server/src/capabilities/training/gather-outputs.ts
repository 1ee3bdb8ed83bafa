import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { extract, type Pack, pack } from 'tar-stream'
import { AwsError } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { newUuid } from '../../base/ids.ts'
import type { Platform, RequestScope } from '../../platform/scope.ts'
import { objectOperations } from '../objects/index.ts'
import type { HostObservation } from './host.states.ts'
import type { TrainingJob } from './training-job.store.ts'
import { type GatheredOutput, gatheredOutputs } from './training-outputs.container.ts'

/**
 * Puts what the hosts of a job left in their model and output folders together to one archive each. Of files
 * of the same name that of the first host stays. Gathering again what is gathered changes nothing.
 *
 * @returns the hosts; when S3 refused, the first one as having failed to store its outputs
 * @source "How Amazon SageMaker AI Processes Training Output": hosts see to it that no names clash
 */
export async function gatherOutputs(
  platform: Platform,
  job: TrainingJob,
  hosts: readonly HostObservation[],
): Promise<readonly HostObservation[]> {
  const scope = serviceScope(platform, job)
  try {
    for (const output of gatheredOutputs(job)) await gather(scope, output, hosts)
    return hosts
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const message = `Cannot put the outputs of all hosts together: ${error.code}: ${error.message}`
    return hosts.map((host, index) =>
      index > 0 ? host : { ...host, end: { cause: 'OutputFailed', message, uploaded: {} } },
    )
  }
}

async function gather(
  scope: RequestScope,
  output: GatheredOutput,
  hosts: readonly HostObservation[],
): Promise<void> {
  const stored = output.pieces.filter((_, index) => hosts[index]?.end?.uploaded[output.name])
  const others = stored.filter((uri) => uri !== output.s3Uri)
  if (others.length === 0) return
  const archives: Readable[] = []
  for (const uri of stored) archives.push(...(await open(scope, uri)))
  const kms = output.kmsKeyId !== undefined && {
    ServerSideEncryption: 'aws:kms' as const,
    SSEKMSKeyId: output.kmsKeyId,
  }
  await objectOperations.PutObject(
    { ...place(output.s3Uri), ...kms, Body: joined(archives) },
    scope,
  )
  for (const uri of others) await objectOperations.DeleteObject(place(uri), scope)
}

/** @returns nothing for a piece that an earlier run has gathered and deleted */
async function open(scope: RequestScope, uri: string): Promise<readonly Readable[]> {
  try {
    const { Body } = await objectOperations.GetObject(place(uri), scope)
    return Body ? [Body] : []
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchKey') return []
    throw error
  }
}

/** One tar.gz with the entries of all. */
function joined(archives: readonly Readable[]): Readable {
  const tar = pack()
  const packed = createGzip()
  tar.on('error', (error) => packed.destroy(error))
  copyEntries(archives, tar).catch((error: Error) => tar.destroy(error))
  return tar.pipe(packed)
}

async function copyEntries(archives: readonly Readable[], tar: Pack): Promise<void> {
  const names = new Set<string>()
  for (const source of archives) {
    const archive = extract()
    const unpacked = createGunzip()
    source.on('error', (error) => unpacked.destroy(error))
    unpacked.on('error', (error) => archive.destroy(error))
    source.pipe(unpacked).pipe(archive)
    for await (const entry of archive) {
      const { name, type } = entry.header
      if (names.has(name)) {
        entry.resume()
      } else if (type === 'file') {
        const into = tar.entry(entry.header)
        entry.pipe(into)
        await once(into, 'finish')
      } else {
        tar.entry(entry.header)
        entry.resume()
      }
      names.add(name)
    }
  }
  tar.finalize()
}

function place(uri: string): { Bucket: string; Key: string } {
  const { bucket = '', key = '' } = parseS3Uri(uri) ?? {}
  return { Bucket: bucket, Key: key }
}

/** SageMaker itself asks, in the name of the job's role. */
function serviceScope(platform: Platform, job: TrainingJob): RequestScope {
  const { realm, account, region } = job
  return {
    ...platform,
    requestId: newUuid(),
    caller: { account, arn: job.request.RoleArn, userId: 'SageMaker', accessKeyId: '' },
    realm,
    account,
    region,
    signal: new AbortController().signal,
  }
}
