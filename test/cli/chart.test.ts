/** Figures as pictures: as wide as there is room, in colour where there is a terminal that shows any. */
import { stripVTControlCharacters } from 'node:util'
import { activityText, bar, sparkline, withBars } from '../../src/modules/cli/chart.js'
import { table } from '../../src/modules/cli/format.js'
import { RecordFigures } from '../../src/modules/cli/record-figures.js'
import { tidFromMicros } from '../../src/repo-engine/index.js'

const plain = (text: string | null): string => stripVTControlCharacters(text ?? '')
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

it.each([
  [0, ''],
  [-1, ''],
  [0.0001, '▏'],
  [0.5, '████'],
  [0.55, '████▍'],
  [1, '████████'],
  [7, '████████'],
])('a bar for %d is %j', (share, drawn) => {
  expect(bar(share, 8)).toBe(drawn)
})

it('a line of heights has one a value, the least of them to be seen', () => {
  expect(plain(sparkline([0, 1, 50, 100]))).toBe(' ▁▄█')
})

it.each([30, 40, 60, 80, 200])('bars stay within %d columns, or are left out', (width) => {
  const lines = table('Tree', ['entries'], [['layer 1', '1'], ['a collection of some length', '10,000']]) // prettier-ignore
  const drawn = plain(withBars(lines, [1, 10_000], width))
  expect(widest(drawn)).toBeLessThanOrEqual(Math.max(width, widest(lines)))
  expect(drawn.split('\n')).toHaveLength(3)
  if (width >= 60) expect(drawn).toMatch(/layer 1 .*▏\n.*10,000 {2}█+$/)
})

it.each([
  ['2026-01-01', '2026-01-10', 'day'],
  ['2025-06-01', '2026-01-10', 'week'],
  ['2022-06-01', '2026-01-10', 'month'],
  ['2016-01-01', '2026-01-10', 'quarter'],
  ['1970-01-01', '2026-01-10', 'year'],
  ['1000-01-01', '2026-01-10', 'year'],
])('from %s to %s there is a bar each %s', (from, to, unit) => {
  const days = [
    { day: from, count: 3 },
    { day: to, count: 12 },
  ]
  const text = plain(activityText([['records', days], ['log', []]], 80)) // prettier-ignore
  expect(text).toContain(`Activity by ${unit}, ${from} to ${to}\n  records  `)
  expect(text).toMatch(/█ {2}most 12$/)
  expect(widest(text)).toBeLessThanOrEqual(80)
})

it('nothing is drawn of nothing', () => {
  expect(activityText([['log', []]])).toBeNull()
  expect(withBars('Tree  nodes', [])).toBe('Tree  nodes')
})

it('records are counted by size and day; what their keys say of times that cannot be is not', () => {
  const figures = new RecordFigures()
  const at = (time: string): string => `a.b.c/${tidFromMicros(Date.parse(time) * 1000, 0)}`
  for (const path of [at('2025-01-01T12:00:00Z'), at('2025-01-01T13:00:00Z'), at('2026-05-01T00:00:00Z')])
    figures.add(path, 100)
  for (const path of [at('1999-01-01T00:00:00Z'), at('2200-01-01T00:00:00Z'), 'a.b.c/self', 'a.b.c/jzzzzzzzzzzzz'])
    figures.add(path, 127)
  figures.add('a.b.c/empty', 1_000)
  expect(figures.sizes()).toEqual([
    { below: 128, records: 7 },
    { below: 256, records: 0 },
    { below: 512, records: 0 },
    { below: 1024, records: 1 },
  ])
  expect(figures.days('2026-01-01T00:00:00.000Z')).toEqual([{ day: '2025-01-01', count: 2 }])
  expect(figures.days(null)).toHaveLength(2)
})
