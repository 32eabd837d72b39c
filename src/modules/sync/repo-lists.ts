import { Injectable } from '@nestjs/common'
import { Cid, type Did } from '../../repo-engine/index.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import type { RepoStatus } from '../repo/repo-row.js'

/** A repository as lists have it; `id` says where it stands in them. */
export interface ListedRepo {
  id: number
  did: Did
  head: Cid
  rev: string
  /** Null: active. */
  status: RepoStatus | null
}

/** A run of a list. */
export interface DidPage {
  dids: Did[]
  /** The number after which the list goes on; null at its end. */
  next: number | null
}

/** Repositories that are looked at for one answer, and between two turns of other work. */
const MAX_LOOKED_AT = 5_000
const SLICE = 250

/** Lists of the repositories whose events the firehose carries, in the order in which they came. */
@Injectable()
export class RepoLists {
  private readonly scope: string

  constructor(
    private readonly database: Database,
    { firehoseScope }: Config,
  ) {
    this.scope = firehoseScope === 'all' ? "hosting IN ('hosted', 'mirrored')" : "hosting = 'hosted'"
  }

  /** Repositories of whatever status after the one with the given number. */
  async all(after: number, limit: number): Promise<ListedRepo[]> {
    const rows = await this.database.read.all<Omit<ListedRepo, 'head'> & { head: Buffer }>(
      `SELECT id, did, head, rev, status FROM repo
       WHERE id > ? AND ${this.scope} AND (status IS NULL OR status <> 'deleted') ORDER BY id LIMIT ?`,
      after,
      limit,
    )
    return rows.map((row) => ({ ...row, head: Cid.fromBytes(row.head) }))
  }

  /**
   * Active repositories with records of a collection, after the one with the given number. Where few have any, a page may be
   * short, or empty, before the list is at its end: one answer looks at so many repositories and no more.
   */
  async withCollection(collection: string, after: number, limit: number): Promise<DidPage> {
    const found: { id: number; did: Did }[] = []
    for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += SLICE) {
      // Records stand in the order of their paths, so each repository takes one probe. '0' is the character after '/'.
      const rows = await this.database.read.all<{ id: number; did: Did; has: number }>(
        `SELECT id, did, CASE WHEN ${this.scope} AND status IS NULL AND EXISTS
           (SELECT 1 FROM record WHERE tree = repo.tree AND path > ? AND path < ?) THEN 1 ELSE 0 END AS has
         FROM repo WHERE id > ? ORDER BY id LIMIT ?`,
        `${collection}/`,
        `${collection}0`,
        after,
        SLICE,
      )
      found.push(...rows.filter(({ has }) => has === 1))
      if (found.length > limit) return { dids: didsOf(found.slice(0, limit)), next: found[limit - 1]!.id }
      if (rows.length < SLICE) return { dids: didsOf(found), next: null }
      after = rows.at(-1)!.id
      await new Promise(setImmediate)
    }
    return { dids: didsOf(found), next: after }
  }
}

function didsOf(repos: readonly { did: Did }[]): Did[] {
  return repos.map(({ did }) => did)
}
