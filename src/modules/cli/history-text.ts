import { dataToJson, decodeCbor } from '../../repo-engine/index.js'
import type { RecordHistory, RecordVersion } from '../repo/record-history.js'
import { count, counted } from './format.js'
import { printable } from './report-list.command.js'

/** Lines that a version has at most, and characters of a value. */
const MAX_LINES = 12
const MAX_VALUE = 120
/** Characters shown before the place where two values begin to differ. */
const LEAD = 20

/** The history for people: each version by what is other than in the one before it. */
export function historyText(uri: string, { versions, before, total }: RecordHistory): string {
  const parts = versions.map((version, i) => versionText(version, versions[i + 1] ?? before))
  const more = total > versions.length ? `, the newest ${count(versions.length)} of them here` : ''
  return [`${uri}\n${counted(total, 'version')}${more}`, ...parts].join('\n\n')
}

/** The history for programs, with all values that are kept. */
export function historyJson(uri: string, { versions, total }: RecordHistory): object {
  return {
    uri,
    total,
    versions: versions.map((version) => {
      const { seq, time, kind, action, rev, cid } = version
      const value = valueOf(version)
      return { seq, time, event: kind, action, rev, cid: cid?.toString() ?? null, kept: value !== null, value }
    }),
  }
}

function versionText(version: RecordVersion, before: RecordVersion | null): string {
  const { seq, time, kind, action, rev, cid } = version
  const by = kind === 'import' ? ' by an import' : ''
  const lines = [`${time}  ${action}${by}  event ${seq}, rev ${rev}`, ...(cid ? [`  ${cid.toString()}`] : [])]
  const value = valueOf(version)
  if (cid && !value) lines.push('  its value is not kept: the log was compacted')
  if (!value) return lines.join('\n')
  const old = before && valueOf(before)
  const changes = old ? differences(flat(old), flat(value)) : [...flat(value)].map(([name, text]) => line(name, text))
  lines.push(...changes.slice(0, MAX_LINES).map((change) => `  ${change}`))
  if (changes.length > MAX_LINES) lines.push(`  … ${count(changes.length - MAX_LINES)} more`)
  return lines.join('\n')
}

function valueOf({ bytes }: RecordVersion): unknown {
  return bytes && dataToJson(decodeCbor(bytes))
}

function differences(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  const lines: string[] = []
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(name), now.get(name)]
    if (was === undefined) lines.push(`+ ${line(name, is!)}`)
    else if (is === undefined) lines.push(`- ${line(name, was)}`)
    else if (was !== is) lines.push(`~ ${line(name, ...aroundDifference(was, is))}`)
  }
  return lines
}

/** The scalars of a value by where they are: `embed.images.0.alt`. */
function flat(value: unknown, name = '', into = new Map<string, string>()): Map<string, string> {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  for (const [key, item] of inner) flat(item, name === '' ? key : `${name}.${key}`, into)
  if (inner.length === 0) into.set(name, JSON.stringify(value))
  return into
}

/** Two long texts from a little before the place where they begin to differ. */
function aroundDifference(was: string, is: string): [string, string] {
  let same = 0
  while (same < was.length && was[same] === is[same]) same++
  const from = same > MAX_VALUE / 2 ? same - LEAD : 0
  const lead = from > 0 ? '…' : ''
  return [lead + was.slice(from), lead + is.slice(from)]
}

/** A name and what it was, and is. Both are by strangers. */
function line(name: string, ...values: string[]): string {
  return `${printable(name)}: ${values.map(cut).join(' → ')}`
}

function cut(text: string): string {
  return printable(text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text)
}
