import { Injectable } from '@nestjs/common'
import { isDid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database, type Tx } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import type { ComAtprotoLabelDefsLabel } from '../lexicon/types.js'
import { comparable, type LabelRow, labelView, type NewLabel } from './label-row.js'

type Label = ComAtprotoLabelDefsLabel

export interface ApplyOptions {
  /** Of two that contradict each other the one that comes later holds; otherwise the one that was set later. */
  inOrder?: boolean
}

/** What is said here about accounts and records (com.atproto.label.defs#label), by whomever. */
@Injectable()
export class Labels {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** Sets labels and takes them back. */
  async apply(tx: Tx, labels: readonly NewLabel[], { inOrder = false }: ApplyOptions = {}): Promise<void> {
    for (const { uri, src, val, cid = '', neg = false, cts, exp, sig = null } of labels)
      await tx.run(
        `INSERT INTO label (uri, src, val, cid, neg, cts, exp, sig) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (uri, src, val, cid) DO UPDATE
         SET neg = excluded.neg, cts = excluded.cts, exp = excluded.exp, sig = excluded.sig, seq = NULL
         ${inOrder ? '' : 'WHERE excluded.cts >= label.cts'}`,
        uri,
        src,
        val,
        cid,
        neg ? 1 : 0,
        comparable(cts ?? this.clock.iso()),
        exp === undefined ? null : comparable(exp),
        sig,
      )
    this.changed(
      tx,
      labels.map(({ uri }) => uri),
    )
  }

  /** Says that what is shown of labelled subjects is another thing from the end of this write on. */
  changed(tx: Tx, uris: readonly string[]): void {
    this.changes.touch(tx, new Set(uris.flatMap((uri) => [uri, accountOf(uri)])))
  }

  /**
   * The labels that hold, by what they are on; `sources` null: of everyone. A subject without any is not there. One with
   * a `cid` is on that version alone, which is for the reader to compare.
   */
  async of(uris: readonly string[], sources: readonly string[] | null): Promise<Map<string, Label[]>> {
    const rows = await readIn<Omit<LabelRow, 'sig'>>(
      this.database.read,
      (marks) => `SELECT uri, src, val, cid, neg, cts, exp FROM label
        WHERE neg = 0 AND (exp IS NULL OR exp > ?) AND uri IN (${marks}) ORDER BY uri, src, val, cid`,
      uris,
      this.clock.iso(),
    )
    const labels = new Map<string, Label[]>()
    for (const row of rows) {
      if (sources && !sources.includes(row.src)) continue
      const label = labelView({ ...row, sig: null })
      const known = labels.get(row.uri)
      if (known) known.push(label)
      else labels.set(row.uri, [label])
    }
    return labels
  }
}

function accountOf(uri: string): string {
  return isDid(uri) ? uri : (uri.split('/')[2] ?? uri)
}
