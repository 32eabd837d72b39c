import { BackupProblem, type BackupTarget } from './backup-target.js'
import { readBlobList } from './blob-copies.js'
import { ChunkStore } from './chunk-store.js'
import { deleteManifest, listManifests, type Manifest, readManifest } from './manifest.js'
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
  const all: Manifest[] = []
  for (const id of await listManifests(target)) all.push(await readManifest(target, id))
  const kept = keptOf(all, keep, now)
  const pruned: Pruned = { snapshots: all.length - kept.length, objects: 0 }
  if (pruned.snapshots === 0) return pruned
  const chunks = new Set<string>()
  const blobs = new Set<string>()
  const store = new ChunkStore(target)
  for (const { database, files, blobs: list } of kept) {
    for (const { chunks: named } of [database, ...files, ...(list.store === 'disk' ? [list] : [])])
      for (const chunk of named) chunks.add(chunk)
    if (list.store === 'disk') for await (const { digest } of readBlobList(store, list)) blobs.add(digest)
  }
  for (const { id } of all) if (!kept.some((one) => one.id === id)) await deleteManifest(target, id)
  pruned.objects += await deleteSegmentsExcept(target, new Set(kept.map(({ id }) => id)))
  const since = Math.min(...kept.map(({ time }) => Date.parse(time))) - SLACK_MS
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

/** Oldest first. The newest is always kept. */
function keptOf(all: readonly Manifest[], keep: Keep, now: number): Manifest[] {
  if ('snapshots' in keep) return all.slice(-keep.snapshots)
  const inTime = all.findIndex(({ time }) => Date.parse(time) >= now - keep.ms)
  // The one before leads to the moments before the first that is young enough.
  return inTime === -1 ? all.slice(-1) : all.slice(Math.max(inTime - 1, 0))
}
