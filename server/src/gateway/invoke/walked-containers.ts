import {
  containerNotFound,
  containerNotNamed,
  notDirect,
  type RoutedVariant,
} from '../../capabilities/inference/index.ts'
import { ContainerWalk } from './container-walk.ts'

/**
 * Which containers of a variant's replicas a request goes through.
 *
 * @param target the container that the caller names
 * @returns undefined when there is but one
 * @throws AwsError when a name is given in vain, or none is given and one is needed
 */
export function walkThrough(
  { containers, endpoint }: RoutedVariant,
  target: string | undefined,
): ContainerWalk | undefined {
  if (containers?.mode !== 'Direct') {
    if (target !== undefined) throw notDirect(endpoint, target)
    return containers && new ContainerWalk(containers)
  }
  const { hostnames } = containers
  if (target === undefined) throw containerNotNamed(endpoint, hostnames)
  const index = hostnames.indexOf(target)
  if (index < 0) throw containerNotFound(endpoint, { target, hostnames })
  return new ContainerWalk(containers, index)
}
