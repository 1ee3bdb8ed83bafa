/** An object of a dashboard's body. */
export type Fields = Readonly<Record<string, unknown>>

/** Takes what is wrong with a body, by the path of where it is. */
export interface BodyReport {
  readonly error: (path: string, message: string) => void
  readonly warning: (path: string, message: string) => void
}

/** The same, for the properties of one widget. */
interface PropertiesReport extends BodyReport {
  readonly path: string
}

const METRIC_VIEWS = ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table']
const RENDERING = new Set([
  ...['accountId', 'color', 'expression', 'id', 'label', 'period', 'region', 'stat', 'visible'],
  'yAxis',
])

type Check = (properties: Fields, report: PropertiesReport) => void

/** Types of widgets that are not among them may have any properties. */
const CHECKS: Readonly<Record<string, Check>> = {
  metric: checkMetricProperties,
  alarm: checkAlarms,
  text: (properties, report) => demandText(properties, 'markdown', report),
  custom: (properties, report) => demandText(properties, 'endpoint', report),
  log: (properties, report) => {
    demandText(properties, 'query', report)
    demandText(properties, 'region', report)
  },
}

/** @source Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax"; messages as AWS words them */
export function checkWidgetProperties(
  type: string,
  properties: Fields,
  report: PropertiesReport,
): void {
  CHECKS[type]?.(properties, report)
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function demandText(properties: Fields, name: string, { path, error }: PropertiesReport): void {
  const value = properties[name]
  if (value === undefined) error(path, `Should have required property '${name}'`)
  else if (typeof value !== 'string') error(`${path}/${name}`, 'Should be string')
}

function checkAlarms({ alarms }: Fields, { path, error }: PropertiesReport): void {
  if (alarms === undefined) error(path, "Should have required property 'alarms'")
  else if (!Array.isArray(alarms)) error(`${path}/alarms`, 'Should be array')
  else if (alarms.length < 1) error(`${path}/alarms`, 'Should NOT have less than 1 items')
}

function checkMetricProperties(properties: Fields, report: PropertiesReport): void {
  const { path, error } = report
  const { metrics, annotations, region, view, period } = properties
  if (metrics === undefined && annotations === undefined) {
    error(path, "Should have required property 'metrics'")
    error(
      path,
      'The metric widget should have specified a region and a data source or an alarm annotation',
    )
    error(path, "Should have required property 'annotations'")
  } else if (metrics !== undefined && region === undefined) {
    error(path, "Should have required property 'region'")
  }
  if (view !== undefined && !METRIC_VIEWS.includes(String(view))) {
    error(`${path}/view`, 'Should be equal to one of the allowed values')
  }
  if (period !== undefined && !Number.isInteger(period)) {
    error(`${path}/period`, 'Should be integer')
  }
  if (metrics !== undefined) checkMetrics(metrics, { ...report, path: `${path}/metrics` })
}

function checkMetrics(metrics: unknown, report: PropertiesReport): void {
  const { path, error } = report
  if (!Array.isArray(metrics)) {
    error(path, 'Should be array')
    return
  }
  if (metrics.length < 1) error(path, 'Should NOT have less than 1 items')
  for (const [index, metric] of metrics.entries()) {
    checkMetric(metric, { ...report, path: `${path}/${index}` })
  }
}

/** `[namespace, name, dimension, value, …, {rendering}]`, or `[{expression}]`. */
function checkMetric(metric: unknown, { path, error, warning }: PropertiesReport): void {
  const form =
    'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object ' +
    'as last element'
  if (!Array.isArray(metric)) {
    error(path, 'Should be array')
    error(path, form)
    return
  }
  const last: unknown = metric.at(-1)
  const rendering = isFields(last) ? last : undefined
  const names: readonly unknown[] = rendering ? metric.slice(0, -1) : metric
  const isExpression = rendering?.expression !== undefined && names.length === 0
  if (!names.every((name) => typeof name === 'string')) error(path, form)
  else if (names.length < 2 && !isExpression)
    error(path, 'Should have a namespace and a metric name')
  else if (names.length % 2 !== 0) error(path, 'Should have a value for each dimension name')
  for (const name of Object.keys(rendering ?? {})) {
    if (!RENDERING.has(name)) warning(path, `Unexpected property '${name}'`)
  }
}
