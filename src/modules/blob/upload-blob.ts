import { createHash } from 'node:crypto'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Cid, Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { BlobLocks } from './blob-locks.js'
import { BlobStore } from './blob-store.js'
import { cidOfDigest } from './open-blob.js'
import { HEAD_BYTES, sniffedType } from './sniffed-type.js'
import { Turns } from './turns.js'

/** Uploads at once, and of one account. */
const UPLOADS = { atOnce: 64, ofOneKey: 16, waiting: 500 }
/** However slowly it comes, it has come by then. */
const MAX_MS = 30 * 60 * 1000
/** And after its first minute, so many bytes have come for each millisecond: an upload that drips holds the place of others. */
const [GRACE_MS, BYTES_PER_MS] = [60 * 1000, 4]

/** A blob as it is kept for an account. */
export interface UploadedBlob {
  cid: Cid
  mimeType: string
  /** In bytes. */
  size: number
}

/** Takes in a blob of an account, as it comes; `declaredType` is what its sender says that it is. */
export class UploadBlob extends Command<UploadedBlob> {
  constructor(
    readonly did: Did,
    readonly source: AsyncIterable<Uint8Array>,
    readonly declaredType: string,
  ) {
    super()
  }
}

/**
 * First the bytes are whole and durable, then they get their name, then the row says that the account has them. What a
 * crash leaves between two of these steps is bytes that nobody speaks of, which are swept.
 */
@CommandHandler(UploadBlob)
export class UploadBlobHandler implements ICommandHandler<UploadBlob> {
  private readonly turns = new Turns(UPLOADS)

  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly locks: BlobLocks,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves when the blob is durable. @throws XrpcError 413 PayloadTooLarge; 400 InvalidRequest for an empty or a taken
   * down blob, RepoNotFound; 408 RequestTimeout; 503 NotEnoughResources; whatever `source` throws.
   */
  async execute(command: UploadBlob): Promise<UploadedBlob> {
    return this.turns.run(command.did, () => this.take(command))
  }

  private async take({ did, source, declaredType }: UploadBlob): Promise<UploadedBlob> {
    const meter = new Meter(this.config.blobUploadLimit)
    const temp = await this.store.putTemp(meter.through(source))
    try {
      if (meter.size === 0) throw invalidRequest('A request body is expected but none was provided')
      const cid = meter.cid()
      const mimeType = (await sniffedType(meter.head)) ?? declaredType
      return await this.locks.alone(cid, () => this.keep(did, temp, { cid, mimeType, size: meter.size }))
    } catch (error) {
      await this.store.dropTemp(temp)
      throw error
    }
  }

  private async keep(did: Did, temp: string, { cid, mimeType, size }: UploadedBlob): Promise<UploadedBlob> {
    const subject = `${did}/${cid.toString()}`
    if (await this.database.read.get('SELECT 1 FROM takedown WHERE subject = ?', subject))
      throw invalidRequest('Blob has been takendown, cannot re-upload')
    await this.store.makePermanent(temp, cid)
    const now = this.clock.now()
    // What records refer to already keeps the type that they were checked against.
    const row = await this.database.write(async (tx) =>
      tx.get<{ mime_type: string }>(
        `INSERT INTO blob (did, cid, mime_type, size, created_at, loose_since)
         SELECT did, ?, ?, ?, ?, CASE WHEN EXISTS
           (SELECT 1 FROM record_blob WHERE tree = repo.tree AND cid = ?) THEN NULL ELSE ? END
         FROM repo WHERE did = ? AND hosting = 'hosted' AND (status IS NULL OR status <> 'deleted')
         ON CONFLICT (did, cid) DO UPDATE SET loose_since = excluded.loose_since,
           mime_type = CASE WHEN excluded.loose_since IS NULL THEN blob.mime_type ELSE excluded.mime_type END
         RETURNING mime_type`,
        cid.bytes,
        mimeType,
        size,
        now,
        cid.bytes,
        now,
        did,
      ),
    )
    if (row) return { cid, mimeType: row.mime_type, size }
    if (!(await this.database.read.get('SELECT 1 FROM blob WHERE cid = ? LIMIT 1', cid.bytes)))
      await this.store.delete(cid)
    throw invalidRequest(`Could not find repo for DID: ${did}`, 'RepoNotFound')
  }
}

/** Counts and hashes bytes on their way, and remembers the first of them. */
class Meter {
  size = 0
  private readonly hash = createHash('sha256')
  private readonly pieces: Uint8Array[] = []
  private readonly start = performance.now()

  constructor(private readonly limit: number) {}

  async *through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      // Copied: the store may let go of the memory of what it has taken.
      if (this.size < HEAD_BYTES) this.pieces.push(Buffer.from(piece.subarray(0, HEAD_BYTES - this.size)))
      this.size += piece.length
      if (this.size > this.limit) throw tooLarge(this.limit)
      const ms = performance.now() - this.start
      if (ms > MAX_MS || this.size < (ms - GRACE_MS) * BYTES_PER_MS)
        throw new XrpcError(408, 'RequestTimeout', 'the blob comes too slowly')
      this.hash.update(piece)
      yield piece
    }
  }

  get head(): Buffer {
    return Buffer.concat(this.pieces)
  }

  /** Once, at the end. */
  cid(): Cid {
    return cidOfDigest(this.hash.digest())
  }
}

/** 413, for a blob of more bytes than the server takes. */
export function tooLarge(limit: number): XrpcError {
  return new XrpcError(413, 'PayloadTooLarge', `A blob may have ${limit} bytes at most`)
}
