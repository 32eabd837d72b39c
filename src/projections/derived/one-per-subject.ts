import type { Tx } from '../../modules/database/database.js'
import type { IndexedRecord } from '../projection.js'

/** A row of a table of records that point at one subject. */
export interface Pointer {
  uri: string
  cid: string
  did: string
  subject: string
  via?: string | null
  sort_at: number
  indexed_at: number
}

export type PointerTable = 'bsky_like' | 'bsky_repost' | 'bsky_follow' | 'bsky_block' | 'bsky_list_block'

/** What follows from an actor pointing at a subject, in other tables: counts, links, notifications, feed items. */
export interface Effects {
  apply(pointer: Pointer, tx: Tx): Promise<void>
  /** Takes back what `apply` of the same pointer did. */
  retract(pointer: Pointer, tx: Tx): Promise<void>
}

/**
 * Records of which an actor should have one for each subject, but may have several: imports and other servers make them.
 * All of them are kept; the one with the least uri counts, whatever order they come in, and alone has effects.
 */
export class OnePerSubject {
  private readonly insertion: string
  private readonly find: string
  private readonly least: string
  private readonly deletion: string

  constructor(
    table: PointerTable,
    private readonly hasVia: boolean,
    private readonly effects: Effects,
  ) {
    const columns = ['uri', 'cid', 'did', 'subject', ...(hasVia ? ['via'] : []), 'sort_at', 'indexed_at']
    this.insertion = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
    this.find = `SELECT * FROM ${table} WHERE uri = ?`
    this.least = `SELECT * FROM ${table} WHERE did = ? AND subject = ? ORDER BY uri LIMIT 1`
    this.deletion = `DELETE FROM ${table} WHERE uri = ?`
  }

  /** `via`: the repost through which it came about. */
  async insert(record: IndexedRecord<unknown>, subject: string, via: string | null, tx: Tx): Promise<void> {
    const { uri, cid, did, sortAt, indexedAt } = record
    const counted = await tx.get<Pointer>(this.least, did, subject)
    await tx.run(this.insertion, uri, cid, did, subject, ...(this.hasVia ? [via] : []), sortAt, indexedAt)
    if (counted && counted.uri < uri) return
    if (counted) await this.effects.retract(counted, tx)
    await this.effects.apply({ uri, cid, did, subject, via, sort_at: sortAt, indexed_at: indexedAt }, tx)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const pointer = await tx.get<Pointer>(this.find, uri)
    if (!pointer) return
    const counted = await tx.get<Pointer>(this.least, pointer.did, pointer.subject)
    await tx.run(this.deletion, uri)
    if (counted?.uri !== uri) return
    await this.effects.retract(pointer, tx)
    const next = await tx.get<Pointer>(this.least, pointer.did, pointer.subject)
    if (next) await this.effects.apply(next, tx)
  }
}
