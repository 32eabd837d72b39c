import { activityText, terminalWidth, withBars } from './chart.js'
import type { CollectionSize, LayerShape } from './examine-repo.js'
import { bytes, count, counted, section, table, timeOfRev } from './format.js'
import type { DayCount } from './record-figures.js'
import type { FileSource, RepoReport } from './repo-report.js'

/** Commits of a long history that the text shows; `--json` has them all. */
const SHOWN_COMMITS = 10
/** Collections that the text shows, the largest of them where there are more. */
const SHOWN_COLLECTIONS = 40

/** The report for people. */
export function reportText(report: RepoReport): string {
  return [
    section(report.did ?? 'Not a repository', [['handle', report.handle], ...sourceRows(report)]),
    commitText(report),
    report.examination?.commit ? shapeText(report) : null,
    historyText(report),
    problemsText(report),
  ]
    .filter((part) => part !== null)
    .join('\n\n')
}

/** What was found to be wrong, one a line. */
export function problemsText({ problems }: RepoReport): string {
  if (problems.count === 0) return 'No problems found.'
  return [`${counted(problems.count, 'problem')} found:`, ...problems.lines().map((line) => `  ${line}`)].join('\n')
}

/** One line for the signature. */
export function signatureText({ signature }: RepoReport): string | null {
  if (!signature) return null
  const { state, key, note } = signature
  if (state === 'unchecked') return `not checked: ${note}`
  return `${state === 'valid' ? 'valid' : 'NOT VALID'}, by ${note} (${key})`
}

/** The report for programs. */
export function reportJson(report: RepoReport): object {
  const { did, handle, head, source, examination, signature, history, log, problems } = report
  const commit = examination?.commit
  return {
    did,
    handle,
    source,
    commit: commit
      ? {
          cid: head!.toString(),
          version: commit.version,
          rev: commit.rev,
          time: timeOfRev(commit.rev),
          data: commit.data.toString(),
          prev: commit.prev?.toString() ?? null,
        }
      : null,
    signature,
    collections: examination?.collections ?? [],
    recordSizes: examination?.figures.sizes() ?? [],
    activity: { records: recordDays(report), log: report.activity },
    layers: (examination?.layers ?? []).map((layer) => ({ ...layer, entriesPerNode: mean(layer) })),
    sizes: examination && commit ? sizesOf(report) : null,
    history: history && {
      commits: history.commits.map(({ cid, commit: { version, rev, data, prev } }) => ({
        cid: cid.toString(),
        version,
        rev,
        data: data.toString(),
        prev: prev?.toString() ?? null,
      })),
      complete: history.cutAt === null,
      signed: history.signed,
    },
    log: log && { events: log.events, data: log.data?.toString() ?? null },
    problems: problems.lines(),
  }
}

/** Where it was found. */
export function sourceRows({ source }: RepoReport): [string, string | null][] {
  if ('file' in source)
    return [
      ['file', `${source.file}, ${bytes(source.bytes)}, ${counted(source.blocks, 'block')}`],
      ['held twice', source.repeated > 0 ? counted(source.repeated, 'block') : null],
      ['unreachable', source.unreachable && sizeText(source.unreachable)],
    ]
  return [
    ['data', source.directory],
    ['hosting', `${source.hosting}, ${source.status ?? 'active'}`],
    ['verified', source.hosting !== 'hosted' ? (source.verified ? 'yes, when it was imported' : 'no') : null],
  ]
}

function commitText(report: RepoReport): string | null {
  const rows = commitRows(report)
  return rows.length === 0 ? null : section('Commit', rows)
}

/** What its head says; nothing where that could not be read. */
export function commitRows(report: RepoReport): [string, string | null][] {
  const { head, examination, source } = report
  const commit = examination?.commit
  if (!commit) return []
  const rev = commit.rev ?? ('rev' in source ? source.rev : null)
  const time = timeOfRev(rev)
  return [
    ['cid', head!.toString()],
    ['version', String(commit.version)],
    ['rev', rev === null ? 'none' : `${rev}${time ? ` (${time})` : ''}${commit.rev === null ? ', given here' : ''}`],
    ['data', commit.data.toString()],
    ['prev', commit.prev?.toString() ?? 'none'],
    ['signature', signatureText(report)],
  ]
}

function shapeText(report: RepoReport): string {
  const { layers, figures } = report.examination!
  const sizes = sizesOf(report)
  const classes = figures.sizes()
  return [
    collectionsText(report),
    withBars(
      table(
        'Tree',
        ['nodes', 'entries', 'per node', 'bytes'],
        layers.map((layer) => [
          `layer ${layer.layer}`,
          count(layer.nodes),
          count(layer.entries),
          mean(layer).toFixed(1),
          count(layer.bytes),
        ]),
      ),
      layers.map(({ entries }) => entries),
    ),
    classes.length === 0
      ? null
      : withBars(
          table(
            'Record sizes',
            ['records'],
            classes.map(({ below, records }) => [`under ${bytes(below)}`, count(records)]),
          ),
          classes.map(({ records }) => records),
        ),
    activityText([
      ['records', recordDays(report)],
      ['log', report.activity ?? []],
    ]),
    section('Sizes', [
      ['commit', bytes(sizes.commit.bytes)],
      ['nodes', sizeText(sizes.nodes)],
      ['records', sizeText(sizes.records)],
      ['total', sizeText(sizes.total)],
    ]),
  ]
    .filter((part) => part !== null)
    .join('\n\n')
}

function collectionsText(report: RepoReport): string {
  const { collections } = report.examination!
  const { records } = sizesOf(report)
  const shown = largestOf(collections, SHOWN_COLLECTIONS)
  const rows = [...shown, { name: 'all', ...records, records: records.blocks }]
  const most = Math.max(terminalWidth() - 30, 16)
  const text = withBars(
    table(
      'Collections',
      ['records', 'bytes'],
      rows.map(({ name, records, bytes: size }: CollectionSize) => [cut(name, most), count(records), count(size)]),
    ),
    rows.slice(0, -1).map((row) => row.bytes),
  )
  const more = collections.length - shown.length
  return more > 0 ? `${text}\n  … and ${count(more)} smaller ones (--json has them all)` : text
}

/** Those with most bytes, in the order in which they come. */
export function largestOf(collections: readonly CollectionSize[], most: number): CollectionSize[] {
  const largest = new Set(collections.toSorted((a, b) => b.bytes - a.bytes).slice(0, most))
  return collections.filter((collection) => largest.has(collection))
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** Records by the days that their keys name, up to the day of the head. */
export function recordDays({ examination, source }: RepoReport): DayCount[] {
  const rev = examination?.commit?.rev ?? ('rev' in source ? source.rev : null)
  return examination?.figures.days(timeOfRev(rev)) ?? []
}

function historyText({ history, source }: RepoReport): string | null {
  if (!history || history.commits.length < 2)
    return history?.cutAt ? 'History: the commit before this one is not in the file.' : null
  const { commits, cutAt, signed } = history
  const { missing } = source as FileSource
  const shown = commits.slice(0, SHOWN_COMMITS)
  return [
    `History: ${counted(commits.length, 'commit')}, ${cutAt ? 'cut off before the first one' : 'back to the first one'}` +
      (signed === null ? '' : `; ${count(signed)} signed by the key above`) +
      (missing > 0 ? `; ${counted(missing, 'block')} of older trees not in the file` : ''),
    ...shown.map(({ cid, commit }) => `  ${cid.toString()}${commit.rev ? `  ${commit.rev}` : ''}`),
    ...(commits.length > shown.length
      ? [`  … and ${count(commits.length - shown.length)} more (--json has them all)`]
      : []),
  ].join('\n')
}

function sizesOf({ examination }: RepoReport) {
  const { commitBytes, layers, collections } = examination!
  const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0)
  const nodes = { blocks: sum(layers.map((layer) => layer.nodes)), bytes: sum(layers.map((layer) => layer.bytes)) }
  const records = {
    blocks: sum(collections.map((collection) => collection.records)),
    bytes: sum(collections.map((collection) => collection.bytes)),
  }
  return {
    commit: { blocks: 1, bytes: commitBytes },
    nodes,
    records,
    total: { blocks: 1 + nodes.blocks + records.blocks, bytes: commitBytes + nodes.bytes + records.bytes },
  }
}

function mean({ nodes, entries }: LayerShape): number {
  return Math.round((entries / nodes) * 100) / 100
}

function sizeText({ blocks, bytes: size }: { blocks: number; bytes: number }): string {
  return blocks === 0 ? 'none' : `${counted(blocks, 'block')}, ${bytes(size)}`
}
