import { type FileHandle, open } from 'node:fs/promises'
import { BackupProblem, type BackupTarget } from './backup-target.js'
import { ChunkStore, inParallel } from './chunk-store.js'
import { type Generation, stepsTo } from './generations.js'
import { CHUNK_BYTES, chunkLength } from './manifest.js'
import type { Segment } from './segment.js'

/** What was put together. */
export interface RebuiltDatabase {
  /** The moment that it shows: when the last commit in it was made, milliseconds since the epoch. */
  time: number
  /** No number of the log up to this one may be given out again, as far as it was known by then. */
  seq: number
  segments: number
  /** Files that had become other ones by then. */
  files: Map<string, Buffer>
}

/**
 * Puts the database of a generation together, as it was at a moment or at the end, in a new file. `onProgress` is told bytes.
 * @throws BackupProblem for what is missing or damaged
 */
export async function rebuildDatabase(
  target: BackupTarget,
  generation: Generation,
  at: number | null,
  file: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<RebuiltDatabase> {
  const { manifest } = generation
  const handle = await open(file, 'wx', 0o600)
  try {
    await writeChunks(handle, target, generation, onProgress)
    const rebuilt: RebuiltDatabase = {
      time: Date.parse(manifest.time),
      seq: manifest.seq,
      segments: 0,
      files: new Map(),
    }
    let size = manifest.database.bytes
    for await (const { segment, records } of stepsTo(target, generation, at)) {
      const { pages, pageSize, commits } = segment
      if (records > 0) size = (await writePages(handle, segment, records)) * pageSize
      const isWhole = records * (8 + pageSize) === pages.length
      rebuilt.time = Math.max(
        rebuilt.time,
        isWhole ? segment.time : commits.findLast(({ end }) => end <= records)!.time,
      )
      if (at !== null) rebuilt.time = Math.min(rebuilt.time, Math.max(at, Date.parse(manifest.time)))
      rebuilt.seq = Math.max(rebuilt.seq, segment.seq)
      rebuilt.segments++
      if (isWhole)
        for (const { path, content } of segment.files) rebuilt.files.set(path, Buffer.from(content, 'base64'))
    }
    await handle.truncate(size)
    await handle.sync()
    return rebuilt
  } finally {
    await handle.close()
  }
}

async function writeChunks(
  handle: FileHandle,
  target: BackupTarget,
  { manifest: { database } }: Generation,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const store = new ChunkStore(target)
  let done = 0
  await inParallel(database.chunks.length, async (n) => {
    const bytes = await store.get(database.chunks[n]!)
    if (bytes.length !== chunkLength(database, n))
      throw new BackupProblem(`chunk ${n} of the database has another length`)
    await writeAt(handle, bytes, n * CHUNK_BYTES)
    onProgress((done += bytes.length), database.bytes)
  })
}

/** Writes the last state of each page that the commits have written, and gives how many pages there are after them. */
async function writePages(handle: FileHandle, { pages, pageSize, id, n }: Segment, records: number): Promise<number> {
  const newest = new Map<number, number>()
  let size = 0
  for (let record = 0; record < records; record++) {
    const at = record * (8 + pageSize)
    newest.set(pages.readUInt32BE(at), at + 8)
    size = pages.readUInt32BE(at + 4) || size
  }
  if (size === 0 || newest.has(0)) throw new BackupProblem(`segment ${n} of ${id} has pages that cannot be`)
  // Pages beyond the end are of a database that has become smaller since.
  for (const [page, at] of newest)
    if (page <= size) await writeAt(handle, pages.subarray(at, at + pageSize), (page - 1) * pageSize)
  return size
}

async function writeAt(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
}
