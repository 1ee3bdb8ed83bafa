import type { MetricSample } from '../metrics/index.ts'
import type { VariantConcurrency } from './concurrency.store.ts'
import { concurrencySamples, serverlessSamples, zeroSamples } from './concurrency-samples.ts'
import type { MeteredVariant } from './invocation-meters.ts'

/** How often AWS tells concurrency: a variant without requests does so too. */
const PERIOD_SECONDS = 10
const MINUTE_SECONDS = 60
/** How far back is made up for after a jump of the clock. */
const PERIODS_MAX = 360
const MINUTES_MAX = 180

/** The variants of a place whose concurrency is to be recorded, and what was seen of them. */
export interface ConcurrencySeen {
  /** All that are served, whether they have requests or not. */
  readonly routed: readonly VariantConcurrency[]
  /** What each gateway has under way. */
  readonly told: readonly VariantConcurrency[]
}

/** Adds up what gateways see of the same variant. Of instances the largest number holds: the newest. */
export function addUp({ routed, told }: ConcurrencySeen): readonly VariantConcurrency[] {
  const sums = new Map<string, VariantConcurrency>()
  for (const one of [...routed, ...told]) {
    const key = JSON.stringify(Object.entries(one.variant).sort())
    const known = sums.get(key)
    sums.set(key, {
      variant: one.variant,
      mean: one.mean + (known?.mean ?? 0),
      instances: Math.max(one.instances, known?.instances ?? 0),
      ...serverlessOf(one.serverless ?? known?.serverless),
    })
  }
  return [...sums.values()]
}

function serverlessOf(
  serverless: VariantConcurrency['serverless'],
): Pick<VariantConcurrency, 'serverless'> {
  return serverless ? { serverless } : {}
}

/**
 * The samples from `before`, exclusively, to `second`, both on the platform's clock. One for the present
 * second; where the clock has gone on by more, one for each ten seconds between: it stands for that time,
 * too. Variants without requests are told at each full ten seconds, and that they had none each minute.
 */
export function concurrencyBetween(
  sums: readonly VariantConcurrency[],
  { before, second }: { readonly before: number; readonly second: number },
): readonly { readonly variant: MeteredVariant; readonly samples: readonly MetricSample[] }[] {
  const isForward = before > 0 && before < second
  const from = isForward ? before : second - 1
  const periods = multiples(PERIOD_SECONDS, { from, second }).slice(-PERIODS_MAX)
  const minutes = multiples(MINUTE_SECONDS, { from, second }).slice(-MINUTES_MAX)
  return sums.map(({ variant, mean, instances, serverless }) => {
    const perInstance = mean / Math.max(instances, 1)
    const instants = mean > 0 && !periods.includes(second) ? [...periods, second] : periods
    return {
      variant,
      samples: [
        ...instants.flatMap((one) =>
          concurrencySamples(variant, { mean: perInstance, at: new Date(one * 1_000) }),
        ),
        ...instants.flatMap((one) =>
          serverless
            ? serverlessSamples(variant, { mean, ...serverless, at: new Date(one * 1_000) })
            : [],
        ),
        ...minutes.flatMap((one) => zeroSamples(variant, new Date(one * 1_000))),
      ],
    }
  })
}

function multiples(of: number, { from, second }: { from: number; second: number }): number[] {
  const first = (Math.floor(from / of) + 1) * of
  return Array.from(
    { length: Math.max(0, Math.floor((second - first) / of) + 1) },
    (_, index) => first + index * of,
  )
}
