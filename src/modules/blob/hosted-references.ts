import { Injectable } from '@nestjs/common'
import {
  type BlobRef,
  type Cid,
  CODEC_RAW,
  decodeCbor,
  type Did,
  findBlobs,
  type RecordBlock,
  type TreeOp,
} from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import { deleteSome } from '../database/delete-some.js'
import { RecordBlobs } from '../repo/record-blobs.js'
import { type HeadRef, readRepo } from '../repo/repo-row.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { BlobRemoval } from './blob-removal.js'

/** Rows that one write goes through. */
const AT_ONCE = 500
/** The key `mimeType` as every blob reference has it, in DAG-CBOR. Records without it need not be decoded. */
const MARK = Buffer.from('\x68mimeType', 'latin1')

interface Row {
  mime_type: string
  size: number
}

/** References of hosted repositories, counted by their rows: a blob is used as long as a record has a row for it. */
@Injectable()
export class HostedReferences extends RecordBlobs {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly removal: BlobRemoval,
  ) {
    super()
  }

  async check(did: Did, refs: readonly BlobRef[]): Promise<void> {
    for (const { cid, mimeType, size } of refs) {
      const row = await this.database.read.get<Row & { used: number }>(
        `SELECT mime_type, size, EXISTS (SELECT 1 FROM record_blob
           WHERE tree = (SELECT tree FROM repo WHERE repo.did = blob.did) AND record_blob.cid = blob.cid) AS used
         FROM blob WHERE did = ? AND cid = ?`,
        did,
        cid.bytes,
      )
      if (!row || !(await isUploaded(this.database.read, did, cid))) throw notUploaded(cid)
      if (!row.used) assertDescribed(row, mimeType, size)
    }
  }

  /** What was uploaded is taken hold of before what is given up is let go: a blob may be in both. */
  async follow(
    tx: Tx,
    { did, tree }: HeadRef,
    ops: readonly TreeOp[],
    refs: ReadonlyMap<string, readonly BlobRef[]>,
  ): Promise<void> {
    const given: Buffer[] = []
    for (const { action, path, prev } of ops) {
      const wanted = (action !== 'delete' && refs.get(path)) || []
      if (prev === null && wanted.length === 0) continue
      const held = prev
        ? await tx.all<{ cid: Buffer }>('SELECT cid FROM record_blob WHERE tree = ? AND path = ?', tree, path)
        : []
      for (const ref of wanted) await this.take(tx, { did, tree, path }, ref)
      for (const { cid } of held)
        if (!wanted.some((ref) => cid.equals(ref.cid.bytes))) {
          await tx.run('DELETE FROM record_blob WHERE tree = ? AND path = ? AND cid = ?', tree, path, cid)
          given.push(cid)
        }
    }
    for (const cid of given)
      await tx.run(
        `UPDATE blob SET loose_since = ? WHERE did = ? AND cid = ? AND loose_since IS NULL
           AND NOT EXISTS (SELECT 1 FROM record_blob WHERE tree = ? AND cid = blob.cid)`,
        this.clock.now(),
        did,
        cid,
        tree,
      )
  }

  private async take(
    tx: Tx,
    { did, tree, path }: { did: Did; tree: number; path: string },
    { cid, mimeType, size }: BlobRef,
  ): Promise<void> {
    const row = await tx.get<Row>(
      'UPDATE blob SET loose_since = NULL WHERE did = ? AND cid = ? RETURNING mime_type, size',
      did,
      cid.bytes,
    )
    if (!row || !(await isUploaded(tx, did, cid))) throw notUploaded(cid)
    const used = await tx.get('SELECT 1 FROM record_blob WHERE tree = ? AND cid = ? LIMIT 1', tree, cid.bytes)
    // What an import refers to was described by another server: whoever repeats that says nothing new.
    if (!used) assertDescribed(row, mimeType, size)
    await tx.run(
      'INSERT INTO record_blob (tree, path, cid) VALUES (?, ?, ?) ON CONFLICT (tree, path, cid) DO NOTHING',
      tree,
      path,
      cid.bytes,
    )
  }

  async stage(tx: Tx, tree: number, records: readonly Pick<RecordBlock, 'path' | 'bytes'>[]): Promise<void> {
    for (const { path, bytes } of records)
      for (const cid of blobsIn(bytes))
        await tx.run(
          'INSERT INTO record_blob (tree, path, cid) VALUES (?, ?, ?) ON CONFLICT (tree, path, cid) DO NOTHING',
          tree,
          path,
          cid.bytes,
        )
  }

  async doubt(did: Did): Promise<void> {
    const now = this.clock.now()
    const some = async (tx: Tx): Promise<number> =>
      tx.run(
        `UPDATE blob SET loose_since = ? WHERE did = ? AND cid IN
           (SELECT cid FROM blob WHERE did = ? AND loose_since IS NULL LIMIT ${AT_ONCE})`,
        now,
        did,
        did,
      )
    while ((await this.database.write(some)) > 0);
  }

  /** From the beginning, whatever an earlier try has left. */
  async readAll(did: Did): Promise<void> {
    const repo = await readRepo(this.database.read, did)
    if (!repo || repo.hosting === 'hosted') return
    const { tree } = repo
    const some = (tx: Tx): Promise<number> => deleteSome(tx, ['record_blob', 'path, cid'], 'tree', tree, AT_ONCE)
    while ((await this.database.write(some)) > 0);
    for (let after = ''; ;) {
      const records = await this.database.read.all<{ path: string; bytes: Buffer }>(
        'SELECT path, bytes FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT ?',
        tree,
        after,
        AT_ONCE,
      )
      await this.database.write((tx) => this.stage(tx, tree, records))
      if (records.length < AT_ONCE) return
      after = records.at(-1)!.path
    }
  }

  async erase(tx: Tx, did: Did, limit: number): Promise<boolean> {
    const rows = await tx.all<{ cid: Buffer }>(
      'DELETE FROM blob WHERE did = ? AND cid IN (SELECT cid FROM blob WHERE did = ? LIMIT ?) RETURNING cid',
      did,
      did,
      limit,
    )
    await this.removal.promise(
      tx,
      rows.map(({ cid }) => cid),
    )
    return rows.length > 0
  }
}

/** The blobs that a record refers to, by its bytes; each once. */
export function blobsIn(record: Uint8Array): Cid[] {
  if (!Buffer.from(record.buffer, record.byteOffset, record.byteLength).includes(MARK)) return []
  const found = findBlobs(decodeCbor(record)).map(({ cid }) => cid)
  return found.filter((cid, i) => cid.codec === CODEC_RAW && found.findIndex((other) => other.equals(cid)) === i)
}

/** Whether an account has uploaded a blob, which is not taken down. */
async function isUploaded(reader: Reader, did: Did, cid: Cid): Promise<boolean> {
  const row = await reader.get(
    'SELECT 1 FROM blob WHERE did = ? AND cid = ? AND NOT EXISTS (SELECT 1 FROM takedown WHERE subject = ?)',
    did,
    cid.bytes,
    `${did}/${cid.toString()}`,
  )
  return row !== undefined
}

function notUploaded(cid: Cid): Error {
  return invalidRequest(`Could not find blob: ${cid.toString()}`, 'BlobNotFound')
}

function assertDescribed(row: Row, mimeType: string, size: number | null): void {
  if (mimeType !== row.mime_type)
    throw invalidRequest(
      `Referenced Mimetype does not match stored blob. Expected: ${row.mime_type}, Got: ${mimeType}`,
      'InvalidMimeType',
    )
  if (size !== row.size)
    throw invalidRequest(
      `Referenced Size does not match stored blob. Expected: ${row.size}, Got: ${String(size)}`,
      'InvalidSize',
    )
}
