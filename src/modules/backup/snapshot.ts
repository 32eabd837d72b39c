import type { Manifest } from './manifest.js'
import type { Chain } from './chain.js'
import type { HeldTarget } from './chains.js'
import { type Pruned, parseKeep, prune } from './retention.js'

/** A snapshot that was made. */
export interface Snapshot {
  target: string
  /** Whether what is there is encrypted. */
  encrypted: boolean
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
  /** Why what need not be kept could not be deleted; null where it could. The snapshot is as good as any. */
  pruneProblem: string | null
  seconds: number
}

/** Makes the snapshot of a generation, and deletes what need not be kept any more: see {@link parseKeep}. */
export async function makeSnapshot(
  chain: Chain,
  { target, lock }: HeldTarget,
  { keep, now, onProgress, onWhole }: SnapshotOptions,
): Promise<Snapshot> {
  const started = performance.now()
  // What was stored for it may be gone if another has taken the target over, and has deleted what no manifest names.
  const manifest = await chain.snapshot(() => lock.assertHeld(), onProgress)
  const { id, time, seq, database, blobs } = manifest
  const { stored } = chain
  await onWhole?.(manifest)
  let pruned: Pruned = { snapshots: 0, objects: 0 }
  let pruneProblem: string | null = null
  try {
    await target.sweep()
    if (keep !== null) await lock.assertHeld()
    if (keep !== null) pruned = await prune(target, parseKeep(keep), now)
  } catch (error) {
    pruneProblem = (error as Error).message
  }
  return {
    target: target.name,
    encrypted: target.isSealed,
    id,
    time,
    seq,
    databaseBytes: database.bytes,
    newChunks: stored.chunks,
    newBytes: stored.chunkBytes,
    blobs: blobs.store === 'disk' ? { count: blobs.count, new: stored.blobs, newBytes: stored.blobBytes } : null,
    pruned,
    pruneProblem,
    seconds: (performance.now() - started) / 1000,
  }
}

export interface SnapshotOptions {
  keep: string | null
  /** Milliseconds since the epoch. */
  now: number
  onProgress?: (done: number, total: number) => void
  /** Called when it can be restored; what is old is deleted after it. */
  onWhole?: (manifest: Manifest) => Promise<void>
}
