import { parseRange } from '../../../src/modules/blob/byte-range.js'

const HUGE = '9'.repeat(400)
const range = (start: number, end: number): object => ({ start, end })

it.each([
  ['bytes=0-0', 10, range(0, 0)],
  ['bytes=0-9', 10, range(0, 9)],
  ['bytes=3-5', 10, range(3, 5)],
  ['bytes=003-005', 10, range(3, 5)],
  ['BYTES=3-', 10, range(3, 9)],
  ['bytes= 3-5 ', 10, range(3, 5)],
  ['bytes=9-', 10, range(9, 9)],
  ['bytes=0-10', 10, range(0, 9)],
  [`bytes=0-${HUGE}`, 10, range(0, 9)],
  ['bytes=-1', 10, range(9, 9)],
  ['bytes=-10', 10, range(0, 9)],
  ['bytes=-11', 10, range(0, 9)],
  [`bytes=-${HUGE}`, 10, range(0, 9)],
])('%s of %d bytes is a part of them', (header, size, expected) => {
  expect(parseRange(header, size)).toEqual(expected)
})

it.each([
  ['bytes=10-', 10],
  ['bytes=10-20', 10],
  ['bytes=0-', 0],
  ['bytes=0-0', 0],
  ['bytes=-0', 10],
  ['bytes=-000', 10],
  ['bytes=-0', 0],
  [`bytes=${HUGE}-`, 10],
  [`bytes=${HUGE}-${HUGE}`, 10],
  ['bytes=18446744073709551616-18446744073709551617', 10],
])('%s of %d bytes is nothing of them', (header, size) => {
  expect(parseRange(header, size)).toBe('unsatisfiable')
})

it.each([
  [undefined, 10],
  ['', 10],
  ['bytes', 10],
  ['bytes=', 10],
  ['bytes=-', 10],
  ['bytes=5-3', 10],
  [`bytes=${HUGE}-3`, 10],
  ['bytes=a-b', 10],
  ['bytes=0x1-2', 10],
  ['bytes=1.5-2', 10],
  ['bytes=--1', 10],
  ['bytes=1-2-3', 10],
  ['bytes=+1-2', 10],
  ['bytes=1e1-', 10],
  ['bytes =0-1', 10],
  ['bytes=0 - 1', 10],
  ['bytes=٣-٥', 10],
  ['items=0-1', 10],
  ['xbytes=0-1', 10],
  ['bytes=-5', 0],
  ['bytes=0-1,3-4', 10],
  ['bytes=0-1,', 10],
  [`bytes=${'0-0,'.repeat(10_000)}0-0`, 10],
  [`bytes=${' '.repeat(10_000)}x`, 10],
])('%s of %d bytes is all of them', (header, size) => {
  expect(parseRange(header, size)).toBeNull()
})
