import type { ComAtprotoLabelDefsLabel } from '../../lexicon/types.js'
import type { Hydration, Trust } from '../hydrate/hydration.js'

interface Labelled {
  uri: string
  cid: string
  value: { labels?: { $type?: string; values?: { val: string }[] }; createdAt?: string }
  sortAt: number
}

/** Labels on something that are by labelers whose word counts, then what its author says of it. */
export function labelsView(
  labels: readonly ComAtprotoLabelDefsLabel[],
  { trust }: Hydration,
  record: Labelled | null,
  author: string,
): ComAtprotoLabelDefsLabel[] {
  const shown = labels.filter((label) => counts(label, trust) && (label.cid === undefined || label.cid === record?.cid))
  const own = record?.value.labels
  if (!own || own.$type !== 'com.atproto.label.defs#selfLabels') return shown
  const cts = record.value.createdAt ?? isoTime(record.sortAt)
  for (const { val } of own.values ?? []) shown.push({ src: author, uri: record.uri, cid: record.cid, val, cts })
  return shown
}

/** Whether labels hide something from everybody who trusts them. */
export function hides(labels: readonly ComAtprotoLabelDefsLabel[], { trust }: Hydration): boolean {
  return labels.some((label) => (label.val === '!takedown' || label.val === '!suspend') && counts(label, trust))
}

function counts({ src, exp }: ComAtprotoLabelDefsLabel, { labelers, now }: Trust): boolean {
  return labelers.has(src) && (exp === undefined || Date.parse(exp) > now)
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
