import type { AppendedRow } from '../modules/commit-log/commit-log.js'
import type { Tx } from '../modules/database/database.js'
import type { Lexicons } from '../modules/lexicon/lexicons.js'
import { readPieceEvent } from '../modules/repo/fold-log.js'
import { dataToJson, datetimeToMillis, decodeCbor, type Did, type RecordBlock } from '../repo-engine/index.js'
import { collectNames, collectNamesOfRow, namesOfAccount, nameTouched, type Row } from './names.js'
import { openEvent } from './opened-event.js'
import { type ActorProjection, definitionOf, type RecordProjection } from './projection.js'

/** What has come of telling events to projections. */
export interface Told {
  /** Records that are not what their collection's lexicon says, and were passed over. */
  skipped: number
  /** The DIDs and at-uris that the answers may now be others about; null where nobody wants to know. */
  touched: Set<string> | null
}

/** A projection of records, and how its own table is asked. */
interface Kept {
  projection: RecordProjection
  /** The row of a uri. */
  row: string
  /** The rows between two uris: after the first, up to and including the second. */
  range: string
}

/** More rows than there are. */
const ALL = 1_000_000_000

/** Some projections, told of events together. Those that are not in `among` hear of nothing. */
export class ProjectionSet {
  private readonly byCollection = new Map<string, Kept | null>()
  private readonly kept: Kept[] = []
  private readonly others: Kept | null
  private readonly actors: ActorProjection[] = []

  constructor(
    all: readonly (RecordProjection | ActorProjection)[],
    private readonly lexicons: Lexicons,
    among: ReadonlySet<object> = new Set(all),
  ) {
    for (const projection of all) {
      const { collections, tables } = definitionOf(projection)
      const isTold = among.has(projection)
      if ('account' in projection && isTold) this.actors.push(projection)
      if (!('insert' in projection)) continue
      const kept: Kept = {
        projection,
        row: `SELECT * FROM ${tables[0]} WHERE uri = ?`,
        range: `SELECT * FROM ${tables[0]} WHERE uri > ? AND uri <= ? ORDER BY uri LIMIT ?`,
      }
      if (isTold) this.kept.push(kept)
      for (const collection of collections) this.byCollection.set(collection, isTold ? kept : null)
    }
    this.others = this.byCollection.get('*') ?? null
  }

  /**
   * Tells one event. Of an account that it deletes, up to `erase` rows go with it.
   * @throws whatever a statement throws; Error where the log is broken
   */
  async tell(event: AppendedRow, tx: Tx, told: Told, erase = ALL): Promise<void> {
    const { kind } = event
    if (kind === 'import' || kind === 'sync') return
    const did = event.did as Did
    const at = Date.parse(event.time)
    const { ops = [], records = [], handle = null, status = null } = await openEvent(event, tx)
    if (kind === 'identity' || kind === 'account') told.touched?.add(did)
    if (kind === 'commit') {
      const placed = new Map(records.map((record) => [record.path, record]))
      for (const { path, action } of ops) {
        const kept = this.of(path)
        if (!kept) continue
        told.touched?.add(nameTouched(did, path))
        if (action !== 'create') await this.remove(kept, `at://${did}/${path}`, at, tx, told)
        const record = placed.get(path)
        if (record) await this.insert(kept, did, record, at, tx, told)
      }
    } else if (kind === 'part') await this.place(event, records, tx, told)
    else if (kind === 'identity') for (const actors of this.actors) await actors.identity(did, handle, at, tx)
    else {
      for (const actors of this.actors) await actors.account(did, status, at, tx)
      if (status === 'deleted') await this.erase(did, tx, erase, told)
    }
  }

  /** Removes up to `limit` records of an account. True when there may be more of them. */
  async erase(did: string, tx: Tx, limit: number, told: Told): Promise<boolean> {
    let left = limit
    for (const name of namesOfAccount(did)) told.touched?.add(name)
    for (const kept of this.kept) {
      const rows = await tx.all<Row>(kept.range, `at://${did}/`, endOf(did), left)
      for (const row of rows) await this.drop(kept, row, tx, told)
      left -= rows.length
      if (left <= 0) return true
    }
    return false
  }

  /** Makes the records between two paths those of a piece of an import. What is there already stays as it is. */
  private async place(event: AppendedRow, records: readonly RecordBlock[], tx: Tx, told: Told): Promise<void> {
    const did = event.did as Did
    const at = Date.parse(event.time)
    const { after, to } = readPieceEvent(event)
    const [from, end] = [`at://${did}/${after ?? ''}`, to === null ? endOf(did) : `at://${did}/${to}`]
    for (const name of namesOfAccount(did)) told.touched?.add(name)
    const missing = new Map(records.map((record) => [`at://${did}/${record.path}`, record]))
    for (const kept of this.kept)
      for (const row of await tx.all<Row>(kept.range, from, end, ALL)) {
        if (missing.get(row.uri)?.cid.toString() === row.cid) missing.delete(row.uri)
        else await this.drop(kept, row, tx, told, at)
      }
    for (const record of missing.values()) {
      const kept = this.of(record.path)
      if (kept) await this.insert(kept, did, record, at, tx, told)
    }
  }

  private of(path: string): Kept | null {
    const kept = this.byCollection.get(path.slice(0, path.indexOf('/')))
    return kept === undefined ? this.others : kept
  }

  private async remove(kept: Kept, uri: string, at: number, tx: Tx, told: Told): Promise<void> {
    if (told.touched) {
      told.touched.add(uri)
      const row = await tx.get<Row>(kept.row, uri)
      if (!row) return
      collectNamesOfRow(row, told.touched)
    }
    await kept.projection.remove(uri, tx, at)
  }

  private async drop(kept: Kept, row: Row, tx: Tx, { touched }: Told, at?: number): Promise<void> {
    if (touched) collectNamesOfRow(row, touched)
    await kept.projection.remove(row.uri, tx, at)
  }

  private async insert(
    { projection }: Kept,
    did: Did,
    { path, cid, bytes }: RecordBlock,
    indexedAt: number,
    tx: Tx,
    told: Told,
  ): Promise<void> {
    const slash = path.indexOf('/')
    const [collection, rkey, uri] = [path.slice(0, slash), path.slice(slash + 1), `at://${did}/${path}`]
    const value = this.sound(collection, bytes)
    if (!value) {
      told.skipped++
      return
    }
    if (told.touched) collectNames(value, told.touched.add(uri))
    const sortAt = Math.min(createdAt(value) ?? indexedAt, indexedAt)
    await projection.insert({ uri, did, collection, rkey, cid: cid.toString(), value, indexedAt, sortAt }, tx)
  }

  /** The record in its JSON form, or null where it is not what its collection's lexicon says. */
  private sound(collection: string, bytes: Uint8Array): Record<string, unknown> | null {
    try {
      const value = dataToJson(decodeCbor(bytes)) as Record<string, unknown>
      this.lexicons.checkRecord(collection, value, undefined)
      return value
    } catch {
      return null
    }
  }
}

/** Behind every uri of a repository, and before those of any other. */
function endOf(did: string): string {
  return `at://${did}0`
}

/** Milliseconds since the epoch; null where a record does not say it, or not as a datetime of atproto. */
function createdAt(value: Record<string, unknown>): number | null {
  return typeof value.createdAt === 'string' ? datetimeToMillis(value.createdAt) : null
}
