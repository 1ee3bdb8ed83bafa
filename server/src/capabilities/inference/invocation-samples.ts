import type { MetricSample } from '../metrics/index.ts'
import type { ContainerBucket } from './container-figures.ts'
import type { InvocationBucket } from './invocation-bucket.ts'
import type { MeteredVariant } from './invocation-meters.ts'
import {
  eachSet,
  type Figures,
  NAMESPACE,
  type NamedFigures,
  ofComponent,
  ofCount,
  ofLatencies,
  ofOnes,
  told,
} from './metric-figures.ts'

/** For what AWS has no metric of. */
const OWN_NAMESPACE = 'Sagebrush/Endpoints'

/**
 * What a bucket says in CloudWatch's terms: each metric for the endpoint's variant, and once more for the
 * variant of that endpoint configuration, by which blue and green are told apart. What is for a component is told
 * of the component as well.
 *
 * @source AWS's guide, "Amazon SageMaker AI endpoint invocation metrics" and its metric name mapping
 */
export function samplesOf(
  variant: MeteredVariant,
  bucket: InvocationBucket,
): readonly MetricSample[] {
  const at = new Date(bucket.second * 1_000)
  const common = { namespace: NAMESPACE, at }
  const requests = requestFigures(bucket)
  const isComponent = variant.inferenceComponentName !== undefined
  const perInstance = isComponent ? {} : { InvocationsPerInstance: perInstanceFigures(bucket) }
  const perCopy = isComponent ? { InvocationsPerCopy: perInstanceFigures(bucket) } : {}
  return [
    ...told({ ...requests, ...perInstance, ...variantFigures(bucket) }, (metric) =>
      eachSet(variant, { ...common, ...metric }),
    ),
    ...told({ ...requests, ...perCopy, ...copyFigures(bucket) }, (metric) =>
      ofComponent(variant, { ...common, ...metric }),
    ),
    ...told(ownFigures(bucket), (metric) =>
      eachSet(variant, { ...common, namespace: OWN_NAMESPACE, ...metric }),
    ),
    ...Object.entries(bucket.containers ?? {}).flatMap(([name, container]) =>
      containerSamples(variant, name, { container, at }),
    ),
  ]
}

function requestFigures(bucket: InvocationBucket): NamedFigures {
  const { invocations, errors4xx, errors5xx, modelErrors } = bucket
  const times = (sum: number): Figures | undefined =>
    invocations > 0 ? ofOnes(sum, invocations) : undefined
  return {
    Invocations: times(invocations),
    Invocation4XXErrors: times(errors4xx),
    Invocation5XXErrors: times(errors5xx),
    InvocationModelErrors: times(modelErrors),
    ModelLatency: ofLatencies(bucket.model),
    OverheadLatency: ofLatencies(bucket.overhead),
  }
}

/** Of one by the number of replicas for each request: their sum is requests per replica. */
function perInstanceFigures(bucket: InvocationBucket): Figures | undefined {
  const { invocations, perInstance, perInstanceMin, perInstanceMax } = bucket
  if (invocations === 0) return undefined
  return {
    ...{ sampleCount: invocations, sum: perInstance },
    ...{ minimum: perInstanceMin, maximum: perInstanceMax },
  }
}

/** @source AWS's guide, "Monitor a serverless endpoint", and of streaming endpoint invocation metrics */
function variantFigures({ setup, stream, provisioned, spilled }: InvocationBucket): NamedFigures {
  return {
    ModelSetupTime: ofLatencies(setup),
    FirstChunkLatency: ofLatencies(stream?.chunk),
    FirstChunkModelLatency: ofLatencies(stream?.chunkModel),
    FirstChunkOverheadLatency: ofLatencies(stream?.chunkOverhead),
    MidStreamErrors: stream && ofOnes(stream.broken, stream.answers),
    ServerlessProvisionedConcurrencyInvocations: ofCount(provisioned),
    ServerlessProvisionedConcurrencySpilloverInvocations: ofCount(spilled),
  }
}

function copyFigures({ noCapacity }: InvocationBucket): NamedFigures {
  return { NoCapacityInvocationFailures: ofCount(noCapacity) }
}

function ownFigures({ captureDropped, shadowDropped }: InvocationBucket): NamedFigures {
  return {
    CaptureRecordsDropped: ofCount(captureDropped),
    ShadowCopiesDropped: ofCount(shadowDropped),
  }
}

/** @source AWS's guide, "Metrics for multi-container endpoints with direct invocation" */
function containerSamples(
  { endpointName, variantName }: MeteredVariant,
  containerName: string,
  { container, at }: { readonly container: ContainerBucket; readonly at: Date },
): readonly MetricSample[] {
  const { invocations, errors4xx, errors5xx, latency } = container
  const dimensions = {
    EndpointName: endpointName,
    VariantName: variantName,
    ContainerName: containerName,
  }
  const figures: NamedFigures = {
    Invocations: ofOnes(invocations, invocations),
    Invocation4XXErrors: ofOnes(errors4xx, invocations),
    Invocation5XXErrors: ofOnes(errors5xx, invocations),
    ContainerLatency: ofLatencies(latency),
  }
  const common = { namespace: NAMESPACE, dimensions, at, resolutionSeconds: 60 } as const
  return told(figures, (metric) => [{ ...common, ...metric }])
}
