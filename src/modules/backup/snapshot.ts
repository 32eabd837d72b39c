import type { BackupTarget } from './backup-target.js'
import type { Chain } from './chain.js'
import { type Pruned, parseKeep, prune } from './retention.js'

/** A snapshot that was made. */
export interface Snapshot {
  target: string
  id: string
  /** The moment that it shows, RFC 3339, and the newest number of the log by then. */
  time: string
  seq: number
  /** Bytes of the database, and what of it was new to the target: chunks, and their bytes as they are stored. */
  databaseBytes: number
  newChunks: number
  newBytes: number
  /** Blobs that are kept, those that were new, and their bytes; null where they are in a bucket and referred to. */
  blobs: { count: number; new: number; newBytes: number } | null
  pruned: Pruned
  seconds: number
}

/** Makes the snapshot of a generation, and deletes what need not be kept any more: see {@link parseKeep}. */
export async function makeSnapshot(
  chain: Chain,
  target: BackupTarget,
  { keep, now, onProgress }: SnapshotOptions,
): Promise<Snapshot> {
  const started = performance.now()
  const { id, time, seq, database, blobs } = await chain.snapshot(onProgress)
  const { stored } = chain
  await target.sweep()
  return {
    target: target.name,
    id,
    time,
    seq,
    databaseBytes: database.bytes,
    newChunks: stored.chunks,
    newBytes: stored.chunkBytes,
    blobs: blobs.store === 'disk' ? { count: blobs.count, new: stored.blobs, newBytes: stored.blobBytes } : null,
    pruned: keep === null ? { snapshots: 0, objects: 0 } : await prune(target, parseKeep(keep), now),
    seconds: (performance.now() - started) / 1000,
  }
}

export interface SnapshotOptions {
  keep: string | null
  /** Milliseconds since the epoch. */
  now: number
  onProgress?: (done: number, total: number) => void
}
