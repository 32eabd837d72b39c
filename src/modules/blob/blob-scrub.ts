import { createHash } from 'node:crypto'
import { Injectable, Logger } from '@nestjs/common'
import { Cid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import { BlobRemoval } from './blob-removal.js'
import { BlobStore, type StoredBlob } from './blob-store.js'
import { cidOfDigest } from './open-blob.js'

/** Names that a report holds of each kind; there may be more. */
const MAX_NAMED = 1_000
const PAGE = 200
/** Orphans that crashes leave, which cut off so many uploads at most, and of all that are deleted in one sweep. */
const [FEW, MOST] = [100, 10_000]

/** What a look at all blobs has found. Lists hold the first thousand, the numbers count all. */
export interface ScrubReport {
  /** Blobs in the store, and their bytes. */
  files: number
  bytes: number
  /** Blobs that accounts have, and that are not in the store: `{did, cid}`. */
  missing: { count: number; blobs: { did: string; cid: string }[] }
  /** Blobs whose bytes are not those of their name, or that cannot be read. */
  corrupt: { count: number; cids: string[] }
  /** Blobs in the store that no account has. */
  orphans: { count: number; cids: string[] }
  /** Orphans that were deleted. */
  removed: number
}

export interface ScrubOptions {
  /** Delete orphans that are older than this, in milliseconds; null: none. */
  removeOlderThan: number | null
  onProgress?: (done: number, total: number) => void
  /** Says when to leave the rest. */
  isStopped?: () => boolean
}

/** Holds the store of blobs against what the accounts have. */
@Injectable()
export class BlobScrub {
  private readonly logger = new Logger('Blobs')

  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly removal: BlobRemoval,
    private readonly clock: Clock,
  ) {}

  /** Reads every blob and hashes it again, beside whatever else the server does. */
  async run({ removeOlderThan, onProgress, isStopped = () => false }: ScrubOptions): Promise<ScrubReport> {
    const report: ScrubReport = {
      files: 0,
      bytes: 0,
      missing: { count: 0, blobs: [] },
      corrupt: { count: 0, cids: [] },
      orphans: { count: 0, cids: [] },
      removed: 0,
    }
    const { total } = (await this.database.read.get<{ total: number }>(
      'SELECT count(DISTINCT cid) AS total FROM blob',
    ))!
    for await (const blob of this.store.list()) {
      if (isStopped()) return report
      report.files++
      report.bytes += blob.size
      if (!(await this.isOwned(blob.cid))) await this.orphan(blob, report, removeOlderThan)
      else if (!(await this.isWhole(blob))) name(report.corrupt, report.corrupt.cids, blob.cid.toString())
      onProgress?.(report.files, Math.max(total, report.files))
    }
    await this.findMissing(report, isStopped)
    return report
  }

  /**
   * Deletes the bytes that no account has and that are older than so many milliseconds. Gives how many blobs that were. Where
   * most of the store is nobody's, nothing goes unasked: it is likely the store of another database.
   */
  async sweepOrphans(olderThanMs: number, isStopped: () => boolean): Promise<number> {
    await this.store.sweepTemps()
    const orphans: Cid[] = []
    let owned = 0
    for await (const blob of this.store.list()) {
      if (isStopped()) return 0
      if (await this.isOwned(blob.cid)) owned++
      else if (blob.storedAt <= this.clock.now() - olderThanMs) orphans.push(blob.cid)
      if (orphans.length === MOST) break
    }
    if (orphans.length > FEW && orphans.length > owned) {
      this.logger.error(
        `Most blobs in the store are of no account here (${orphans.length}, beside ${owned}), so they stay. ` +
          'If it is not the store of another server, delete them with: skylog blob scrub --repair',
      )
      return 0
    }
    let removed = 0
    for (const cid of orphans) if (!isStopped() && (await this.removal.removeUnowned(cid))) removed++
    return removed
  }

  private async orphan(blob: StoredBlob, report: ScrubReport, removeOlderThan: number | null): Promise<void> {
    const isOld = removeOlderThan !== null && blob.storedAt <= this.clock.now() - removeOlderThan
    if (isOld && (await this.removal.removeUnowned(blob.cid))) report.removed++
    else name(report.orphans, report.orphans.cids, blob.cid.toString())
  }

  private async isOwned(cid: Cid): Promise<boolean> {
    return (await this.database.read.get('SELECT 1 FROM blob WHERE cid = ? LIMIT 1', cid.bytes)) !== undefined
  }

  private async isWhole({ cid, size }: StoredBlob): Promise<boolean> {
    try {
      const open = await this.store.open(cid, size)
      // It has gone since it was listed, as blobs do.
      if (!open) return true
      const hash = createHash('sha256')
      for await (const piece of await open.read(null)) hash.update(piece as Buffer)
      return cidOfDigest(hash.digest()).equals(cid)
    } catch {
      return (await this.store.stat(cid)) === null
    }
  }

  private async findMissing(report: ScrubReport, isStopped: () => boolean): Promise<void> {
    for (let after: [did: string, cid: Uint8Array] = ['', Buffer.alloc(0)]; ;) {
      const rows = await this.database.read.all<{ did: string; cid: Buffer }>(
        `SELECT did, cid FROM blob WHERE (did, cid) > (?, ?) ORDER BY did, cid LIMIT ${PAGE}`,
        ...after,
      )
      for (const { did, cid: bytes } of rows) {
        const cid = Cid.fromBytes(bytes)
        if (isStopped()) return
        // One whose row has gone meanwhile is not missed.
        if ((await this.store.stat(cid)) === null && (await this.isOwned(cid)))
          name(report.missing, report.missing.blobs, { did, cid: cid.toString() })
      }
      const last = rows.at(-1)
      if (rows.length < PAGE || !last) return
      after = [last.did, last.cid]
    }
  }
}

function name<T>(found: { count: number }, names: T[], one: T): void {
  if (found.count++ < MAX_NAMED) names.push(one)
}
