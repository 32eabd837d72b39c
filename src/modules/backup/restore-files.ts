import { chmod, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BackupTarget } from './backup-target.js'
import { ChunkStore } from './chunk-store.js'
import type { Manifest } from './manifest.js'

/** How many numbers a millisecond may have taken: more than any machine makes. */
const SEQS_PER_MS = 100

/** Writes the files of a snapshot into a new data directory, or what they have become since. Only their owner may read them. */
export async function restoreFiles(
  target: BackupTarget,
  { files }: Manifest,
  changed: ReadonlyMap<string, Buffer>,
  directory: string,
): Promise<number> {
  const store = new ChunkStore(target)
  for (const file of files) if (!changed.has(file.path)) await write(directory, file.path, store.read(file))
  for (const [path, content] of changed) await write(directory, path, [content])
  return new Set([...files.map(({ path }) => path), ...changed.keys()]).size
}

/**
 * The number below which a restored server gives out none: above all that the lost one may have given out, of which the last
 * that is known is `seq`, at `time`. Where more may have come, as many as could be by now are left out. Written before the
 * server is opened for the first time, in the format of `SeqFloor`.
 */
export async function raiseFloor(
  directory: string,
  { seq, time, isAll }: { seq: number; time: number; isAll: boolean },
  now: number,
): Promise<number> {
  const since = isAll ? 0 : Math.max(now - time, 1_000)
  const floor = Math.max(seq + since * SEQS_PER_MS, now)
  await write(directory, 'seq.floor', [Buffer.from(`${String(floor).padStart(16, '0')}\n`, 'latin1')])
  return floor
}

async function write(directory: string, path: string, source: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  const file = join(directory, path)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'wx', 0o600)
  try {
    for await (const piece of source) await handle.writeFile(piece)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await chmod(file, 0o600)
}
