import { Injectable } from '@nestjs/common'
import { type Did, isDid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database, type Tx } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import type { ComAtprotoLabelDefsLabel } from '../lexicon/types.js'

type Label = ComAtprotoLabelDefsLabel

/** A label as somebody sets it: `neg` takes back the one of the same source, subject, value and version. */
export interface NewLabel {
  src: Did
  /** An at-uri, or the DID of an account. */
  uri: string
  /** Only this version of the record. */
  cid?: string
  val: string
  neg?: boolean
  /** When it was set; now unless told. RFC 3339, as `exp`. */
  cts?: string
  exp?: string
}

export interface LabelRow {
  uri: string
  src: string
  val: string
  cid: string
  neg: number
  cts: string
  exp: string | null
}

/** What is said here about accounts and records (com.atproto.label.defs#label), by whomever. */
@Injectable()
export class Labels {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** Sets labels and takes them back. Of two that contradict each other the one set later holds. */
  async apply(tx: Tx, labels: readonly NewLabel[]): Promise<void> {
    for (const { uri, src, val, cid = '', neg = false, cts, exp } of labels)
      await tx.run(
        `INSERT INTO label (uri, src, val, cid, neg, cts, exp) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (uri, src, val, cid) DO UPDATE SET neg = excluded.neg, cts = excluded.cts, exp = excluded.exp
         WHERE excluded.cts >= label.cts`,
        uri,
        src,
        val,
        cid,
        neg ? 1 : 0,
        comparable(cts ?? this.clock.iso()),
        exp === undefined ? null : comparable(exp),
      )
    this.changes.touch(tx, new Set(labels.flatMap(({ uri }) => [uri, accountOf(uri)])))
  }

  /**
   * The labels that hold, by what they are on; `sources` null: of everyone. A subject without any is not there. One with
   * a `cid` is on that version alone, which is for the reader to compare.
   */
  async of(uris: readonly string[], sources: readonly string[] | null): Promise<Map<string, Label[]>> {
    const rows = await readIn<LabelRow>(
      this.database.read,
      (marks) => `SELECT uri, src, val, cid, neg, cts, exp FROM label
        WHERE neg = 0 AND (exp IS NULL OR exp > ?) AND uri IN (${marks}) ORDER BY uri, src, val, cid`,
      uris,
      this.clock.iso(),
    )
    const labels = new Map<string, Label[]>()
    for (const row of rows) {
      if (sources && !sources.includes(row.src)) continue
      const known = labels.get(row.uri)
      if (known) known.push(labelView(row))
      else labels.set(row.uri, [labelView(row)])
    }
    return labels
  }
}

/** A stored label as it is given out. */
export function labelView({ src, uri, cid, val, neg, cts, exp }: LabelRow): Label {
  return { src, uri, ...(cid && { cid }), val, ...(neg === 1 && { neg: true }), cts, ...(exp !== null && { exp }) }
}

/** In one form, so that the order of the texts is that of the moments. */
function comparable(datetime: string): string {
  return new Date(datetime).toISOString()
}

function accountOf(uri: string): string {
  return isDid(uri) ? uri : (uri.split('/')[2] ?? uri)
}
