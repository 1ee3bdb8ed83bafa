import type { ResourceConfig } from '@aws-sdk/client-sagemaker'
import { instanceType } from '../compute/index.ts'

/** One host of a training job, with what it is called and what it runs on. */
export interface Host {
  /** `algo-1` to `algo-n`, in the order of the instance groups. */
  readonly name: string
  readonly instanceType: string
  readonly groupName: string
}

/** A host among all of its job's, in their order. */
export interface HostPlace {
  readonly host: Host
  readonly hosts: readonly Host[]
}

export interface InstanceGroupRequest {
  readonly groupName: string
  readonly instanceType: string
  readonly count: number
}

/** What AWS calls the only group of a job that names none. */
export const ONLY_GROUP = 'homogeneousCluster'

/** The instances that a job asks for, whichever of the three spellings it uses. */
export function instanceGroupsOf(config: ResourceConfig): readonly InstanceGroupRequest[] {
  if (config.InstanceGroups?.length) {
    return config.InstanceGroups.map((group) => ({
      groupName: group.InstanceGroupName ?? '',
      instanceType: group.InstanceType ?? '',
      count: group.InstanceCount ?? 0,
    }))
  }
  const selected = config.InstancePreferences?.length ? selectedInstance(config) : config
  const { InstanceType: type = '', InstanceCount: count = 0 } = selected
  return [{ groupName: ONLY_GROUP, instanceType: type, count }]
}

/** The first preference that can be had here: one without accelerators, or the first of all. */
export function selectedInstance(
  config: ResourceConfig,
): Pick<ResourceConfig, 'InstanceType' | 'InstanceCount'> {
  const preferences = config.InstancePreferences ?? []
  const chosen =
    preferences.find(({ InstanceType }) => instanceType(InstanceType ?? '')?.gpus === 0) ??
    preferences[0]
  return {
    InstanceType: chosen?.InstanceType,
    InstanceCount: chosen?.InstanceCount ?? config.InstanceCount,
  }
}

export function hostsOf(config: ResourceConfig): readonly Host[] {
  const instances = instanceGroupsOf(config).flatMap(({ count, ...group }) =>
    Array.from({ length: count }, () => group),
  )
  return instances.map((instance, index) => ({ name: hostName(index + 1), ...instance }))
}

/** @param number from 1 */
export function hostName(number: number): string {
  return `algo-${number}`
}
