import { type Replica, randomlyChosen } from '../../capabilities/inference/index.ts'

/**
 * The environment of a serverless variant that takes the next request: any that has none of this gateway's, by
 * chance, so that gateways seldom meet at the same one.
 *
 * @param passed those that turned out to work for another gateway
 */
export function freeEnvironment(
  replicas: readonly Replica[],
  passed: ReadonlySet<Replica>,
): Replica | undefined {
  return randomlyChosen(replicas.filter((one) => one.outstanding === 0 && !passed.has(one)))
}
