import { Injectable } from '@nestjs/common'
import { Cid } from '../../repo-engine/index.js'
import { Database, type Tx } from '../database/database.js'
import { Outbox } from '../outbox/outbox.js'
import { BlobLocks } from './blob-locks.js'
import { BlobStore } from './blob-store.js'

const KIND = 'delete-blobs'

/** Takes bytes away that no account has any more: promised where a row goes, done after COMMIT, by the outbox. */
@Injectable()
export class BlobRemoval {
  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly locks: BlobLocks,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<{ cids: string[] }>(KIND, async ({ cids }, stop) => {
      for (const cid of cids) {
        stop.throwIfAborted()
        await this.removeUnowned(Cid.parse(cid))
      }
    })
  }

  /** Promises, in the write that deletes rows of these blobs, that their bytes go too unless somebody else has them. */
  async promise(tx: Tx, cids: readonly Uint8Array[]): Promise<void> {
    // What is no CID names no bytes: it must not keep a row from going.
    const named = cids.flatMap((cid) => textOf(cid) ?? [])
    if (named.length > 0) await this.outbox.add(tx, KIND, { cids: named })
  }

  /** Deletes the bytes of a blob that no account has, and says whether it was so. Who uploads them meanwhile waits. */
  async removeUnowned(cid: Cid): Promise<boolean> {
    return this.locks.alone(cid, async () => {
      if (await this.database.read.get('SELECT 1 FROM blob WHERE cid = ? LIMIT 1', cid.bytes)) return false
      await this.store.delete(cid)
      return true
    })
  }
}

function textOf(cid: Uint8Array): string | null {
  try {
    return Cid.fromBytes(cid).toString()
  } catch {
    return null
  }
}
