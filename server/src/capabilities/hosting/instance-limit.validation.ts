import { resourceLimitExceeded } from '../../aws/errors.ts'

/** Of one variant: far more than a machine holds, and few enough to plan for each of them. */
export const INSTANCES_MAX = 1_000

/**
 * Refuses what no machine could ever run, in AWS's words for a quota.
 *
 * @throws ResourceLimitExceeded
 */
export function requireInstances(
  instanceType: string,
  counts: readonly (number | undefined)[],
): void {
  const count = Math.max(0, ...counts.map((one) => one ?? 0))
  if (count <= INSTANCES_MAX) return
  throw resourceLimitExceeded(
    `The account-level service limit '${instanceType} for endpoint usage' is ${INSTANCES_MAX} Instances, with ` +
      `current utilization of 0 Instances and a request delta of ${count} Instances.`,
  )
}
