import assert from 'node:assert/strict'
import test from 'node:test'
import type { AlarmState } from './alarm.states.ts'
import { decideSuppression, type Suppression, type SuppressionEvent } from './suppression.states.ts'

type Step = readonly [unit: number, event: SuppressionEvent | 'suppressor ALARM' | 'suppressor OK']

/** Plays steps, looks at every unit of time, and answers when actions were taken and what kept them back. */
function play(steps: readonly Step[], suppressor: AlarmState = 'OK') {
  let suppression: Suppression | undefined
  let suppressorState = suppressor
  const taken: number[] = []
  const keptBack: string[] = []
  for (let unit = 0; unit <= 12; unit += 1) {
    const events = steps.filter(([at]) => at === unit).map(([, event]) => event)
    for (const event of [...events, 'Looked' as const]) {
      if (event === 'suppressor ALARM') suppressorState = 'ALARM'
      if (event === 'suppressor OK') suppressorState = 'OK'
      const decision = decideSuppression(
        suppression,
        event === 'suppressor ALARM'
          ? 'SuppressorEntered'
          : event === 'suppressor OK'
            ? 'SuppressorLeft'
            : event,
        { now: new Date(unit * 1000), suppressorState, waitSeconds: 2, extensionSeconds: 3 },
      )
      suppression = decision.suppression
      if (decision.takesActions) taken.push(unit)
    }
    keptBack.push(suppression?.by[0] ?? '.')
  }
  return { taken, keptBack: keptBack.join('') }
}

/** source: the examples of the guide, with WaitPeriod 2 and ExtensionPeriod 3 units. */
test('example 1: actions are taken after WaitPeriod', () => {
  assert.deepEqual(play([[2, 'StateChanged']]), { taken: [4], keptBack: '..WW.........' })
})

test('example 2: the suppressor comes in before WaitPeriod is over', () => {
  const played = play([
    [2, 'StateChanged'],
    [3, 'suppressor ALARM'],
  ])
  assert.deepEqual(played, { taken: [], keptBack: '..WAAAAAAAAAA' })
})

test('example 3: a change during WaitPeriod discards it and begins a new one', () => {
  const played = play([
    [2, 'StateChanged'],
    [3, 'StateChanged'],
  ])
  assert.deepEqual(played, { taken: [5], keptBack: '..WWW........' })
})

test('example 4: the suppressor is in ALARM already', () => {
  const played = play([[2, 'StateChanged']], 'ALARM')
  assert.deepEqual(played, { taken: [], keptBack: 'AAAAAAAAAAAAA' })
})

test('example 5: actions are taken after ExtensionPeriod', () => {
  const played = play([
    [2, 'StateChanged'],
    [3, 'suppressor ALARM'],
    [6, 'suppressor OK'],
  ])
  assert.deepEqual(played, { taken: [9], keptBack: '..WAAAEEE....' })
})

test('example 6: a change during ExtensionPeriod discards it and begins a WaitPeriod', () => {
  const played = play([
    [2, 'StateChanged'],
    [3, 'suppressor ALARM'],
    [6, 'suppressor OK'],
    [7, 'StateChanged'],
  ])
  assert.deepEqual(played, { taken: [9], keptBack: '..WAAAEWW....' })
})

test('a suppressor that came and went without a change of the alarm leads to no action', () => {
  const played = play([
    [2, 'suppressor ALARM'],
    [4, 'suppressor OK'],
  ])
  assert.deepEqual(played, { taken: [], keptBack: '..AAEEE......' })
})

test('periods of 0 s wait for nothing', () => {
  const facts = {
    now: new Date(0),
    suppressorState: 'OK',
    waitSeconds: 0,
    extensionSeconds: 0,
  } as const

  assert.deepEqual(decideSuppression(undefined, 'StateChanged', facts), {
    suppression: undefined,
    takesActions: true,
  })
})
