import type { Changes } from '../../modules/database/changes.js'
import type { Tx } from '../../modules/database/database.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import type { IndexedRecord } from '../projection.js'
import { POST } from '../../modules/lexicon/collections.js'

/** What differs between the kinds of gates. */
export interface GateKind<Value> {
  table: 'bsky_threadgate' | 'bsky_postgate'
  collection: string
  links(gate: Value): Link[]
  /** Judges anew what the gate is about, after it has come or gone. `touched` hears of what is judged otherwise. */
  reconsider(tx: Tx, gate: Value, touched: Set<string>): Promise<void>
}

/** The gates of one kind. One that does not stand beside its post, under the same key, is none. */
export class GateTable<Value extends { post: string }> {
  constructor(
    private readonly kind: GateKind<Value>,
    private readonly changes: Changes,
  ) {}

  async insert(record: IndexedRecord<Value>, tx: Tx): Promise<void> {
    const { uri, cid, did, rkey, value, sortAt, indexedAt } = record
    if (value.post !== `at://${did}/${POST}/${rkey}`) return
    await tx.run(
      `INSERT INTO ${this.kind.table} (uri, cid, did, post, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[uri, cid, did, value.post, JSON.stringify(value), sortAt, indexedAt],
    )
    await addBacklinks(tx, record, this.kind.links(value))
    await this.changed(value, tx)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const { table, collection } = this.kind
    const row = await tx.get<{ json: string; sort_at: number }>(`SELECT json, sort_at FROM ${table} WHERE uri = ?`, uri)
    if (!row) return
    const value = JSON.parse(row.json) as Value
    await tx.run(`DELETE FROM ${table} WHERE uri = ?`, uri)
    await removeBacklinks(tx, { uri, collection, sortAt: row.sort_at }, this.kind.links(value))
    await this.changed(value, tx)
  }

  private async changed(gate: Value, tx: Tx): Promise<void> {
    const touched = new Set<string>()
    await this.kind.reconsider(tx, gate, touched)
    this.changes.touch(tx, touched)
  }
}
