/**
 * CloudWatch's units, in the order in which it prefers them: where a metric was measured in several and a query
 * names none, the answer is about the first of them.
 *
 * @source the set in the service's own refusal of other units; the preference was recorded from AWS by the tests of
 *   localstack/localstack, tests/aws/services/cloudwatch/test_cloudwatch.py, test_get_metric_data_different_units
 */
const UNITS: readonly string[] = [
  ...['Megabits', 'Terabits', 'Gigabits', 'Count', 'Bytes', 'Gigabytes', 'Gigabytes/Second'],
  ...['Kilobytes', 'Kilobits/Second', 'Terabytes', 'Terabits/Second', 'Bytes/Second', 'Percent'],
  ...['Megabytes', 'Megabits/Second', 'Milliseconds', 'Microseconds', 'Kilobytes/Second'],
  ...['Gigabits/Second', 'Megabytes/Second', 'Bits', 'Bits/Second', 'Count/Second', 'Seconds'],
  ...['Kilobits', 'Terabytes/Second', 'None'],
]

/** The unit that an answer is about. @returns undefined for none at all */
export function preferredUnit(units: ReadonlySet<string>): string | undefined {
  return UNITS.find((unit) => units.has(unit)) ?? [...units][0]
}
