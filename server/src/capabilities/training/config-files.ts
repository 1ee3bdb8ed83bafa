import type { Channel } from '@aws-sdk/client-sagemaker'
import type { TaskFile } from '../../platform/engines/engine.ts'
import type { HostPlace } from './cluster.ts'
import type { TrainingJob } from './training-job.store.ts'

const CONFIG_PATH = '/opt/ml/input/config'

/**
 * The files below `/opt/ml/input/config` that a training container reads.
 *
 * @source "How Amazon SageMaker AI Provides Training Information"; `sagemaker-training-toolkit` reads the
 *   first three
 */
export function configFiles(
  job: TrainingJob,
  place: HostPlace & { readonly networkInterface: string },
): readonly TaskFile[] {
  const { request } = job
  return [
    file('hyperparameters', request.HyperParameters ?? {}),
    file('inputdataconfig', inputDataConfig(job)),
    file('resourceconfig', {
      ...resourceConfig(place),
      network_interface_name: place.networkInterface,
    }),
    file('trainingjobconfig', { ...request, TrainingJobArn: job.arn }),
    ...optional('checkpointconfig', request.CheckpointConfig),
    ...optional('debughookconfig', request.DebugHookConfig),
    ...optional('profilerconfig', request.ProfilerConfig),
  ]
}

function inputDataConfig({ request }: TrainingJob): Record<string, object> {
  const channels = request.InputDataConfig ?? []
  return Object.fromEntries(
    channels.map((channel) => [channel.ChannelName, channelConfig(channel, request)]),
  )
}

function channelConfig(channel: Channel, request: TrainingJob['request']): object {
  const source = channel.DataSource?.S3DataSource
  const { TrainingInputMode } = request.AlgorithmSpecification
  return {
    ...(channel.ContentType !== undefined && { ContentType: channel.ContentType }),
    TrainingInputMode: channel.InputMode ?? TrainingInputMode,
    S3DistributionType: source?.S3DataDistributionType ?? 'FullyReplicated',
    RecordWrapperType: channel.RecordWrapperType ?? 'None',
  }
}

function resourceConfig({ host, hosts }: HostPlace): object {
  const groupNames = [...new Set(hosts.map(({ groupName }) => groupName))]
  return {
    current_host: host.name,
    current_instance_type: host.instanceType,
    current_group_name: host.groupName,
    hosts: hosts.map(({ name }) => name),
    instance_groups: groupNames.map((groupName) => {
      const members = hosts.filter((member) => member.groupName === groupName)
      return {
        instance_group_name: groupName,
        instance_type: members[0]?.instanceType,
        hosts: members.map(({ name }) => name),
      }
    }),
  }
}

function optional(name: string, content: object | undefined): readonly TaskFile[] {
  return content ? [file(name, content)] : []
}

function file(name: string, content: object): TaskFile {
  return { path: `${CONFIG_PATH}/${name}.json`, content: JSON.stringify(content) }
}
