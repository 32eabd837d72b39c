import type { ComAtprotoLabelDefsLabel } from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'

type Label = ComAtprotoLabelDefsLabel

interface Labelled {
  uri: string
  cid: string
  value: { labels?: { $type?: string; values?: { val: string }[] }; createdAt?: string }
  sortAt: number
}

/** What is done with a label, and not left to clients. */
const TAKEDOWNS = ['!takedown', '!suspend']
const REVIEW = 'needs-review'

/** Labels on something that are by labelers whose word counts, then what its author says of it. */
export function labelsView(
  labels: readonly Label[],
  h: Hydration,
  record: Pick<Labelled, 'cid' | 'uri' | 'value' | 'sortAt'> | null,
  author: string,
): Label[] {
  const shown = labels.filter(
    (label) => counts(label, h) && isOn(label, record) && !(label.val === REVIEW && h.trust.redacting.has(label.src)),
  )
  const own = record?.value.labels
  if (!own || own.$type !== 'com.atproto.label.defs#selfLabels') return shown
  const cts = record.value.createdAt ?? isoTime(record.sortAt)
  for (const { val } of own.values ?? []) shown.push({ src: author, uri: record.uri, cid: record.cid, val, cts })
  return shown
}

/** Whether labels hide something from everybody who lets their sources do so; `record`: the version that there is. */
export function hides(labels: readonly Label[], h: Hydration, record: { cid: string } | null): boolean {
  return labels.some((label) => TAKEDOWNS.includes(label.val) && redacts(label, h) && isOn(label, record))
}

/** Whether somebody is to look at something first, by a labeler that may have it so. */
export function awaitsReview(labels: readonly Label[], h: Hydration, record: { cid: string } | null): boolean {
  return labels.some((label) => label.val === REVIEW && redacts(label, h) && isOn(label, record))
}

function redacts(label: Label, h: Hydration): boolean {
  return h.trust.redacting.has(label.src) && counts(label, h)
}

/** Whether it is by somebody who is trusted, and has not run out. */
function counts({ src, exp }: Label, { trust, actors }: Hydration): boolean {
  if (!trust.labelers.has(src) || (exp !== undefined && Date.parse(exp) <= trust.now)) return false
  // Labelers of the settings are trusted as they are; another one only while it is an account in good standing.
  if (!trust.accepted.includes(src)) return true
  const labeler = actors.get(src)
  return !labeler || (labeler.status === null && !labeler.takenDown)
}

/** A label on one version is not on the next. */
function isOn({ cid }: Label, record: { cid: string } | null): boolean {
  return cid === undefined || cid === record?.cid
}

/** Milliseconds as atproto writes a moment. Years beyond the format's four digits are cut to its edge. */
export function isoTime(ms: number): string {
  let text = written.get(ms)
  if (text === undefined) {
    // A page has hundreds of moments, most of which the page before had, too; writing one takes a microsecond.
    if (written.size >= MAX_WRITTEN) written.clear()
    written.set(ms, (text = new Date(Math.min(Math.max(ms, YEAR_0), YEAR_9999)).toISOString()))
  }
  return text
}

const MAX_WRITTEN = 20_000
const written = new Map<number, string>()
const YEAR_0 = Date.parse('0000-01-01T00:00:00.000Z')
const YEAR_9999 = Date.parse('9999-12-31T23:59:59.999Z')
