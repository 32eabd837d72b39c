import { Cid, encodeCarHeader, encodeCarSection } from '../../repo-engine/index.js'
import type { ForeignSqlite } from '../database/foreign-sqlite.js'

/** A blob that an account has, as its store describes it. */
export interface OfficialBlob {
  cid: string
  mimeType: string
  size: number
  createdAt: string
  /** Not null: taken down, and kept apart. */
  takedownRef: string | null
}

/** The store of one account of an official PDS: its repository as blocks, and what is kept beside it. It is only read. */
export class OfficialStore {
  constructor(
    readonly did: string,
    private readonly database: ForeignSqlite,
    /** Rows that are read at a time. */
    private readonly page: number,
  ) {}

  /** The newest commit: its CID and its block. @throws Error when the store has none */
  head(): { cid: Cid; bytes: Uint8Array } {
    const root = this.database.get<{ cid: string }>('SELECT cid FROM repo_root')
    if (!root) throw new Error('its store has no repository')
    const block = this.database.get<{ content: Buffer }>('SELECT content FROM repo_block WHERE cid = ?', root.cid)
    if (!block) throw new Error(`its store lacks the newest commit, ${root.cid}`)
    return { cid: Cid.parse(root.cid), bytes: block.content }
  }

  /** Bytes of all blocks together. */
  get bytes(): number {
    return this.database.get<{ n: number }>('SELECT coalesce(sum(size), 0) AS n FROM repo_block')!.n
  }

  /** The repository as a CAR, some blocks at a time. */
  async *car(): AsyncGenerator<Uint8Array> {
    yield encodeCarHeader([this.head().cid])
    for (let after = ''; ;) {
      const rows = this.database.all<{ cid: string; content: Buffer }>(
        'SELECT cid, content FROM repo_block WHERE cid > ? ORDER BY cid LIMIT ?',
        after,
        this.page,
      )
      if (rows.length === 0) return
      yield Buffer.concat(rows.map(({ cid, content }) => encodeCarSection(Cid.parse(cid), content)))
      after = rows.at(-1)!.cid
    }
  }

  /** What is in the list of preferences, in its order, whatever its namespace; less what nobody can read. */
  preferences(): Record<string, unknown>[] {
    const rows = this.database.all<{ valueJson: string }>('SELECT valueJson FROM account_pref ORDER BY id')
    return rows.map(({ valueJson }) => parsed(valueJson)).filter((value) => value !== null)
  }

  /** Records that are taken down: at-uris, each with what the operator files it under. */
  takenRecords(): { uri: string; takedownRef: string }[] {
    return this.database.all('SELECT uri, takedownRef FROM record WHERE takedownRef IS NOT NULL')
  }

  /** Blobs that have arrived and are named by some record, page by page in the order of their CIDs. */
  *blobs(): Generator<OfficialBlob> {
    for (let after = ''; ;) {
      const rows = this.database.all<OfficialBlob>(
        `SELECT cid, mimeType, size, createdAt, takedownRef FROM blob
         WHERE tempKey IS NULL AND cid > ? ORDER BY cid LIMIT ?`,
        after,
        this.page,
      )
      if (rows.length === 0) return
      yield* rows
      after = rows.at(-1)!.cid
    }
  }

  /** One of them, null where there is none. */
  blob(cid: string): OfficialBlob | null {
    const sql = 'SELECT cid, mimeType, size, createdAt, takedownRef FROM blob WHERE tempKey IS NULL AND cid = ?'
    return this.database.get<OfficialBlob>(sql, cid) ?? null
  }

  close(): void {
    this.database.close()
  }
}

/** The object that a text is in JSON, null for none. */
function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
