import { type AlarmPoint, type AlarmTerms, type AlarmVerdict, isBreaching } from './alarm.states.ts'
import { cloudWatchInstant, javaDouble, shortInstant } from './java-text.ts'

/** Said of an alarm that was never evaluated. */
export const INITIAL_REASON = 'Unchecked: Initial alarm creation'

const COMPARISON_WORDS = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
} as const

const FILLED_WORDS = {
  breaching: 'Breaching',
  notBreaching: 'NonBreaching',
  missing: 'Missing',
  ignore: 'Ignore',
} as const

/**
 * Why the alarm is in its new state, in CloudWatch's words.
 * @param verdict with a state
 * @source the texts in AWS's published events and histories, e.g. Amazon CloudWatch User Guide, "Alarm events
 * and EventBridge"
 */
export function stateReason(terms: AlarmTerms, verdict: AlarmVerdict): string {
  const missing = verdict.evaluated.filter(({ value }) => value === undefined).length
  if (verdict.stateValue === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${counted(missing, 'datapoint')} ${was(missing)} unknown.`
  }
  const real = verdict.evaluated.length - missing
  const isAlarm = verdict.stateValue === 'ALARM'
  const deciding = verdict.evaluated.filter(
    (point) => point.value !== undefined && isBreaching(terms, point) === isAlarm,
  )
  const filled =
    missing === 0
      ? ''
      : ` and ${counted(missing, 'missing datapoint')} ${was(missing)} treated as ` +
        `[${FILLED_WORDS[terms.missingData]}]`
  if (deciding.length === 0) {
    const received =
      real === 0
        ? 'no datapoints were received'
        : `${counted(real, 'datapoint')} ${was(real)} received`
    return `Threshold Crossed: ${received} for ${counted(terms.evaluationPeriods, 'period')}${filled}.`
  }
  return `Threshold Crossed: ${crossing(terms, deciding, isAlarm)}${filled}${minimum(terms, isAlarm)}.`
}

/** The same for programs: a JSON document. */
export function stateReasonData(
  terms: AlarmTerms,
  verdict: AlarmVerdict,
  query: AlarmQueryFacts,
): string {
  const real = verdict.evaluated.filter(({ value }) => value !== undefined).toReversed()
  const text = JSON.stringify
  const members = [
    ['version', text('1.0')],
    ['queryDate', text(cloudWatchInstant(query.at))],
    ['startDate', real[0] && text(cloudWatchInstant(real[0].at))],
    ['unit', query.unit && text(query.unit)],
    ['statistic', query.statistic && text(query.statistic)],
    ['period', String(query.periodSeconds)],
    ['recentDatapoints', `[${real.map(({ value = 0 }) => javaDouble(value)).join(',')}]`],
    ['threshold', javaDouble(terms.threshold)],
    ['evaluatedDatapoints', `[${verdict.evaluated.map(evaluatedDatapoint).join(',')}]`],
  ]
  return `{${members
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`
}

/** What was asked, of which the reason tells. */
export interface AlarmQueryFacts {
  readonly at: Date
  readonly periodSeconds: number
  /** Absent for metric maths. */
  readonly statistic: string | undefined
  readonly unit: string | undefined
}

function crossing(terms: AlarmTerms, deciding: readonly AlarmPoint[], isAlarm: boolean): string {
  const { evaluationPeriods, datapointsToAlarm } = terms
  const count = deciding.length
  const points = deciding.map(({ value = 0, at }) => `${javaDouble(value)} (${shortInstant(at)})`)
  const who =
    datapointsToAlarm === undefined
      ? counted(count, 'datapoint')
      : `${count} out of the last ${evaluationPeriods} datapoints`
  const comparison = `${isAlarm ? '' : 'not '}${COMPARISON_WORDS[terms.comparison]}`
  return `${who} [${points.join(', ')}] ${was(count)} ${comparison} the threshold (${javaDouble(terms.threshold)})`
}

/** Said of alarms that are given an M alone. */
function minimum({ evaluationPeriods, datapointsToAlarm }: AlarmTerms, isAlarm: boolean): string {
  if (datapointsToAlarm === undefined) return ''
  const least = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1
  const transition = isAlarm ? 'OK -> ALARM' : 'ALARM -> OK'
  return ` (minimum ${counted(least, 'datapoint')} for ${transition} transition)`
}

function evaluatedDatapoint({ at, value, sampleCount }: AlarmPoint): string {
  const timestamp = `"timestamp":"${cloudWatchInstant(at)}"`
  if (value === undefined) return `{${timestamp}}`
  const samples = sampleCount === undefined ? '' : `,"sampleCount":${javaDouble(sampleCount)}`
  return `{${timestamp}${samples},"value":${javaDouble(value)}}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function was(count: number): string {
  return count === 1 ? 'was' : 'were'
}
