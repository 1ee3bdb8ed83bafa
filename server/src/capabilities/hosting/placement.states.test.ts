import assert from 'node:assert/strict'
import test from 'node:test'
import {
  canHold,
  capacityText,
  instanceNumbers,
  placeCopy,
  placementsOf,
} from './placement.states.ts'
import type { Placement } from './workload.ts'

const CAPACITY = { cpuCores: 2, accelerators: 0, memoryMb: 8192 }

function needs(more: Partial<Placement> = {}): Placement {
  return { cpuCores: 1, accelerators: 0, memoryMb: 1024, strategy: 'SPREAD', ...more }
}

function on(...numbers: readonly number[]) {
  return numbers.map((instanceNumber) => ({ ...needs(), instanceNumber }))
}

test('instanceNumbers keeps instances that have copies, the fullest where there are too many', () => {
  const cases: readonly [count: number, occupied: number[], numbers: number[], why: string][] = [
    [2, [], [1, 2], 'the lowest numbers are free'],
    [2, [3], [1, 3], 'one that is used keeps its number'],
    [1, [1, 2, 2], [2], 'the fullest stays'],
    [1, [1, 2], [1], 'of two alike the lower one stays'],
    [0, [1], [], 'none is left'],
  ]
  for (const [count, occupied, numbers, why] of cases) {
    assert.deepEqual(instanceNumbers(count, occupied), numbers, why)
  }
})

test('placeCopy spreads or packs copies over the instances that have room', () => {
  const numbers = [1, 2]
  const cases: readonly [
    copy: Partial<Placement>,
    placed: number[],
    number: number | undefined,
    why: string,
  ][] = [
    [{}, [], 1, 'an empty variant is filled from the first instance'],
    [{}, [1], 2, 'SPREAD goes where there are fewest'],
    [{ strategy: 'BINPACK' }, [1], 1, 'BINPACK goes where there are some'],
    [{ strategy: 'BINPACK' }, [1, 1], 2, 'but no further than there is room'],
    [{ strategy: 'BINPACK' }, [2], 1, 'BINPACK takes the first instance that has room'],
    [{}, [1, 1, 2, 2], undefined, 'there is no core left'],
    [{ cpuCores: 0.25, memoryMb: 7000 }, [1, 2], 1, 'memory may be what fits'],
    [{ cpuCores: 0.25, memoryMb: 7500 }, [1, 2], undefined, 'or what does not'],
    [{ accelerators: 1 }, [], undefined, 'there is no accelerator'],
    [{ cpuCores: 0 }, [1, 1, 2, 2], 1, 'one that asks for no core takes none'],
  ]
  for (const [copy, placed, number, why] of cases) {
    assert.equal(
      placeCopy(needs(copy), { numbers, capacity: CAPACITY, placed: on(...placed) }),
      number,
      why,
    )
  }
})

test('quarters of a core add up to all of it', () => {
  const placed = Array.from({ length: 7 }, () => ({
    ...needs({ cpuCores: 0.25 }),
    instanceNumber: 1,
  }))
  const instances = { numbers: [1], capacity: CAPACITY, placed }

  assert.equal(placeCopy(needs({ cpuCores: 0.25 }), instances), 1)
  assert.equal(placeCopy(needs({ cpuCores: 0.5 }), instances), undefined)
})

test('canHold places the greediest first', () => {
  const copies = [
    needs({ memoryMb: 3000 }),
    needs({ memoryMb: 3000 }),
    needs({ cpuCores: 2, memoryMb: 100 }),
  ]

  assert.equal(canHold(copies, { count: 2, capacity: CAPACITY }), true)
  assert.equal(canHold(copies, { count: 1, capacity: CAPACITY }), false)
  assert.equal(canHold([], { count: 0, capacity: CAPACITY }), true)
})

test('what does not fit is told with what is needed and what is free', () => {
  const text = capacityText(
    { inferenceComponentName: 'summary', needs: needs({ memoryMb: 4096 }) },
    {
      variantName: 'AllTraffic',
      instanceType: 'ml.m5.large',
      instances: { numbers: [1], capacity: CAPACITY, placed: on(1, 1) },
    },
  )

  assert.equal(
    text,
    'CapacityError: There is not enough room on the instances of production variant AllTraffic for a copy of ' +
      'inference component summary: it needs 1 CPU core(s), 0 accelerator(s) and 4096 MB of memory. Of 1 ' +
      'ml.m5.large instance(s) with 2 CPU core(s), 0 accelerator(s) and 8192 MB of memory each, the most that is ' +
      'free on one is 0 CPU core(s), 0 accelerator(s) and 6144 MB of memory.',
  )
})

test('placementsOf says of any number of copies whether there is room, without counting them out', () => {
  const instances = { count: 2, capacity: CAPACITY }
  const said = (copyCount: number, more: Partial<Placement> = {}) => {
    const placements = placementsOf({ placement: needs(more), copyCount }, instances)
    return [placements.length, canHold(placements, instances)]
  }

  assert.deepEqual(said(4), [4, true])
  assert.deepEqual(said(5), [5, false])
  assert.deepEqual(said(2 ** 31), [5, false])
  assert.deepEqual(said(2 ** 31, { cpuCores: 0, memoryMb: 4096 }), [5, false], 'memory counts, too')
  assert.deepEqual(said(1, { accelerators: 1 }), [1, false])
})
