import type { MetricDatum, PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch'
import type { AwsError } from '../../aws/errors.ts'
import { isAscii } from './metric.ts'
import type { MetricSample } from './metric-sample.ts'
import {
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
} from './metrics-errors.ts'

/** @source Amazon CloudWatch API Reference, PutMetricData and MetricDatum */
const METRICS_MAX = 1_000
const VALUES_MAX = 150
const PAST_MS_MAX = 14 * 86_400_000
const FUTURE_MS_MAX = 2 * 3_600_000
const MAGNITUDE_MAX = 2 ** 360
/** Finer data is not kept for longer; see metric-retention.ts. */
const SECONDS_KEPT_MS = 3 * 3_600_000

interface Faults {
  readonly missing: string[]
  readonly combination: string[]
  readonly value: string[]
}

/**
 * The samples of a request, on the platform's clock where it tells no time.
 *
 * @throws missingParameter, invalidParameterCombination, invalidParameterValue, with all faults of one kind
 */
export function readMetricData(
  input: PutMetricDataCommandInput,
  now: Date,
): readonly MetricSample[] {
  const {
    Namespace: namespace = '',
    MetricData: data = [],
    EntityMetricData: entities = [],
  } = input
  const faults: Faults = { missing: [], combination: [], value: [] }
  if (namespace.startsWith('AWS/')) {
    faults.value.push('The value AWS/ for parameter Namespace is invalid.')
  }
  const ofEntities = entities.map(({ MetricData = [] }) => MetricData)
  const count = data.length + ofEntities.flat().length
  if (count === 0) faults.missing.push('The parameter MetricData is required.')
  if (count > METRICS_MAX) {
    faults.value.push(`The collection MetricData must not have a size greater than ${METRICS_MAX}.`)
  }
  const read = (list: readonly MetricDatum[], name: string) =>
    list.flatMap((datum, index) => {
      const place = `${name}.member.${index + 1}`
      return readDatum(datum, { namespace, place, now, faults }) ?? []
    })
  const samples = [
    ...read(data, 'MetricData'),
    ...ofEntities.flatMap((list, index) =>
      read(list, `EntityMetricData.member.${index + 1}.MetricData`),
    ),
  ]
  const refusal = refusalOf(faults)
  if (refusal) throw refusal
  return samples
}

function refusalOf({ missing, combination, value }: Faults): AwsError | undefined {
  if (missing.length > 0) return missingParameter(missing.join('\n'))
  if (combination.length > 0) return invalidParameterCombination(combination.join('\n'))
  return value.length > 0 ? invalidParameterValue(value.join('\n')) : undefined
}

interface DatumPlace {
  readonly namespace: string
  /** How the request calls it, e.g. `MetricData.member.1`. */
  readonly place: string
  readonly now: Date
  readonly faults: Faults
}

function readDatum(datum: MetricDatum, about: DatumPlace): MetricSample | undefined {
  const { namespace, place, now, faults } = about
  const { MetricName: metricName = '', Timestamp: at = now, Unit: unit } = datum
  const { StorageResolution: resolution = 60 } = datum
  checkTime(at, about)
  checkAscii(faults, { text: metricName, parameter: `${place}.MetricName` })
  if (resolution !== 1 && resolution !== 60) {
    faults.value.push(
      `The parameter ${place}.StorageResolution must be a value in the set [ 1, 60 ].`,
    )
  }
  const dimensions = readDimensions(datum, about)
  const figures = readFigures(datum, about)
  if (!figures) return undefined
  const isOld = at.getTime() < now.getTime() - SECONDS_KEPT_MS
  const resolutionSeconds = resolution === 1 && !isOld ? 1 : 60
  return { namespace, metricName, dimensions, unit, at, resolutionSeconds, ...figures }
}

function checkTime(at: Date, { place, now, faults }: DatumPlace): void {
  if (!(at.getTime() >= now.getTime() - PAST_MS_MAX)) {
    faults.value.push(
      `The parameter ${place}.Timestamp must specify a time within the past two weeks.`,
    )
  } else if (at.getTime() > now.getTime() + FUTURE_MS_MAX) {
    faults.value.push(
      `The parameter ${place}.Timestamp must specify a time no more than two hours in the future.`,
    )
  }
}

/** @source the text that PutMetricData's clients report, e.g. buildkite/buildkite-agent-metrics#32 */
function checkAscii(
  { value }: Faults,
  { text, parameter }: { readonly text: string; readonly parameter: string },
): void {
  if (!isAscii(text)) {
    value.push(`The value for parameter ${parameter} contains non-ASCII characters.`)
  }
}

function readDimensions(
  { Dimensions: given = [] }: MetricDatum,
  { place, faults }: DatumPlace,
): Readonly<Record<string, string>> {
  const dimensions = new Map<string, string>()
  for (const [index, { Name: name = '', Value: value = '' }] of given.entries()) {
    const own = `${place}.Dimensions.member.${index + 1}`
    if (dimensions.has(name))
      faults.value.push(`The value ${name} for parameter ${own}.Name is a duplicate.`)
    if (name.startsWith(':'))
      faults.value.push(`The value ${name} for parameter ${own}.Name is invalid.`)
    checkAscii(faults, { text: name, parameter: `${own}.Name` })
    checkAscii(faults, { text: value, parameter: `${own}.Value` })
    if (value.trim() === '') faults.value.push(`The parameter ${own}.Value must not be empty.`)
    dimensions.set(name, value)
  }
  return Object.fromEntries(dimensions)
}

type Figures = Pick<MetricSample, 'sampleCount' | 'sum' | 'minimum' | 'maximum' | 'distribution'>

/** What a datum says, in one of its three forms. */
function readFigures(datum: MetricDatum, about: DatumPlace): Figures | undefined {
  const { place, faults } = about
  const { Value: value, Values: values, StatisticValues: set } = datum
  const exclusive = (one: string): void => {
    faults.combination.push(
      `The parameters ${place}.Value and ${place}.${one} are mutually exclusive and you have specified both.`,
    )
  }
  if (value !== undefined && values !== undefined) exclusive('Values')
  else if (value !== undefined && set !== undefined) exclusive('StatisticValues')
  else if (value !== undefined) return ofValues([value], [1], { ...about, name: 'Value' })
  else if (values !== undefined && values.length > 0) return readValues(datum, about)
  else if (set !== undefined) return readSet(set, about)
  else faults.missing.push(`The parameter ${place}.Value is required.`)
  return undefined
}

function readValues({ Values: values = [], Counts: counts }: MetricDatum, about: DatumPlace) {
  const { place, faults } = about
  if (counts !== undefined && counts.length !== values.length) {
    faults.value.push(
      `The parameters ${place}.Values and ${place}.Counts must be of the same size.`,
    )
    return undefined
  }
  if (values.length > VALUES_MAX) {
    faults.value.push(
      `The collection ${place}.Values must not have a size greater than ${VALUES_MAX}.`,
    )
    return undefined
  }
  const ones = counts ?? values.map(() => 1)
  for (const [index, count] of ones.entries()) {
    if (!(count >= 0 && count <= MAGNITUDE_MAX))
      badValue(count, `${place}.Counts.member.${index + 1}`, faults)
  }
  return ofValues(values, ones, { ...about, name: 'Values' })
}

function ofValues(
  values: readonly number[],
  counts: readonly number[],
  { place, faults, name }: DatumPlace & { name: 'Value' | 'Values' },
): Figures {
  for (const [index, value] of values.entries()) {
    const own = name === 'Value' ? `${place}.Value` : `${place}.Values.member.${index + 1}`
    checkMagnitude(value, own, faults)
  }
  // a count of 0 says that the value did not come
  const came = values.filter((_, index) => (counts[index] ?? 0) > 0)
  return {
    sampleCount: counts.reduce((sum, count) => sum + count, 0),
    sum: values.reduce((sum, value, index) => sum + value * (counts[index] ?? 0), 0),
    minimum: came.reduce((one, other) => Math.min(one, other), Infinity),
    maximum: came.reduce((one, other) => Math.max(one, other), -Infinity),
    distribution: { values: came, counts: counts.filter((count) => count > 0) },
  }
}

function readSet(
  set: NonNullable<MetricDatum['StatisticValues']>,
  { place, faults }: DatumPlace,
): Figures {
  const { SampleCount = 0, Sum = 0, Minimum = 0, Maximum = 0 } = set
  for (const [name, value] of Object.entries({ SampleCount, Sum, Minimum, Maximum })) {
    checkMagnitude(value, `${place}.StatisticValues.${name}`, faults)
  }
  if (SampleCount < 0) badValue(SampleCount, `${place}.StatisticValues.SampleCount`, faults)
  if (Minimum > Maximum) {
    faults.value.push(
      `The parameter ${place}.StatisticValues.Maximum must be greater than or equal to Minimum.`,
    )
  }
  return {
    sampleCount: SampleCount,
    sum: Sum,
    minimum: Minimum,
    maximum: Maximum,
    distribution: undefined,
  }
}

function checkMagnitude(value: number, place: string, faults: Faults): void {
  if (!(Math.abs(value) <= MAGNITUDE_MAX)) badValue(value, place, faults)
}

function badValue(value: number, place: string, faults: Faults): void {
  faults.value.push(`The value ${value} for parameter ${place} is invalid.`)
}
