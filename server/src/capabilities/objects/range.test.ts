import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutRange, formatContentRange, parseRange, rangeOfPart } from './range.ts'

const SIZE = 100
const CASES = [
  { header: undefined, range: undefined, because: 'no header asks for the whole' },
  { header: 'bytes=0-9', range: [0, 9], because: 'the first ten' },
  { header: 'bytes=90-', range: [90, 99], because: 'from there to the end' },
  { header: 'bytes=-10', range: [90, 99], because: 'the last ten' },
  {
    header: 'bytes=-1000',
    range: [0, 99],
    because: 'a suffix longer than the object is all of it',
  },
  { header: 'bytes=50-1000', range: [50, 99], because: 'the end is cut' },
  { header: 'bytes=99-99', range: [99, 99], because: 'the last byte' },
  { header: 'bytes=9-0', range: undefined, because: 'a backward range is no range' },
  { header: 'bytes=0-1,4-5', range: undefined, because: 'several ranges are not supported by S3' },
  { header: 'lines=0-1', range: undefined, because: 'another unit is ignored' },
  { header: 'bytes=-', range: undefined, because: 'neither end is no range' },
]

test('parseRange reads what RFC 9110 and S3 define, and ignores the rest', () => {
  for (const { header, range, because } of CASES) {
    const [start, end] = range ?? []
    assert.deepEqual(parseRange(header, SIZE), range && { start, end }, because)
  }
})

test('parseRange refuses a range without a byte of the object', () => {
  for (const [header, size] of [
    ['bytes=100-', SIZE],
    ['bytes=-0', SIZE],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
  ] as const) {
    assert.throws(() => parseRange(header, size), {
      code: 'InvalidRange',
      members: { RangeRequested: header, ActualObjectSize: size },
    })
  }
})

test('formatContentRange counts inclusively', () => {
  assert.equal(formatContentRange({ start: 0, end: 9 }, 100), 'bytes 0-9/100')
})

test('rangeOfPart adds the sizes of the parts before', () => {
  assert.deepEqual(rangeOfPart([5, 5, 2], 2), { start: 10, end: 11 })
  assert.deepEqual(rangeOfPart([5, 0], 1), undefined)
})

test('cutRange covers exactly the range, skipping pieces outside and pieces without bytes', () => {
  assert.deepEqual(cutRange([5, 0, 5, 5], { start: 3, end: 11 }), [
    { piece: 0, start: 3, end: 4 },
    { piece: 2, start: 0, end: 4 },
    { piece: 3, start: 0, end: 1 },
  ])
  assert.deepEqual(cutRange([5], { start: 0, end: -1 }), [])
})
