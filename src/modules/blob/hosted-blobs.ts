import type { Readable } from 'node:stream'
import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { Cid, type Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import type { BlobCounts } from '../repo/blob-counts.js'
import type { Repo } from '../repo/repo-row.js'
import { BlobCache } from './blob-cache.js'
import { BlobStore } from './blob-store.js'
import { blobNotFound, type OpenBlob } from './open-blob.js'
import { UploadBlob } from './upload-blob.js'

/** A blob that a record refers to and that is not here. */
export interface MissingBlob {
  cid: Cid
  /** Path of one of the records. */
  path: string
}

/** The blobs of accounts that are hosted here. Lists are in the order of the CIDs' bytes. */
@Injectable()
export class HostedBlobs implements BlobCounts {
  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly cache: BlobCache,
    private readonly commands: CommandBus,
  ) {}

  /** A blob that a record refers to: what was only uploaded is given to nobody yet. @throws XrpcError 400 BlobNotFound. */
  async open({ did, tree }: Repo, cid: Cid): Promise<OpenBlob> {
    const row = await this.database.read.get<{ mime_type: string; size: number }>(
      `SELECT mime_type, size FROM blob WHERE did = ? AND cid = ?
         AND EXISTS (SELECT 1 FROM record_blob WHERE tree = ? AND record_blob.cid = blob.cid)`,
      did,
      cid.bytes,
      tree,
    )
    if (!row) return this.takeOver(did, tree, cid)
    const bytes = await this.store.open(cid, row.size)
    if (!bytes) throw blobNotFound(cid)
    return { ...bytes, cid, type: row.mime_type }
  }

  /** What was fetched while an account lived elsewhere becomes its own when it is asked for. @throws as {@link open} */
  private async takeOver(did: Did, tree: number, cid: Cid): Promise<OpenBlob> {
    const sql = 'SELECT 1 FROM record_blob WHERE tree = ? AND cid = ? LIMIT 1'
    const isUsed = (await this.database.read.get(sql, tree, cid.bytes)) !== undefined
    const copy = isUsed ? await this.cache.open(cid) : null
    if (!copy) throw blobNotFound(cid)
    const bytes: Readable = await copy.read(null)
    // One that had to wait for its turn in vain was never read.
    const { size, mimeType } = await this.commands
      .execute(new UploadBlob(did, bytes as AsyncIterable<Uint8Array>, copy.type))
      .finally(() => bytes.destroy())
    const own = await this.store.open(cid, size)
    if (!own) throw blobNotFound(cid)
    return { ...own, cid, type: mimeType }
  }

  /** Blobs that records refer to, also those that are not here; `since`: records written after that rev. */
  async list({ tree }: Repo, since: string | undefined, after: Cid | null, limit: number): Promise<Cid[]> {
    const written = `AND EXISTS (SELECT 1 FROM record
      WHERE record.tree = record_blob.tree AND record.path = record_blob.path AND record.rev > ?)`
    const rows = await this.database.read.all<{ cid: Buffer }>(
      `SELECT DISTINCT cid FROM record_blob WHERE tree = ? AND cid > ? ${since === undefined ? '' : written}
       ORDER BY cid LIMIT ?`,
      tree,
      after?.bytes ?? NOTHING,
      ...(since === undefined ? [] : [since]),
      limit,
    )
    return rows.map(({ cid }) => Cid.fromBytes(cid))
  }

  /** Blobs that records refer to and that the account has not uploaded. */
  async missing(did: string, after: Cid | null, limit: number): Promise<MissingBlob[]> {
    const rows = await this.database.read.all<{ cid: Buffer; path: string }>(
      `SELECT cid, min(path) AS path FROM record_blob
       WHERE tree = (SELECT tree FROM repo WHERE did = ?) AND cid > ?
         AND NOT EXISTS (SELECT 1 FROM blob WHERE did = ? AND blob.cid = record_blob.cid)
       GROUP BY cid ORDER BY cid LIMIT ?`,
      did,
      after?.bytes ?? NOTHING,
      did,
      limit,
    )
    return rows.map(({ cid, path }) => ({ cid: Cid.fromBytes(cid), path }))
  }

  /** How many blobs the records of an account refer to, and how many it has uploaded. */
  async counts(did: string): Promise<{ expected: number; imported: number }> {
    return (await this.database.read.get<{ expected: number; imported: number }>(
      `SELECT (SELECT count(DISTINCT cid) FROM record_blob WHERE tree = (SELECT tree FROM repo WHERE did = ?)) AS expected,
         (SELECT count(*) FROM blob WHERE did = ?) AS imported`,
      did,
      did,
    ))!
  }
}

const NOTHING = new Uint8Array(0)
