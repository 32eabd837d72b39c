import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { isDid } from '../../repo-engine/index.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Database } from '../database/database.js'
import { FOLLOW } from '../lexicon/collections.js'
import { readCommitChanges } from '../repo/fold-log.js'
import { linkOf } from '../repo/record-link.js'

/** Repositories whose follows are read between two turns of other work. */
const PAGE = 50

/**
 * Whom the accounts that are hosted here follow: read once, and then kept up from the log. Whoever is followed no more stays:
 * what is here of an account is worth more than the room that it takes.
 */
@Injectable()
export class FollowedAccounts {
  private readonly dids = new Set<string>()
  private position: number | null = null
  private reading: Promise<void> | null = null

  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
  ) {}

  has(did: string): boolean {
    return this.dids.has(did)
  }

  all(): Did[] {
    return [...this.dids] as Did[]
  }

  /** Brings it up to the log. */
  async update(): Promise<void> {
    this.reading ??= this.read().finally(() => (this.reading = null))
    await this.reading
  }

  /** Those who have come in after the first `count`. */
  since(count: number): Did[] {
    return count === this.dids.size ? [] : this.all().slice(count)
  }

  private async read(): Promise<void> {
    if (this.position === null) {
      const position = await this.log.lastSeq()
      await this.readAll()
      this.position = position
    }
    for (;;) {
      const rows = await this.log.read(this.position, PAGE)
      for (const row of rows) {
        if (row.hosted !== 1 || (row.kind !== 'commit' && row.kind !== 'import')) continue
        if (row.kind === 'import') await this.readRepo(row.did)
        else for (const { path, bytes } of readCommitChanges(row).records) this.take(path, bytes)
      }
      if (rows.length === 0) return
      this.position = rows.at(-1)!.seq
      await new Promise(setImmediate)
    }
  }

  private async readAll(): Promise<void> {
    for (let after = 0; ;) {
      const repos = await this.database.read.all<{ id: number; did: string }>(
        "SELECT id, did FROM repo WHERE id > ? AND hosting = 'hosted' ORDER BY id LIMIT ?",
        after,
        PAGE,
      )
      for (const { did } of repos) await this.readRepo(did)
      if (repos.length === 0) return
      after = repos.at(-1)!.id
      await new Promise(setImmediate)
    }
  }

  private async readRepo(did: string): Promise<void> {
    const rows = await this.database.read.all<{ subject: string }>(
      'SELECT subject FROM record_link WHERE tree = (SELECT tree FROM repo WHERE did = ?) AND collection = ?',
      did,
      FOLLOW,
    )
    for (const { subject } of rows) if (isDid(subject)) this.dids.add(subject)
  }

  private take(path: string, bytes: Uint8Array): void {
    if (!path.startsWith(`${FOLLOW}/`)) return
    const subject = linkOf(path, bytes)
    if (isDid(subject)) this.dids.add(subject)
  }
}
