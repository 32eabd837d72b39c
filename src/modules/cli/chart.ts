/** Figures as pictures in a terminal: no wider than it is, and in colour only where it shows colours. */
import { styleText } from 'node:util'
import { count } from './format.js'
import type { DayCount } from './record-figures.js'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
/** Where there is no terminal to ask, or one that says 0, and at most. */
const [WIDTH, MAX_WIDTH, LEAST_BAR, MOST_BAR] = [80, 160, 4, 40]
const DAY_MS = 24 * 60 * 60 * 1000

/** Columns of the terminal on stdout. */
export function terminalWidth(): number {
  return Math.min(process.stdout.columns || WIDTH, MAX_WIDTH)
}

/** `full` for 1, nothing for 0 and below, in between to an eighth of a character. */
export function bar(share: number, full: number): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(Math.min(Math.max(share, 0), 1) * full * 8))
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!
}

/** Puts a bar behind each line of a table but its head, as long as the value of the line; none where there is no room. */
export function withBars(table: string, values: readonly number[], width = terminalWidth()): string {
  const [head, ...lines] = table.split('\n') as [string, ...string[]]
  const longest = Math.max(...[head, ...lines].map((line) => line.length))
  const room = Math.min(width - longest - 2, MOST_BAR)
  const most = Math.max(...values)
  if (room < LEAST_BAR || !(most > 0)) return table
  return [
    head,
    ...lines.map((line, i) => {
      const drawn = values[i] === undefined ? '' : bar(values[i] / most, room)
      return drawn === '' ? line : `${line.padEnd(longest)}  ${coloured(drawn)}`
    }),
  ].join('\n')
}

/** A line of heights, one a value. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values)
  return coloured(
    values
      .map((value) => (value <= 0 ? ' ' : HEIGHTS[Math.min(Math.ceil((value / most) * HEIGHTS.length), 8) - 1]!))
      .join(''),
  )
}

/**
 * Counts by day as lines of heights under one heading, all over the same days: by day, week, month … as long as the room takes
 * it. Null without any.
 */
export function activityText(
  lines: readonly (readonly [label: string, days: readonly DayCount[]])[],
  width = terminalWidth(),
): string | null {
  const shown = lines.filter(([, days]) => days.length > 0)
  const all = shown.flatMap(([, days]) => days.map(({ day }) => day)).sort()
  if (all.length === 0) return null
  const label = Math.max(...shown.map(([name]) => name.length))
  const most = Math.max(...shown.flatMap(([, days]) => days.map((day) => day.count))).toString().length
  const room = Math.max(width - label - most - 12, 8)
  const [from, to] = [all[0]!, all.at(-1)!]
  const [unit, bucketOf] = UNITS.find(([, bucket]) => bucket(to) - bucket(from) < room) ?? UNITS.at(-1)!
  const length = Math.min(bucketOf(to) - bucketOf(from) + 1, room)
  // What does not even fit by years is cut off at its beginning.
  const first = bucketOf(to) - length + 1
  return [
    `Activity by ${unit}, ${from} to ${to}`,
    ...shown.map(([name, days]) => {
      const sums = new Array<number>(length).fill(0)
      for (const { day, count: n } of days) if (bucketOf(day) >= first) sums[bucketOf(day) - first]! += n
      return `  ${name.padEnd(label)}  ${sparkline(sums)}  most ${count(Math.max(...sums))}`
    }),
  ].join('\n')
}

/** Units of time, and the number of the one that a day is in. */
const UNITS: [name: string, bucketOf: (day: string) => number][] = [
  ['day', (day) => Date.parse(day) / DAY_MS],
  // 1970 began on a Thursday.
  ['week', (day) => Math.floor((Date.parse(day) / DAY_MS + 3) / 7)],
  ['month', (day) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1],
  ['quarter', (day) => Number(day.slice(0, 4)) * 4 + Math.floor((Number(day.slice(5, 7)) - 1) / 3)],
  ['year', (day) => Number(day.slice(0, 4))],
]

/** NO_COLOR and pipes are looked at by Node. */
function coloured(text: string): string {
  return styleText('cyan', text, { stream: process.stdout })
}
