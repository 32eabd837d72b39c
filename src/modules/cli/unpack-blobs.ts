import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Cid, decodeCbor, findBlobs, RepoError, shown } from '../../repo-engine/index.js'
import type { BlobStore } from '../blob/blob-store.js'
import { DiskStore } from '../blob/disk-store.js'
import { BlobMissing, cidOfDigest } from '../blob/open-blob.js'
import { openBlobStore } from '../blob/open-blob-store.js'
import { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import { DurableFiles } from './durable-files.js'
import { startProgress } from './progress.js'
import { Strangers, type UnpackedDirectory } from './unpacked-directory.js'

const FOLDER = 'blobs'

export interface UnpackedBlobs {
  written: number
  /** Were there already, with the right bytes. */
  unchanged: number
  /** CIDs of those that records refer to and that are not kept here, or not as they should be. */
  missing: string[]
}

/** The blobs that some records refer to, as texts of CIDs. */
export class ReferredBlobs {
  readonly cids = new Set<string>()

  /** A record that cannot be read refers to nothing. */
  add(record: Uint8Array): void {
    try {
      for (const { cid } of findBlobs(decodeCbor(record))) this.cids.add(cid.toString())
    } catch (error) {
      if (!(error instanceof RepoError)) throw error
    }
  }
}

/**
 * Puts blobs into `blobs/<cid>`: from the blob store, or from the copies of other servers' blobs. Every one of them is
 * hashed, those that are there too; one that no record refers to any more is left.
 * @throws Strangers for what is there under the name of a blob and is another, or under no such name
 */
export async function unpackBlobs(
  directory: UnpackedDirectory,
  cids: ReadonlySet<string>,
  config: Config,
): Promise<UnpackedBlobs> {
  const there = await checkBlobs(directory)
  const store = await openBlobStore(config, new Clock())
  // The copies lie there in the same way as the blobs of a disk.
  const stores = [store, new DiskStore(join(config.dataDirectory, 'blob-cache'))]
  const files = new DurableFiles(directory.root)
  const progress = startProgress('Blobs', cids.size, 'blobs')
  const done: UnpackedBlobs = { written: 0, unchanged: 0, missing: [] }
  try {
    let looked = 0
    for (const text of [...cids].sort()) {
      if (there.has(text)) done.unchanged++
      else if (await fetchBlob(Cid.parse(text), stores, files)) done.written++
      else done.missing.push(text)
      progress.to(++looked)
    }
    await files.flush()
    return done
  } finally {
    progress.end()
    files.close()
  }
}

/** Names of the blobs that are there. */
async function checkBlobs(directory: UnpackedDirectory): Promise<Set<string>> {
  const folder = join(directory.root, FOLDER)
  const there = new Set<string>()
  if (!existsSync(folder)) return there
  if (!lstatSync(folder).isDirectory()) throw new Strangers(directory.root, [`${FOLDER}: not a directory`])
  const strangers: string[] = []
  const names = readdirSync(folder)
  const progress = startProgress('Checking', names.length, 'blobs')
  for (const name of names) {
    try {
      const digest = await directory.digest(`${FOLDER}/${name}`)
      if (cidOfDigest(digest).toString() === name) there.add(name)
      else strangers.push(`${FOLDER}/${shown(name)}: not the blob of that name`)
    } catch (error) {
      strangers.push((error as Error).message)
    }
    progress.to(there.size + strangers.length)
  }
  progress.end()
  if (strangers.length > 0) throw new Strangers(directory.root, strangers)
  return there
}

async function fetchBlob(cid: Cid, stores: readonly BlobStore[], files: DurableFiles): Promise<boolean> {
  for (const store of stores) {
    const stored = await store.stat(cid)
    const open = stored && (await store.open(cid, stored.size))
    if (!open) continue
    const hash = createHash('sha256')
    const hashed = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of (await open.read(null)) as AsyncIterable<Uint8Array>) {
        hash.update(piece)
        yield piece
      }
    }
    try {
      const isRight = (): boolean => cidOfDigest(hash.digest()).equals(cid)
      if (await files.pour(`${FOLDER}/${cid.toString()}`, hashed(), isRight)) return true
    } catch (error) {
      if (!(error instanceof BlobMissing)) throw error
    }
  }
  return false
}
