/** What the documents name exists. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { METRICS } from '../../../src/modules/metrics/metrics.js'
import { project } from '../../support/source-files.js'

const NAMES = new Set(
  METRICS.flatMap(({ name, type }) =>
    type === 'histogram' ? ['', '_bucket', '_sum', '_count'].map((part) => name + part) : [name],
  ),
)

/** The metrics of ours that are named in a text. */
function named(text: string): string[] {
  return [...new Set(text.match(/\b(skylog|process)_[a-z0-9_]+/g))]
}

function read(name: string): string {
  return readFileSync(join(project, 'docs', name), 'utf8')
}

interface Panel {
  id: number
  type: string
  title: string
  targets?: { expr: string }[]
}

it('the alerts', () => {
  const text = read('alerts.yml')
  const expressions = [...text.matchAll(/^ {8}expr: (\|\n(?: {10}.*\n)+|.*\n)/gm)].map(([, expression]) => expression!)
  expect(expressions).toHaveLength(text.match(/- alert: /g)!.length)
  expect(expressions.flatMap(named).filter((name) => !NAMES.has(name))).toEqual([])
  for (const expression of expressions) expect(expression).toMatch(/\b(skylog_|up\{)/)
})

it('the dashboard', () => {
  const dashboard = JSON.parse(read('grafana-dashboard.json')) as { uid: string; panels: Panel[] }
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  for (const { title, targets } of panels) {
    const names = targets!.flatMap(({ expr }) => named(expr))
    expect([title, names.length > 0, names.filter((name) => !NAMES.has(name))]).toEqual([title, true, []])
  }
})

it('the words', () => {
  expect(named(read('monitoring.md')).filter((name) => !NAMES.has(name))).toEqual([])
})

it('names and labels are those of Prometheus', () => {
  for (const { name, type, labels, help } of METRICS) {
    expect(name).toMatch(/^(skylog|process)_[a-z0-9]+(_[a-z0-9]+)*$/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(labels.filter((label) => !/^[a-z]+$/.test(label))).toEqual([])
    expect(help).toMatch(/\.$/)
  }
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length)
})
