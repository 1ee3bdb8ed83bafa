import type { Outcome } from './goal.ts'
import { median, share, spread } from './rounds.ts'
import type { Measurement } from './row.ts'

/** A spread above this says that something else was using the machine. */
const CALM_SPREAD_MAX = 0.3

const HEAD = ['what', 'unit', 'ours', '±', 'peer', '±', 'ratio', 'goal', 'met?']

/** What a measurement came to. */
export function outcomeOf({ ours, peer }: Measurement): Outcome {
  const pairs = ours.flatMap((value, round) => {
    const other = peer[round]
    // none on either side is as many
    return other === undefined ? [] : [share(value, other, { ofNothing: 1 })]
  })
  return {
    ours: median(ours),
    peer: peer.length > 0 ? median(peer) : undefined,
    ratio: pairs.length > 0 ? median(pairs) : undefined,
  }
}

/** All measurements as one table, then their notes. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map(lineOf)
  const widths = HEAD.map((_, column) =>
    Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const isText = (column: number): boolean => column < 2 || column > 6
  const lines = [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  const [head = '', ...body] = lines
  return [head, rule, ...body, ...notesOf(measurements)].join('\n')
}

/** True when a goal was missed. */
export function isMissed(measurement: Measurement): boolean {
  return measurement.goal !== undefined && !measurement.goal.isMet(outcomeOf(measurement))
}

function lineOf(measurement: Measurement): string[] {
  const { what, unit, ours, peer, goal } = measurement
  const outcome = outcomeOf(measurement)
  return [
    what,
    unit,
    figure(outcome.ours),
    percent(spread(ours)),
    outcome.peer === undefined ? '' : figure(outcome.peer),
    peer.length > 0 ? percent(spread(peer)) : '',
    outcome.ratio === undefined ? '' : `${figure(outcome.ratio)}×`,
    goal?.text ?? 'stated',
    goal ? (isMissed(measurement) ? 'NO' : 'yes') : '',
  ]
}

function notesOf(measurements: readonly Measurement[]): string[] {
  const lines = measurements.flatMap(({ what, note }) => (note ? [`${what}: ${note}`] : []))
  const wild = measurements.filter(({ ours, peer }) =>
    [ours, peer].some((values) => values.length > 0 && spread(values) > CALM_SPREAD_MAX),
  )
  if (wild.length > 0) {
    const names = wild.map(({ what }) => what).join('; ')
    lines.push(
      `The machine was not quiet: values of one side lie more than ${percent(CALM_SPREAD_MAX)} apart in ${names}.`,
      'The ratio is the median over rounds measured side by side, and bears that better than the values do.',
    )
  }
  return lines.length > 0 ? ['', ...lines] : []
}

/** Three significant digits, or whole numbers with separators. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

function percent(share: number): string {
  return `${Math.round(share * 100).toLocaleString('en')}%`
}
