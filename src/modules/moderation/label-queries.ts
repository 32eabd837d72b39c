import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import type { ComAtprotoLabelDefsLabel } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { LABEL_COLUMNS, type LabelRow, labelView } from './label-row.js'

type Label = ComAtprotoLabelDefsLabel

/** uri, src, val and cid of a label: where it stands in the order of all. */
type Position = [uri: string, src: string, val: string, cid: string]

export interface LabelQuery {
  /** Subjects, or the beginnings of some with a star at the end. */
  patterns: readonly string[]
  /** Empty: everyone's. */
  sources: readonly string[]
  limit: number
  cursor?: string
}

/** Subjects from one up to, and without, another. */
interface Range {
  from: string
  to: string
}

const MAX_PATTERNS = 100
/** How many labels one request may look at; the cursor goes on from there. */
const MAX_SCANNED = 10_000
const BATCH = 500
/** After every character of a subject. */
const LAST = '\u{10ffff}'

/** Labels for anyone who asks, in the order of their subjects or in that of time. */
@Injectable()
export class LabelQueries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The labels that hold on some subjects. A page can be short, even empty, and go on. @throws XrpcError 400 InvalidRequest. */
  async find({ patterns, sources, limit, cursor }: LabelQuery): Promise<{ labels: Label[]; cursor?: string }> {
    if (patterns.length > MAX_PATTERNS) throw invalidRequest(`At most ${MAX_PATTERNS} patterns`)
    const now = this.clock.iso()
    const wanted = new Set(sources)
    const labels: Label[] = []
    let after = positionOf(cursor)
    let scanned = 0
    for (const range of disjoint(patterns.map(rangeOf)))
      for (;;) {
        const rows = await this.scan(range, after)
        for (const row of rows) {
          if (labels.length === limit || scanned++ === MAX_SCANNED) return { labels, cursor: cursorAfter(after) }
          after = [row.uri, row.src, row.val, row.cid]
          if (row.neg === 0 && (row.exp === null || row.exp > now) && (wanted.size === 0 || wanted.has(row.src)))
            labels.push(labelView(row))
        }
        if (rows.length < BATCH) break
      }
    return { labels }
  }

  /** What was said after a moment (milliseconds since the epoch), oldest first, what was taken back included. */
  async since(moment: number, limit: number): Promise<Label[]> {
    const rows = await this.database.read.all<LabelRow>(
      `SELECT ${LABEL_COLUMNS} FROM label WHERE cts > ? ORDER BY cts LIMIT ?`,
      isoOf(moment),
      limit,
    )
    return rows.map(labelView)
  }

  private scan({ from, to }: Range, after: Position): Promise<LabelRow[]> {
    const rows = this.database.read.all<LabelRow>(
      `SELECT ${LABEL_COLUMNS} FROM label WHERE uri >= ? AND uri < ? AND (uri, src, val, cid) > (?, ?, ?, ?)
       ORDER BY uri, src, val, cid LIMIT ${BATCH}`,
      from > after[0] ? from : after[0],
      to,
      ...after,
    )
    return Promise.resolve(rows)
  }
}

/** @throws XrpcError 400 InvalidRequest for a star that is not at the end. */
function rangeOf(pattern: string): Range {
  const star = pattern.indexOf('*')
  if (star < 0) return { from: pattern, to: `${pattern}\u0001` }
  if (star < pattern.length - 1) throw invalidRequest(`Invalid pattern: ${pattern}`)
  const start = pattern.slice(0, -1)
  return { from: start, to: start + LAST }
}

/** In order, those that touch made one: nothing is found twice. */
function disjoint(ranges: Range[]): Range[] {
  const joined: Range[] = []
  for (const range of ranges.sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = joined.at(-1)
    if (!last || range.from >= last.to) joined.push({ ...range })
    else if (range.to > last.to) last.to = range.to
  }
  return joined
}

function cursorAfter(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** Before everything without a cursor. @throws XrpcError 400 InvalidRequest. */
function positionOf(cursor: string | undefined): Position {
  if (!cursor) return ['', '', '', '']
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(position) && position.length === 4 && position.every((part) => typeof part === 'string'))
      return position as Position
  } catch {
    // Told below.
  }
  throw invalidRequest('Malformed cursor')
}

function isoOf(moment: number): string {
  return Number.isNaN(new Date(moment).getTime()) ? invalidMoment() : new Date(moment).toISOString()
}

function invalidMoment(): never {
  throw invalidRequest('since is no moment in milliseconds')
}
