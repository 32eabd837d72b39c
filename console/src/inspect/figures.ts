import type { InspectPage } from '../../../src/modules/cli/inspect-page.js'
import { bytes, count } from '../ui/amounts.js'
import { element, part } from './element.js'

/** Bars that a time has at most. */
const MAX_BARS = 120
const DAY_MS = 24 * 60 * 60 * 1000

/** A line of a plot: its name, what is written beside it, and how long its bar is. */
interface Line {
  name: string
  cells: string[]
  value: number
}

/** All figures of a report that can be plotted. */
export function figures({ collections, collectionCount, layers, recordSizes, activity }: InspectPage): HTMLElement[] {
  return [
    part(
      'Collections',
      plot(
        ['collection', 'records', 'bytes'],
        collections.map(({ name, records, bytes: size }) => ({
          name,
          cells: [count(records), bytes(size)],
          value: size,
        })),
        collectionCount,
      ),
    ),
    part(
      'Tree, by layer',
      plot(
        ['layer', 'nodes', 'entries', 'bytes'],
        layers.map(({ layer, nodes, entries, bytes: size }) => ({
          ...{ name: `layer ${layer}`, cells: [count(nodes), count(entries), bytes(size)], value: entries },
        })),
      ),
    ),
    part(
      'Record sizes',
      plot(
        ['size', 'records'],
        recordSizes.map(({ below, records }) => ({
          ...{ name: `under ${bytes(below)}`, cells: [count(records)], value: records },
        })),
      ),
    ),
    ...activity.map(({ name, days }) =>
      part(name === 'log' ? 'Events in the log, over time' : 'Records, by the time in their keys', overTime(days)),
    ),
  ]
}

/** A table with a bar in each line: it reads as a table, and looks like a plot. `all`: how many lines there would be. */
function plot(columns: readonly string[], lines: readonly Line[], all = lines.length): HTMLElement {
  const most = Math.max(...lines.map(({ value }) => value), 1)
  const rows = lines.map(({ name, cells, value }) => {
    const bar = element('div', { class: 'bar' })
    bar.style.width = `${(100 * value) / most}%`
    const numbers = cells.map((cell) => element('td', { class: 'number' }, cell))
    const drawn = element('td', { class: 'drawn', 'aria-hidden': 'true' }, bar)
    return element('tr', {}, element('th', { scope: 'row' }, name), ...numbers, drawn)
  })
  const head = columns.map((column, i) => element('th', { scope: 'col', ...(i > 0 && { class: 'number' }) }, column))
  const table = element(
    'table',
    { class: 'plot' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  )
  const more = all - rows.length
  return more > 0 ? element('div', {}, table, element('p', {}, `and ${count(more)} smaller ones`)) : table
}

/** Bars over time, a bar for as many days as it takes to have room for all. */
function overTime(days: InspectPage['activity'][number]['days']): HTMLElement {
  const numbers = days.map(({ day, count: n }) => [Math.floor(Date.parse(day) / DAY_MS), n] as const)
  const first = numbers[0]![0]
  const span = numbers.at(-1)![0] - first + 1
  const width = Math.ceil(span / MAX_BARS)
  const sums = new Array<number>(Math.ceil(span / width)).fill(0)
  for (const [day, n] of numbers) sums[Math.floor((day - first) / width)]! += n
  const most = Math.max(...sums)
  const bars = sums.map((sum, i) => {
    const bar = element('div', { title: `${dayAt(first + i * width)}: ${count(sum)}` })
    bar.style.height = `${(100 * sum) / most}%`
    return bar
  })
  const unit = width === 1 ? 'a day' : `${width} days`
  const label = `${days[0]!.day} to ${days.at(-1)!.day}, ${unit} a bar, ${count(most)} at most`
  return element(
    'figure',
    {},
    element('div', { class: 'times', role: 'img', 'aria-label': label }, ...bars),
    element('figcaption', {}, label),
  )
}

function dayAt(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
