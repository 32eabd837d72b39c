import { closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.js'
import type { InspectPage } from './inspect-page.js'
import type { RepoReport } from './repo-report.js'
import { commitRows, largestOf, recordDays, sourceRows } from './report-text.js'

/** The page without its data, made by console/vite.inspect.config.ts. */
const TEMPLATE = join(packageRoot, 'console/dist/inspect.html')
/** The element that the data goes into. */
const PLACE = '<script type="application/json" id="data">'
const DOCTYPE = '<!doctype html>'
/** Problems that the page names. */
const MAX_PROBLEMS = 100
/** Collections that the page plots. */
const MAX_COLLECTIONS = 60

/** @throws Error where the page has not been built, or would be written over a file that is no page, the CAR above all */
export function assertPageFits(file: string): void {
  if (!existsSync(TEMPLATE)) throw new Error(`there is no ${TEMPLATE}: build it with npm run build:console`)
  const there = statSync(file, { throwIfNoEntry: false })
  if (there?.isFile() && there.size > 0 && !startOf(file).startsWith(DOCTYPE))
    throw new Error(`${file} is there already, and is not written over: it is no page`)
}

function startOf(file: string): string {
  const handle = openSync(file, 'r')
  try {
    const start = Buffer.alloc(DOCTYPE.length)
    return start.toString('utf8', 0, readSync(handle, start)).toLowerCase()
  } finally {
    closeSync(handle)
  }
}

/** Writes one HTML file that needs nothing else. `report` must have been made with the records that are drawn. */
export function writePage(file: string, report: RepoReport): void {
  const [before, after] = readFileSync(TEMPLATE, 'utf8').split(PLACE) as [string, string | undefined]
  if (after === undefined)
    throw new Error(`${TEMPLATE} has no place for the data: build it anew with npm run build:console`)
  // Nothing in it can end the element, whatever a record says.
  const data = JSON.stringify(pageOf(report)).replaceAll('<', '\\u003c')
  writeFileSync(file, before + PLACE + data + after)
}

function pageOf(report: RepoReport): InspectPage {
  const { did, examination, activity, drawn, problems } = report
  const facts = [...sourceRows(report), ...commitRows(report)].filter((row): row is [string, string] => row[1] !== null)
  const told = problems.lines()
  return {
    did: did ?? 'Not a repository',
    facts: report.handle === null ? facts : [['handle', report.handle], ...facts],
    problems: told.length > MAX_PROBLEMS ? [...told.slice(0, MAX_PROBLEMS), '… and more'] : told,
    collections: largestOf(examination?.collections ?? [], MAX_COLLECTIONS),
    collectionCount: examination?.collections.length ?? 0,
    layers: examination?.layers ?? [],
    recordSizes: examination?.figures.sizes() ?? [],
    activity: [
      { name: 'records', days: recordDays(report) },
      { name: 'log', days: activity ?? [] },
    ].filter(({ days }) => days.length > 0),
    tree: examination?.picture ?? null,
    drawn: drawn ?? { values: {}, left: 0 },
  }
}
