import { setTimeout as delay } from 'node:timers/promises'
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit, Optional } from '@nestjs/common'
import { CommitLog, type LogRow, type NewEvent } from '../commit-log/commit-log.js'
import { Database, type Tx } from '../database/database.js'
import { keptRecords, readPieceEvent } from './fold-log.js'
import type { StagedRepo } from './import-staging.js'
import { RecordBlobs } from './record-blobs.js'
import { importEvent, pieceEvent } from './repo-events.js'
import { type Hosting, type NewRepo, type Repo, replaceRepo } from './repo-row.js'
import { settleStatus } from './repo-status.js'

/** Before a piece that could not be written is tried again. */
const RETRY_MS = 1_000

/** A repository whose import is in place. Its tree knows the pieces for as long as some of them are missing. */
export type Imported = Pick<Repo, 'did' | 'tree'>

/**
 * An import in the log: one event puts the repository in place, and then one event for each piece of it has the
 * projections take that piece in, so that none of the writes is long. Nothing else is appended for the repository in
 * between: a piece is what stands between two paths, and nothing newer does. So pieces are never given up: one that
 * cannot be written is tried until it can, and those that a crash has cut off come before anything else at the next start.
 */
@Injectable()
export class ImportPieces implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Import')
  private readonly stop = new AbortController()

  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    @Optional() private readonly blobs?: RecordBlobs,
  ) {}

  async onModuleInit(): Promise<void> {
    const unfinished = await this.database.read.all<Imported>(
      `SELECT repo.did, repo.tree FROM tree JOIN repo ON repo.tree = tree.id
       WHERE tree.part_of IS NOT NULL AND (repo.status IS NULL OR repo.status <> 'deleted')`,
    )
    for (const imported of unfinished) await this.appendAll(imported)
  }

  onModuleDestroy(): void {
    this.stop.abort()
  }

  /** Puts a staged repository in the place of `current`, after what is to be said before. @throws HeadMoved, whatever the database throws */
  async place(
    current: Repo | null,
    repo: NewRepo,
    commitBlock: Uint8Array,
    staged: StagedRepo,
    announced: readonly NewEvent[] = [],
  ): Promise<void> {
    // What only the old tree refers to is found by that. Doubt hurts nothing should the write fail.
    if (current?.hosting === 'hosted') await this.blobs?.doubt(current.did)
    await this.database.write(async (tx) => {
      await replaceRepo(tx, current, repo, commitBlock)
      await this.log.append(tx, [...announced, importEvent(repo, commitBlock, staged)])
      // The operator may have taken it down before it was here.
      if (!current) await settleStatus(tx, this.log, repo.did)
    })
  }

  /**
   * Appends the pieces that are not in the log yet, each in a write of its own. To be called in the repository's turn.
   * @throws Error when the server stops before the last one
   */
  async appendAll({ did, tree }: Imported): Promise<void> {
    const { read } = this.database
    const row = await read.get<{ part_of: string | null; hosting: Hosting }>(
      'SELECT tree.part_of, repo.hosting FROM tree JOIN repo ON repo.tree = tree.id WHERE tree.id = ?',
      tree,
    )
    if (!row?.part_of) return
    const { part_of: partOf, hosting } = row
    const { last } = (await read.get<{ last: number }>(
      'SELECT max(n) AS last FROM commit_log_part WHERE part_of = ?',
      partOf,
    ))!
    let { n, after } = await this.next(did, partOf)
    for (; n <= last; n++) {
      const part = await read.get<{ bytes: Buffer }>(
        'SELECT bytes FROM commit_log_part WHERE part_of = ? AND n = ?',
        partOf,
        n,
      )
      const records = keptRecords(part!.bytes)
      const to = n === last ? null : records.at(-1)!.path
      const event = pieceEvent(did, hosting, { partOf, n, after, to }, records)
      await this.write(async (tx) => {
        if (to === null) await tx.run('UPDATE tree SET part_of = NULL WHERE id = ?', tree)
        await this.log.append(tx, [event])
      })
      after = to
    }
  }

  /** The first piece that is not in the log, and the path that it begins after. */
  private async next(did: string, partOf: string): Promise<{ n: number; after: string | null }> {
    const row = await this.database.read.get<LogRow>(
      "SELECT * FROM commit_log WHERE did = ? AND kind = 'part' ORDER BY seq DESC LIMIT 1",
      did,
    )
    const piece = row && readPieceEvent(row)
    return piece?.partOf === partOf ? { n: piece.n + 1, after: piece.to } : { n: 0, after: null }
  }

  private async write(fn: (tx: Tx) => Promise<void>): Promise<void> {
    for (;;)
      try {
        return await this.database.write(fn)
      } catch (error) {
        this.logger.error(error)
        await delay(RETRY_MS, undefined, { signal: this.stop.signal })
      }
  }
}
