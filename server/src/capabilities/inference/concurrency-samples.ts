import type { MetricSample } from '../metrics/index.ts'
import type { MeteredVariant } from './invocation-meters.ts'
import {
  eachSet,
  NAMESPACE,
  type NamedFigures,
  ofReplicas,
  ofValue,
  told,
} from './metric-figures.ts'

/** A variant or component without requests says so: what scales it in goes by this. */
export function zeroSamples(variant: MeteredVariant, at: Date): readonly MetricSample[] {
  const metricName = perReplica(variant, 'InvocationsPerInstance', 'InvocationsPerCopy')
  return ofReplicas(variant, { namespace: NAMESPACE, metricName, at, ...ofValue(0) })
}

/** @param mean requests under way per replica, held ones among them, on average over the time before `at` */
export function concurrencySamples(
  variant: MeteredVariant,
  { mean, at }: { readonly mean: number; readonly at: Date },
): readonly MetricSample[] {
  const metricName = perReplica(variant, 'ConcurrentRequestsPerModel', 'ConcurrentRequestsPerCopy')
  const metric = { namespace: NAMESPACE, metricName, at }
  return ofReplicas(variant, { ...metric, ...ofValue(mean), resolutionSeconds: 1 })
}

/**
 * Of a serverless variant, by the requests that were under way on average over the time before `at`.
 *
 * @param serverless.provisioned how many environments are always kept; 0: nothing is said of them
 * @source AWS's guide, "Monitor a serverless endpoint"
 */
export function serverlessSamples(
  variant: MeteredVariant,
  { mean, at, ...serverless }: ServerlessFigures & { readonly mean: number; readonly at: Date },
): readonly MetricSample[] {
  const { maxConcurrency, provisioned } = serverless
  const kept: NamedFigures =
    provisioned > 0
      ? {
          ServerlessProvisionedConcurrencyExecutions: ofValue(mean),
          ServerlessProvisionedConcurrencyUtilization: ofValue(Math.min(1, mean / provisioned)),
        }
      : {}
  const used = ofValue(mean / maxConcurrency)
  return told({ ServerlessConcurrentExecutionsUtilization: used, ...kept }, (metric) =>
    eachSet(variant, { namespace: NAMESPACE, at, ...metric }),
  )
}

/** What a serverless variant may have, and what it always has. */
export interface ServerlessFigures {
  readonly maxConcurrency: number
  readonly provisioned: number
}

function perReplica(
  { inferenceComponentName }: MeteredVariant,
  ofInstances: string,
  ofCopies: string,
): string {
  return inferenceComponentName === undefined ? ofInstances : ofCopies
}
