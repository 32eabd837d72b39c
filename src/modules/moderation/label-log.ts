import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'
import { roomBefore, type FrameRun } from '../commit-log/frame-run.js'
import { type Did, CborWriter, encodeCbor } from '../../repo-engine/index.js'
import { LABEL_COLUMNS, labelData, type LabelRow, type NewLabel } from './label-row.js'

const PAGE = 500
/** `{"t": "#labels", "op": 1}` */
const HEADER = new CborWriter().map(2).text('t').text('#labels').text('op').uint(1).finish()

/**
 * The labels of this server in the order in which they were set: what is numbered in `label`. One that is changed gets a
 * new number, so there is nothing to be kept of what it was, and the stream never lacks anything. Numbers are milliseconds
 * where they can be: a server that has lost its newest ones never gives them out again.
 */
@Injectable()
export class LabelLog {
  private readonly bells = new Set<() => void>()

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** When a label that is made now was set. */
  moment(): string {
    return this.clock.iso()
  }

  /** Puts a signed label in place under the next number. False where it is in place, or there is none to be taken back. */
  async put(tx: Tx, label: NewLabel & { cts: string; sig: Uint8Array }): Promise<boolean> {
    const { uri, src, val, cid = '', neg, cts, exp = null, sig } = label
    const now = this.clock.now()
    const next = '(SELECT CASE WHEN max(seq) >= ? THEN max(seq) + 1 ELSE ? END FROM label)'
    const changed = neg
      ? await tx.run(
          `UPDATE label SET neg = 1, cts = ?, exp = ?, sig = ?, seq = ${next}
           WHERE uri = ? AND src = ? AND val = ? AND cid = ? AND neg = 0`,
          ...[cts, exp, sig, now, now, uri, src, val, cid],
        )
      : await tx.run(
          `INSERT INTO label (uri, src, val, cid, neg, cts, exp, sig, seq) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ${next})
           ON CONFLICT (uri, src, val, cid) DO UPDATE
           SET neg = 0, cts = excluded.cts, exp = excluded.exp, sig = excluded.sig, seq = excluded.seq
           WHERE label.neg = 1 OR label.seq IS NULL OR coalesce(label.exp, '') <> coalesce(excluded.exp, '')`,
          ...[uri, src, val, cid, cts, exp, sig, now, now],
        )
    if (changed > 0) tx.afterCommit(() => this.bells.forEach((ring) => ring()))
    return changed > 0
  }

  /** The newest number; 0 before the first label. */
  async lastSeq(): Promise<number> {
    const row = await this.database.read.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM label')
    return row?.seq ?? 0
  }

  /** Calls `ring` after every COMMIT with a new label, until the function that it gives is called. */
  onCommit(ring: () => void): () => void {
    this.bells.add(ring)
    return () => this.bells.delete(ring)
  }

  /** The labels after a number and up to another as they go out, and the number behind them. */
  async read(after: number, until: number): Promise<{ last: number; run: FrameRun }> {
    const rows = await this.database.read.all<LabelRow & { seq: number }>(
      `SELECT ${LABEL_COLUMNS}, seq FROM label WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${PAGE}`,
      after,
      until,
    )
    const frames: FrameRun['frames'] = []
    const pieces: Buffer[] = []
    for (const row of rows) {
      const frame = frameOf(row)
      frames.push({ seq: row.seq, size: frame.length })
      pieces.push(Buffer.alloc(roomBefore(frame.length)), frame)
    }
    const last = rows.length === PAGE ? rows.at(-1)!.seq : until
    return { last, run: { frames, bytes: Buffer.concat(pieces), isWhole: true } }
  }
}

/** com.atproto.label.subscribeLabels#labels, of one label. */
function frameOf({ seq, src, cid, exp, neg, sig, ...rest }: LabelRow & { seq: number }): Buffer {
  const label = { ...rest, src: src as Did, cid, neg: neg === 1, ...(exp !== null && { exp }) }
  const body = { seq, labels: [{ ...labelData(label), ...(sig && { sig }) }] }
  return Buffer.concat([HEADER, encodeCbor(body)])
}
