import { randomBytes } from 'node:crypto'
import type { Cid } from '../../repo-engine/index.js'
import type { BlobStore } from '../blob/blob-store.js'
import type { Clock } from '../config/clock.js'
import { type Config, VERSION } from '../config/config.js'
import type { Database } from '../database/database.js'
import { type PageBatch, type PageFollower, PagesLost } from '../database/page-follower.js'
import type { CommitLog } from '../commit-log/commit-log.js'
import type { BackupTarget } from './backup-target.js'
import { BlobCopies, type KeptBlob } from './blob-copies.js'
import { ChunkStore } from './chunk-store.js'
import { DataFiles } from './data-files.js'
import { generationId, type Manifest, putManifest } from './manifest.js'
import { digestOfSegment, encodeSegment, segmentName } from './segment.js'

/** Pages that are read from the log at once, in bytes: other work waits for so long. */
const READ_BYTES = 1024 * 1024
/** Pages of one segment, in bytes. */
const SEGMENT_BYTES = 8 * 1024 * 1024

/** What a backup is made from. */
export interface BackupSource {
  database: Database
  log: CommitLog
  blobs: BlobStore
  config: Config
  clock: Clock
}

/** What was shipped last: the log's number, and the moment until when all is told. */
export interface Shipped {
  seq: number
  time: number
}

/** What is to be put: a segment that was made, and what it stands for. */
interface Unsent {
  bytes: Buffer
  /** Whether it tells everything that there was when it was made. */
  isLast: boolean
  sent: () => void
}

/**
 * A generation in the making: a snapshot, and segments of what is committed from its beginning on. The database is copied as
 * it lies on the disk while it is written to; the segments lead from what was copied to a state that there was.
 */
export class Chain {
  readonly id: string
  /** Null until something was shipped. */
  shipped: Shipped | null = null
  /** Bytes of segments that were put. */
  segmentBytes = 0
  private readonly pages: PageFollower
  private readonly chunks: ChunkStore
  private readonly copies: BlobCopies | null
  private readonly files: DataFiles
  private readonly began: number
  /** Blobs that have come and are not told of in a segment. */
  private arrived: Cid[] = []
  /** What was read of the log and is not put yet, and until when that is everything. */
  private taken: { batch: PageBatch; until: number } | null = null
  private unsent: Unsent | null = null
  private segments = 0
  private before: string | null = null
  private turn: Promise<unknown> = Promise.resolve()
  private ended = false
  /** Whether the manifest is there, or on its way. */
  isPut = false

  constructor(
    private readonly source: BackupSource,
    private readonly target: BackupTarget,
  ) {
    const { clock, database, blobs, config } = source
    this.began = clock.now()
    this.id = generationId(this.began, randomBytes(4).toString('hex'))
    this.chunks = new ChunkStore(target)
    this.copies = config.blobStore.kind === 'disk' ? new BlobCopies(target, blobs, this.began) : null
    this.files = new DataFiles(config)
    this.pages = database.followPages(() => clock.now())
  }

  /** What was new to the target. */
  get stored(): { chunks: number; chunkBytes: number; blobs: number; blobBytes: number } {
    const { chunks, bytes } = this.chunks.stored
    const copied = this.copies?.copied ?? { blobs: 0, bytes: 0 }
    return { chunks, chunkBytes: bytes, blobs: copied.blobs, blobBytes: copied.bytes }
  }

  /** A blob has come. */
  arrives(cid: Cid): void {
    if (this.copies) this.arrived.push(cid)
  }

  /**
   * Copies everything, and puts the manifest, after `beforeIt`. `onProgress` is told bytes of the database, then of blobs.
   * @throws PagesLost; what the target throws: then there is no manifest, and what was copied need not be copied again
   */
  async snapshot(
    beforeIt: () => Promise<void>,
    onProgress: (done: number, total: number) => void = () => undefined,
  ): Promise<Manifest> {
    const { pages, source } = this
    let done = 0
    const tell = (bytes: number): void => {
      if (this.ended) throw new PagesLost('the snapshot was given up')
      done += bytes
      onProgress(done, Math.max(done, pages.fileBytes))
    }
    const database = await this.copyDatabase(tell)
    await this.ship()
    const { segments } = this
    const { seq, time } = this.shipped ?? { seq: await source.log.lastSeq(), time: this.began }
    const files = await this.files.keepAll(this.chunks)
    const { blobStore, serviceDid } = source.config
    const blobs: Manifest['blobs'] =
      blobStore.kind === 's3'
        ? { store: 's3', bucket: blobStore.bucket, endpoint: blobStore.endpoint }
        : {
            store: 'disk',
            ...(await this.copies!.copyAll(this.chunks, tell)),
          }
    const manifest: Manifest = {
      format: 1,
      id: this.id,
      software: VERSION,
      server: serviceDid,
      time: new Date(time).toISOString(),
      seq,
      segments,
      database: { pageSize: pages.pageSize, ...database },
      files,
      blobs,
    }
    await beforeIt()
    tell(0)
    this.isPut = true
    await putManifest(this.target, manifest)
    return manifest
  }

  /**
   * Ships what has been committed since the last call, with the blobs and files that it rests on. `clean`: nothing comes after
   * it, which is said even if nothing is new. What could not be put is put by the next call. @throws PagesLost
   */
  ship(clean = false): Promise<void> {
    const mine = this.turn.then(() => this.shipAll(clean))
    this.turn = mine.catch(() => undefined)
    return mine
  }

  /** Whether anything waits to be shipped. */
  get isBehind(): boolean {
    return this.taken !== null || this.unsent !== null
  }

  /** Follows no longer; a snapshot that is being made ends with PagesLost. */
  end(): void {
    this.ended = true
    this.pages.end()
  }

  private async copyDatabase(onDone: (bytes: number) => void): Promise<{ bytes: number; chunks: string[] }> {
    const { pages, chunks } = this
    try {
      await chunks.look()
      return await chunks.putAll(pages.fileBytes, (at, length) => pages.readFile(at, length), onDone)
    } finally {
      pages.releaseFile()
    }
  }

  /** Ends with what there was when it was called, so that it ends also where something comes all the time. */
  private async shipAll(clean: boolean): Promise<void> {
    for (;;) {
      const isLeft = this.unsent !== null
      this.unsent ??= await this.gather(clean)
      const { unsent } = this
      if (!unsent) return
      await this.target.put(segmentName(this.id, this.segments + 1), unsent.bytes)
      unsent.sent()
      this.unsent = null
      if (unsent.isLast && !isLeft) return
    }
  }

  /** The next segment; null when there is nothing to tell. */
  private async gather(clean: boolean): Promise<Unsent | null> {
    const { source } = this
    const now = source.clock.now()
    this.taken ??= await this.takePages()
    const seq = await source.log.lastSeq()
    // Whatever the pages refer to has come before they were committed.
    const arrived = [...this.arrived]
    if (!this.taken && arrived.length === 0 && !clean) return null
    const blobs: KeptBlob[] = []
    for (const cid of arrived) {
      const kept = await this.copies!.copy(cid)
      if (kept) blobs.push(kept)
    }
    const { files, keep } = await this.files.changed()
    const nothing = { pageSize: this.pages.pageSize, pages: Buffer.alloc(0), commits: [] }
    const { pageSize, pages, commits } = this.taken?.batch ?? nothing
    const isLast = pages.length < SEGMENT_BYTES
    const time = Math.max(this.taken?.until ?? now, this.shipped?.time ?? 0)
    const head = { id: this.id, n: this.segments + 1, before: this.before, pageSize, commits, seq, time }
    const bytes = await encodeSegment({ ...head, blobs, files, clean: clean && isLast }, pages)
    const sent = (): void => {
      this.segments++
      this.segmentBytes += bytes.length
      this.before = digestOfSegment(bytes)
      this.taken = null
      this.arrived = this.arrived.slice(arrived.length)
      this.shipped = { seq, time }
      keep()
    }
    return { bytes, isLast, sent }
  }

  /** Reads the log piece by piece, with room for others between. */
  private async takePages(): Promise<{ batch: PageBatch; until: number } | null> {
    const batches: PageBatch[] = []
    let until = this.source.clock.now()
    for (let bytes = 0; bytes < SEGMENT_BYTES;) {
      until = this.source.clock.now()
      const batch = this.pages.take(READ_BYTES)
      if (!batch) break
      batches.push(batch)
      until = batch.commits.at(-1)!.time
      bytes += batch.pages.length
      await new Promise(setImmediate)
    }
    return batches.length === 0 ? null : { batch: joined(batches), until }
  }
}

function joined(batches: readonly PageBatch[]): PageBatch {
  const { pageSize } = batches[0]!
  const commits: PageBatch['commits'] = []
  let records = 0
  for (const batch of batches) {
    for (const { end, time } of batch.commits)
      commits.push({ end: records + end, time: Math.max(time, commits.at(-1)?.time ?? 0) })
    records += batch.pages.length / (8 + pageSize)
  }
  return { pageSize, pages: Buffer.concat(batches.map(({ pages }) => pages)), commits }
}
