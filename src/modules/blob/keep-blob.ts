import { createHash } from 'node:crypto'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Cid, Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import { BlobLocks } from './blob-locks.js'
import { BlobStore } from './blob-store.js'
import { cidOfDigest } from './open-blob.js'

/** A blob as another server has kept it. */
export interface BroughtBlob {
  did: Did
  cid: Cid
  mimeType: string
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Its bytes. */
  open: () => AsyncIterable<Uint8Array>
}

/**
 * Keeps a blob that the operator brings for an account, whose repository may come later. Gives false where the bytes are not
 * those of its CID: then nothing is kept.
 */
export class KeepBlob extends Command<boolean> {
  constructor(readonly blob: BroughtBlob) {
    super()
  }
}

/** As an upload, whatever its size and type: bytes, name, row. One that is here already is left alone. */
@CommandHandler(KeepBlob)
export class KeepBlobHandler implements ICommandHandler<KeepBlob> {
  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly locks: BlobLocks,
    private readonly clock: Clock,
  ) {}

  /** Resolves when it is durable. @throws whatever its source or the store throws */
  async execute({ blob }: KeepBlob): Promise<boolean> {
    const { did, cid, open } = blob
    const row = await this.database.read.get<{ size: number }>(
      'SELECT size FROM blob WHERE did = ? AND cid = ?',
      did,
      cid.bytes,
    )
    if (row && (await this.store.stat(cid))?.size === row.size) return true
    const hash = createHash('sha256')
    let size = 0
    const temp = await this.store.putTemp(
      (async function* () {
        for await (const piece of open()) {
          hash.update(piece)
          size += piece.length
          yield piece
        }
      })(),
    )
    try {
      if (!cidOfDigest(hash.digest()).equals(cid)) {
        await this.store.dropTemp(temp)
        return false
      }
      await this.locks.alone(cid, () => this.keep(blob, temp, size))
      return true
    } catch (error) {
      await this.store.dropTemp(temp)
      throw error
    }
  }

  private async keep({ did, cid, mimeType, createdAt }: BroughtBlob, temp: string, size: number): Promise<void> {
    await this.store.makePermanent(temp, cid)
    // Whether a record refers to it is looked at when its quarantine is over.
    await this.database.write(async (tx) =>
      tx.run(
        `INSERT INTO blob (did, cid, mime_type, size, created_at, loose_since) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (did, cid) DO UPDATE SET loose_since = excluded.loose_since`,
        did,
        cid.bytes,
        mimeType,
        size,
        createdAt,
        this.clock.now(),
      ),
    )
  }
}
