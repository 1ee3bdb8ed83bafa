import type { DashboardValidationMessage } from '@aws-sdk/client-cloudwatch'
import {
  type BodyReport,
  checkWidgetProperties,
  type Fields,
  isFields,
} from './dashboard-widget.validation.ts'

/** What is wrong with a dashboard's body: errors refuse it, warnings are told with the answer. */
export interface BodyFaults {
  readonly errors: readonly DashboardValidationMessage[]
  readonly warnings: readonly DashboardValidationMessage[]
}

/** @source Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax" */
const WIDGETS_MAX = 500
const GRID_WIDTH = 24
const HEIGHT_MAX = 1_000
const WIDGET_TYPES = ['metric', 'text', 'log', 'alarm', 'explorer', 'custom', 'chart', 'query']

/**
 * Holds a body against the structure of dashboards.
 * @returns undefined when it is no JSON object
 */
export function checkDashboardBody(body: string): BodyFaults | undefined {
  const parsed = parseObject(body)
  if (!parsed) return undefined
  const errors: DashboardValidationMessage[] = []
  const warnings: DashboardValidationMessage[] = []
  checkBody(parsed, {
    error: (DataPath, Message) => errors.push({ DataPath, Message }),
    warning: (DataPath, Message) => warnings.push({ DataPath, Message }),
  })
  return { errors, warnings }
}

function parseObject(body: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    return isFields(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function checkBody(body: Fields, report: BodyReport): void {
  const { widgets, start, end, periodOverride } = body
  if (!Array.isArray(widgets)) {
    const message =
      widgets === undefined ? "Should have required property 'widgets'" : 'Should be array'
    report.error(widgets === undefined ? '' : '/widgets', message)
    return
  }
  if (widgets.length > WIDGETS_MAX) {
    report.error('/widgets', `Should NOT have more than ${WIDGETS_MAX} items`)
  }
  if (start !== undefined && typeof start !== 'string') report.error('/start', 'Should be string')
  if (end !== undefined && start === undefined) {
    report.error('', "Should have property 'start' when property 'end' is present")
  }
  if (periodOverride !== undefined && periodOverride !== 'auto' && periodOverride !== 'inherit') {
    report.error('/periodOverride', 'Should be equal to one of the allowed values')
  }
  for (const name of Object.keys(body)) {
    if (!['widgets', 'start', 'end', 'periodOverride', 'variables'].includes(name)) {
      report.warning('', `Unexpected property '${name}'`)
    }
  }
  for (const [index, widget] of widgets.entries()) checkWidget(widget, `/widgets/${index}`, report)
}

function checkWidget(widget: unknown, path: string, report: BodyReport): void {
  if (!isFields(widget)) {
    report.error(path, 'Should be object')
    return
  }
  const { type, properties } = widget
  if (type === undefined) {
    report.error(path, "Should have required property 'type'")
  } else if (typeof type !== 'string' || !WIDGET_TYPES.includes(type)) {
    report.error(`${path}/type`, 'Should be equal to one of the allowed values')
  } else {
    checkPlace(widget, path, report)
    if (properties === undefined) report.error(path, "Should have required property 'properties'")
    else if (!isFields(properties)) report.error(`${path}/properties`, 'Should be object')
    else checkWidgetProperties(type, properties, { ...report, path: `${path}/properties` })
  }
}

function checkPlace(widget: Fields, path: string, report: BodyReport): void {
  const limits = {
    x: [0, GRID_WIDTH - 1],
    y: [0, Infinity],
    width: [1, GRID_WIDTH],
    height: [1, HEIGHT_MAX],
  }
  for (const [name, [least = 0, greatest = 0]] of Object.entries(limits)) {
    const value = widget[name]
    if (value === undefined) continue
    const own = `${path}/${name}`
    if (!Number.isInteger(value)) report.error(own, 'Should be integer')
    else if (Number(value) < least) report.error(own, `Should be >= ${least}`)
    else if (Number(value) > greatest) report.error(own, `Should be <= ${greatest}`)
  }
  if ((widget.x === undefined) !== (widget.y === undefined)) {
    report.error(path, "Should have both properties 'x' and 'y', or none of them")
  }
}
