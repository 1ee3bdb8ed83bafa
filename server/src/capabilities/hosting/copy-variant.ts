import type { InferenceComponentSpecification } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { containersOf, type Model, requireModel } from '../models/index.ts'
import type { ComponentSettings, FleetVariant } from './fleet.ts'
import { fleetVariant } from './fleet-variant.ts'
import { resolveImage } from './resolve-fleet.ts'
import type { Placement } from './workload.ts'

/**
 * What a copy of an inference component runs on the instances of `host`, as everything is now.
 *
 * @throws ValidationException when its model or image cannot be had, or is of a kind that components cannot be
 */
export async function copyVariant(
  scope: RequestScope,
  host: FleetVariant,
  component: {
    readonly inferenceComponentName: string
    readonly request: InferenceComponentSpecification
  },
): Promise<FleetVariant> {
  const { inferenceComponentName, request } = component
  const { VolumeSizeInGB, InstanceType, VariantName, RoutingConfig } = host.production
  const variant = fleetVariant({
    production: {
      ...{ VariantName, InstanceType, InitialInstanceCount: 1 },
      ...(VolumeSizeInGB !== undefined && { VolumeSizeInGB }),
      ...(RoutingConfig && { RoutingConfig }),
      ...request.StartupParameters,
    },
    model: await modelOf(scope, host, request),
    resolvedImage: '',
    resolvedAt: scope.clock.now(),
    networkIsolation: host.networkIsolation,
  })
  const { Image: containerImage = '' } = variant.container
  const resolvedImage = await resolveImage(containerImage, scope)
  return { ...variant, resolvedImage, component: settingsOf(inferenceComponentName, request) }
}

/** What a copy takes of its instance: the least memory that it asks for is what is reserved. */
export function placementOf(request: InferenceComponentSpecification): Placement {
  const needs = request.ComputeResourceRequirements
  return {
    cpuCores: needs?.NumberOfCpuCoresRequired ?? 0,
    accelerators: needs?.NumberOfAcceleratorDevicesRequired ?? 0,
    memoryMb: needs?.MinMemoryRequiredInMb ?? 0,
    strategy: request.SchedulingConfig?.PlacementStrategy ?? 'SPREAD',
  }
}

function settingsOf(
  inferenceComponentName: string,
  { ComputeResourceRequirements: needs }: InferenceComponentSpecification,
): ComponentSettings {
  const memoryMbMax = needs?.MaxMemoryRequiredInMb
  return {
    inferenceComponentName,
    cpuCores: needs?.NumberOfCpuCoresRequired ?? 0,
    ...(memoryMbMax !== undefined && { memoryMbMax }),
  }
}

/** The named model, or one of nothing but the container that is given. */
async function modelOf(
  scope: RequestScope,
  host: FleetVariant,
  { ModelName: modelName, Container: container }: InferenceComponentSpecification,
): Promise<Model> {
  if (modelName === undefined) {
    const { Image, ArtifactUrl: ModelDataUrl, Environment } = container ?? {}
    return {
      modelName: '',
      modelArn: '',
      request: {
        ModelName: undefined,
        ExecutionRoleArn: host.executionRoleArn,
        PrimaryContainer: {
          ...(Image !== undefined && { Image }),
          ...(ModelDataUrl !== undefined && { ModelDataUrl }),
          ...(Environment && { Environment }),
        },
      },
      createdAt: scope.clock.now(),
    }
  }
  const model = await requireModel(scope, modelName)
  const containers = containersOf(model.request)
  const isMulti = containers.some(({ Mode }) => Mode === 'MultiModel')
  if (containers.length === 1 && !isMulti) return model
  throw validationException(
    `Model "${modelName}" ${isMulti ? 'is in Mode MultiModel' : `has ${containers.length} containers`}: an ` +
      'inference component is for a model of one container that holds one model.',
  )
}
