import assert from 'node:assert/strict'
import test from 'node:test'
import { nextRun, parseSchedule, type Schedule } from './schedule.ts'

function parsed(text: string, timeZone = 'UTC'): Schedule {
  const schedule = parseSchedule(text, timeZone)
  assert(schedule, `${text} is no schedule`)
  return schedule
}

/** The next runs, as ISO 8601 to the minute. */
function runs(schedule: Schedule, after: string, count = 1): string[] {
  const found: string[] = []
  let instant = new Date(after)
  while (found.length < count) {
    const next = nextRun(schedule, instant, { createdAt: new Date(after) })
    if (!next) break
    found.push(next.toISOString().slice(0, 16))
    instant = next
  }
  return found
}

test('cron comes when its fields say', () => {
  const cases: readonly [cron: string, after: string, expected: string[]][] = [
    // source: the table of Application Auto Scaling's guide to cron expressions
    ['0 10 * * ? *', '2026-03-01T10:00:00Z', ['2026-03-02T10:00']],
    ['15 12 * * ? *', '2026-03-01T12:14:59Z', ['2026-03-01T12:15']],
    ['0 18 ? * MON-FRI *', '2026-03-06T18:00:00Z', ['2026-03-09T18:00', '2026-03-10T18:00']],
    ['0 8 1 * ? *', '2026-03-01T08:00:00Z', ['2026-04-01T08:00']],
    ['0/15 * * * ? *', '2026-03-01T08:50:00Z', ['2026-03-01T09:00', '2026-03-01T09:15']],
    ['0/5 8-17 ? * MON-FRI *', '2026-03-06T17:54:00Z', ['2026-03-06T17:55', '2026-03-09T08:00']],
    // seconds before them
    ['30 0 12 * * ? *', '2026-03-01T12:00:30Z', ['2026-03-02T12:00']],
    // lists, names, last days, nearest workdays, ordinals
    ['0 0,12 * JAN,jul ? *', '2026-03-01T00:00:00Z', ['2026-07-01T00:00', '2026-07-01T12:00']],
    ['0 0 L * ? *', '2028-02-01T00:00:00Z', ['2028-02-29T00:00']],
    ['0 0 LW * ? *', '2026-05-01T00:00:00Z', ['2026-05-29T00:00']],
    ['0 0 1W * ? *', '2026-07-20T00:00:00Z', ['2026-08-03T00:00']],
    ['0 0 ? * 6L *', '2026-03-01T00:00:00Z', ['2026-03-27T00:00']],
    ['0 0 ? * TUE#2 *', '2026-03-11T00:00:00Z', ['2026-04-14T00:00']],
    ['0 0 29 2 ? *', '2026-03-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['0 0 1 1 ? 2027', '2026-03-01T00:00:00Z', ['2027-01-01T00:00']],
    ['0 0 1 1 ? 2025', '2026-03-01T00:00:00Z', []],
  ]
  for (const [cron, after, expected] of cases) {
    const found = runs(parsed(`cron(${cron})`), after, Math.max(1, expected.length))
    assert.deepEqual(found, expected, cron)
  }
})

test('cron keeps to the clocks of its time zone when they are set forward and back', () => {
  // source: the IANA time zone database; Berlin goes to summer time on 29 March 2026 at 02:00
  const morning = parsed('cron(0 9 * * ? *)', 'Europe/Berlin')
  assert.deepEqual(runs(morning, '2026-03-28T00:00:00Z', 2), [
    '2026-03-28T08:00',
    '2026-03-29T07:00',
  ])
  const never = parsed('cron(30 2 * * ? *)', 'Europe/Berlin')
  assert.deepEqual(runs(never, '2026-03-28T12:00:00Z'), ['2026-03-30T00:30'], 'skips what is not')
  const twice = parsed('cron(30 2 * * ? *)', 'Europe/Berlin')
  assert.deepEqual(
    runs(twice, '2026-10-24T12:00:00Z', 2),
    ['2026-10-25T00:30', '2026-10-26T01:30'],
    'comes once where clocks show it twice',
  )
})

test('at comes once, in its time zone', () => {
  const newYear = parsed('at(2026-12-31T23:59:59)', 'Pacific/Tahiti')
  assert.deepEqual(runs(newYear, '2026-03-01T00:00:00Z', 2), ['2027-01-01T09:59'])
})

test('rate counts from the start, and a recurring schedule comes at its start and not after its end', () => {
  const schedule = parsed('rate(6 hours)')
  const span = {
    createdAt: new Date('2026-03-01T00:00:00Z'),
    startAt: new Date('2026-03-02T03:00:00Z'),
    endAt: new Date('2026-03-02T10:00:00Z'),
  }
  const first = nextRun(schedule, span.createdAt, span)
  assert.equal(first?.toISOString(), '2026-03-02T03:00:00.000Z')
  const second = nextRun(schedule, span.startAt, span)
  assert.equal(second?.toISOString(), '2026-03-02T09:00:00.000Z')
  assert.equal(nextRun(schedule, new Date('2026-03-02T09:00:00Z'), span), undefined)
  assert.deepEqual(runs(parsed('rate(1 day)'), '2026-03-01T05:00:00Z'), ['2026-03-02T05:00'])
})

test('what is no schedule is told', () => {
  const wrong = [
    'every day',
    'rate(1 minutes)',
    'rate(2 minute)',
    'rate(0 minutes)',
    'rate(1 second)',
    'at(2026-02-30T00:00:00)',
    'at(2026-02-03)',
    'cron(0 10 * * *)',
    'cron(60 10 * * ? *)',
    'cron(0 10 1 * MON *)',
    'cron(0 10 ? * ? *)',
    'cron(0 10 * * 8 *)',
    'cron(a b c d e f)',
  ]
  for (const text of wrong) assert.equal(parseSchedule(text, 'UTC'), undefined, text)
})
