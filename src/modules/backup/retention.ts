import { BackupProblem, type BackupTarget } from './backup-target.js'
import { readBlobList } from './blob-copies.js'
import { ChunkStore } from './chunk-store.js'
import { beginningOf, deleteManifest, listManifests, readManifest } from './manifest.js'
import { deleteSegmentsExcept } from './segment.js'

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
/** A blob that came after the oldest snapshot that is kept may be one that only segments name; clocks differ. */
const SLACK_MS = UNITS.d!

/** So many snapshots, the newest ones; or enough of them to go back to any moment of the last so many milliseconds. */
export type Keep = { snapshots: number } | { ms: number }

/** `14` or `30d`. @throws BackupProblem for what is neither */
export function parseKeep(text: string): Keep {
  const [, amount, unit] = /^(\d{1,6})([smhdw]?)$/.exec(text) ?? []
  if (!amount || Number(amount) === 0)
    throw new BackupProblem(`not a number of snapshots, nor a duration such as 30d: ${text}`)
  return unit ? { ms: Number(amount) * UNITS[unit]! } : { snapshots: Number(amount) }
}

/** What was deleted: snapshots, and the objects that no other one needs. */
export interface Pruned {
  snapshots: number
  objects: number
}

/**
 * Deletes the snapshots that are too old, with their segments, and then what none of the others names. To be called under the
 * lock of the target, by whoever has just put a snapshot there. A manifest goes first, so that there is never one whose parts
 * are missing. Where one that is kept cannot be read, nothing is deleted. @throws BackupProblem in that case
 */
export async function prune(target: BackupTarget, keep: Keep, now: number): Promise<Pruned> {
  const all = await listManifests(target)
  const first = await firstKept(target, all, keep, now)
  const pruned: Pruned = { snapshots: first, objects: 0 }
  if (first === 0) return pruned
  const kept = all.slice(first)
  const chunks = new Set<string>()
  const blobs = new Set<string>()
  const store = new ChunkStore(target)
  let since = Infinity
  // One at a time: what many of them name is mostly the same, and together they would be large.
  for (const id of kept) {
    const { time, database, files, blobs: list } = await readManifest(target, id)
    since = Math.min(since, Date.parse(time) - SLACK_MS)
    for (const { chunks: named } of [database, ...files, ...(list.store === 'disk' ? [list] : [])])
      for (const chunk of named) chunks.add(chunk)
    if (list.store === 'disk') for await (const { digest } of readBlobList(store, list)) blobs.add(digest)
  }
  for (const id of all.slice(0, first)) await deleteManifest(target, id)
  pruned.objects += await deleteSegmentsExcept(target, new Set(kept))
  for await (const { name } of target.list('chunks/'))
    if (!chunks.has(name.slice(-64))) pruned.objects += await remove(target, name)
  for await (const { name, storedAt } of target.list('blobs/'))
    if (!blobs.has(name.slice(-64)) && storedAt < since) pruned.objects += await remove(target, name)
  return pruned
}

async function remove(target: BackupTarget, name: string): Promise<1> {
  await target.delete(name)
  return 1
}

/** Which of all, oldest first, is the oldest that is kept. The newest always is. */
async function firstKept(target: BackupTarget, all: readonly string[], keep: Keep, now: number): Promise<number> {
  if ('snapshots' in keep) return Math.max(all.length - keep.snapshots, 0)
  const oldest = now - keep.ms
  // A snapshot shows a moment after the one that it began at. The first that leads to the oldest moment, and to all after it.
  for (let n = all.length - 1; n >= 0; n--)
    if (beginningOf(all[n]!) < oldest && Date.parse((await readManifest(target, all[n]!)).time) < oldest) return n
  return 0
}
