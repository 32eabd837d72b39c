import { Injectable } from '@nestjs/common'
import { Clock } from '../../config/clock.js'
import { Database, type Reader, type Tx } from '../../database/database.js'
import type { DidDocument } from '../did-document.js'
import { formatDocument } from './document.js'
import { dataOf, validateAppend, type IndexedOperation } from './log.js'
import { cidOfOperation, type PlcData, type PlcOperation } from './operation.js'
import { PlcDirectory } from './plc-directory.js'
import { PlcError } from './plc-error.js'
import { checkIncoming } from './shape.js'

interface Row {
  seq: number
  did: string
  cid: string
  operation: string
  nullified: number
  created_at: string
}

/** An operation by its place in the directory, for `/export`. */
export type NumberedOperation = IndexedOperation & { seq: number }

const HOUR_MS = 60 * 60 * 1000
/** How often strangers may change one identity, as at plc.directory. */
const RATES = [
  { name: 'hour', ms: HOUR_MS, max: 10 },
  { name: 'day', ms: 24 * HOUR_MS, max: 30 },
  { name: 'week', ms: 7 * 24 * HOUR_MS, max: 100 },
]

/** The directory of a network of one: its log is a table beside the accounts, so that both change in one transaction. */
@Injectable()
export class EmbeddedPlc extends PlcDirectory {
  readonly isEmbedded = true

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super()
  }

  submit(did: string, op: unknown): Promise<void> {
    return this.database.write((tx) => this.submitWithin(tx, did, op))
  }

  /** As {@link submit}, for whoever comes over the network. @throws PlcError also when one DID changes too often. */
  submitLimited(did: string, op: unknown): Promise<void> {
    return this.database.write(async (tx) => {
      await this.submitWithin(tx, did, op)
      for (const { name, ms, max } of RATES) {
        const since = new Date(this.clock.now() - ms).toISOString()
        const row = await tx.get<{ n: number }>(
          'SELECT count(*) AS n FROM plc_operation WHERE did = ? AND created_at > ?',
          did,
          since,
        )
        if (row!.n > max) throw new PlcError(`Too many operations within last ${name} (max ${max})`)
      }
    })
  }

  /** As {@link submit}, as a part of the caller's write. @throws PlcError. */
  async submitWithin(tx: Tx, did: string, op: unknown): Promise<void> {
    // Changes nothing, and makes a second writer of this DID wait before it reads the log.
    await tx.run('UPDATE plc_operation SET nullified = nullified WHERE did = ?', did)
    checkIncoming(op)
    const log = await this.entries(did, tx)
    const cid = cidOfOperation(op)
    if (log.findLast(({ nullified }) => !nullified)?.cid === cid) return

    // Never before the last one, even when the clock went back: the order of time is part of what a log proves.
    const last = log.at(-1)?.createdAt ?? ''
    const now = this.clock.iso()
    const createdAt = now > last ? now : last
    const { nullified } = validateAppend(did, log, op, new Date(createdAt))
    for (const earlier of nullified)
      await tx.run('UPDATE plc_operation SET nullified = 1 WHERE did = ? AND cid = ?', did, earlier)
    await tx.run(
      'INSERT INTO plc_operation (did, cid, operation, nullified, created_at) VALUES (?, ?, ?, 0, ?)',
      did,
      cid,
      JSON.stringify(op),
      createdAt,
    )
  }

  async data(did: string): Promise<PlcData | null> {
    const last = await this.lastOperation(did)
    return last && dataOf(did, last)
  }

  async document(did: string): Promise<DidDocument | null> {
    const data = await this.data(did)
    return data && formatDocument(data)
  }

  async lastOperation(did: string): Promise<PlcOperation | null> {
    const row = await this.database.read.get<{ operation: string }>(
      'SELECT operation FROM plc_operation WHERE did = ? AND nullified = 0 ORDER BY seq DESC LIMIT 1',
      did,
    )
    return row ? (JSON.parse(row.operation) as PlcOperation) : null
  }

  async log(did: string): Promise<PlcOperation[]> {
    const entries = await this.entries(did)
    return entries.filter(({ nullified }) => !nullified).map(({ operation }) => operation)
  }

  async audit(did: string): Promise<IndexedOperation[]> {
    return (await this.entries(did)).map(({ seq: _, ...entry }) => entry)
  }

  /** Up to `count` operations of all DIDs, oldest first, after a number or a time. */
  async export(count: number, after: number | string): Promise<NumberedOperation[]> {
    const column = typeof after === 'number' ? 'seq' : 'created_at'
    const rows = await this.database.read.all<Row>(
      `SELECT * FROM plc_operation WHERE ${column} > ? ORDER BY ${column}, seq LIMIT ?`,
      after,
      count,
    )
    return rows.map(toEntry)
  }

  private async entries(did: string, reader: Reader = this.database.read): Promise<NumberedOperation[]> {
    const rows = await reader.all<Row>('SELECT * FROM plc_operation WHERE did = ? ORDER BY seq', did)
    return rows.map(toEntry)
  }
}

function toEntry({ seq, did, cid, operation, nullified, created_at }: Row): NumberedOperation {
  const op = JSON.parse(operation) as PlcOperation
  return { seq, did, operation: op, cid, nullified: nullified === 1, createdAt: created_at }
}
