import type { ProductionVariant } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requireModel } from '../models/index.ts'
import { fleetSettings } from './endpoint-config.operations.ts'
import { type EndpointConfig, variantsOf } from './endpoint-config.store.ts'
import type { Fleet, FleetContainer, FleetVariant } from './fleet.ts'
import { fleetVariant, plainVariant } from './fleet-variant.ts'

/**
 * What an endpoint of this configuration runs, as everything is now.
 *
 * @throws ValidationException when a model was deleted since, or its image cannot be had any more
 */
export async function resolveFleet(
  config: EndpointConfig,
  scope: RequestScope,
): Promise<Pick<Fleet, 'variants' | 'settings'>> {
  const variants = await resolveVariants(config, { scope, productions: variantsOf(config) })
  const productions = config.request.ShadowProductionVariants ?? []
  const settings = fleetSettings(config)
  if (productions.length === 0) return { variants, settings }
  const shadows = await resolveVariants(config, { scope, productions })
  return { variants, settings: { ...settings, shadows } }
}

async function resolveVariants(
  config: EndpointConfig,
  options: {
    readonly scope: RequestScope
    readonly productions: readonly ProductionVariant[]
  },
): Promise<readonly FleetVariant[]> {
  const { scope, productions } = options
  const resolvedAt = scope.clock.now()
  const networkIsolation = config.request.EnableNetworkIsolation ?? false
  const variants: FleetVariant[] = []
  for (const production of productions) {
    if (production.ModelName === undefined) {
      variants.push(hostVariant(config, { production, resolvedAt }))
      continue
    }
    const model = await requireModel(scope, production.ModelName)
    const variant = fleetVariant({
      production,
      model,
      resolvedImage: '',
      resolvedAt,
      networkIsolation,
    })
    const { containers } = variant
    const resolvedImage = await resolveImage(variant.container.Image ?? '', scope)
    if (!containers) {
      variants.push({ ...variant, resolvedImage })
      continue
    }
    const all: FleetContainer[] = []
    for (const one of containers.all) {
      all.push({ ...one, resolvedImage: await resolveImage(one.container.Image ?? '', scope) })
    }
    variants.push({ ...variant, resolvedImage, containers: { ...containers, all } })
  }
  return variants
}

/** Instances without containers: copies of inference components come and go on them. */
function hostVariant(
  { request }: EndpointConfig,
  { production, resolvedAt }: { readonly production: ProductionVariant; readonly resolvedAt: Date },
): FleetVariant {
  return {
    ...plainVariant(production),
    container: {},
    executionRoleArn: request.ExecutionRoleArn ?? '',
    networkIsolation: request.EnableNetworkIsolation ?? false,
    resolvedImage: '',
    resolvedAt: resolvedAt.toISOString(),
    hostsComponents: true,
  }
}

/** @returns what stands for the image */
export async function resolveImage(
  containerImage: string,
  { engine }: RequestScope,
): Promise<string> {
  const image = await engine.resolveImage(containerImage)
  if (image.found) return imageName(image.standsFor)
  throw validationException(`Requested image ${containerImage} not found. ${image.reason}`)
}

/** `runtime sklearn 1.2` as a container image's name, which has no spaces: `runtime/sklearn:1.2`. */
function imageName(standsFor: string): string {
  return standsFor.replace(' ', '/').replaceAll(' ', ':')
}
