import { createHash } from 'node:crypto'
import { Logger } from '@nestjs/common'
import type { Cid } from '../../repo-engine/index.js'
import type { BlobStore } from '../blob/blob-store.js'
import { digestOf } from '../blob/open-blob.js'
import { type BackupTarget, BackupProblem } from './backup-target.js'
import type { ChunkStore } from './chunk-store.js'
import { CHUNK_BYTES, type Chunked } from './manifest.js'

const FOLDER = 'blobs/'
const LINE = /^([0-9a-f]{64}) (\d{1,15})$/
/** Longest line of a list, and what a last piece may leave over. */
const MAX_LINE = 100

/**
 * What was put so long before a snapshot goes when no list names it, so it is put again when a segment does. Half of what
 * retention grants, as clocks differ.
 */
const OLD_MS = 12 * 60 * 60 * 1000

/** A blob that is kept: its SHA-256, and its bytes. */
export interface KeptBlob {
  digest: string
  bytes: number
}

/** Blobs in a target, each once: `blobs/<two digits>/<SHA-256>`, as they are. `began`: the generation that they are for, in ms. */
export class BlobCopies {
  private readonly logger = new Logger('Backup')
  /** What was copied by this run. */
  copied = { blobs: 0, bytes: 0 }

  constructor(
    private readonly target: BackupTarget,
    private readonly store: BlobStore,
    private readonly began: number,
  ) {}

  /** Copies every blob that the target lacks, and keeps the list of all. `onDone` is told of their bytes. */
  async copyAll(chunks: ChunkStore, onDone: (bytes: number) => void): Promise<Chunked & { count: number }> {
    const list = { bytes: 0, chunks: [] as string[], count: 0 }
    let text = ''
    const keep = async (bytes: number): Promise<void> => {
      list.chunks.push(await chunks.put(Buffer.from(text.slice(0, bytes))))
      text = text.slice(bytes)
    }
    let [folder, there]: [string, Set<string>] = ['', new Set()]
    for await (const { cid, size } of this.store.list()) {
      const digest = digestOf(cid)
      if (digest.slice(0, 2) !== folder) {
        folder = digest.slice(0, 2)
        there = new Set()
        for await (const { name } of this.target.list(`${FOLDER}${folder}/`)) there.add(name.slice(-64))
      }
      if (!there.has(digest) && !(await this.copyNew(cid, size))) continue
      const line = `${digest} ${size}\n`
      text += line
      list.bytes += line.length
      list.count++
      if (text.length >= CHUNK_BYTES) await keep(CHUNK_BYTES)
      onDone(size)
    }
    if (text !== '') await keep(text.length)
    return list
  }

  /** Copies one that is new. Null when it has gone already, or its bytes are not those of its name. */
  async copy(cid: Cid): Promise<KeptBlob | null> {
    const found = await this.store.stat(cid)
    if (!found) return null
    const storedAt = (await this.target.storedAt(blobName(digestOf(cid)))) ?? 0
    return storedAt > this.began - OLD_MS || (await this.copyNew(cid, found.size))
      ? { digest: digestOf(cid), bytes: found.size }
      : null
  }

  private async copyNew(cid: Cid, size: number): Promise<boolean> {
    const open = await this.store.open(cid, size)
    if (!open) return false
    const digest = digestOf(cid)
    try {
      await this.target.putStream(blobName(digest), checked(await open.read(null), digest))
    } catch (error) {
      if (!(error instanceof NotItself)) throw error
      this.logger.warn(`Blob ${cid.toString()} is not kept: its bytes are not those of its name`)
      return false
    } finally {
      await open.close()
    }
    this.copied.blobs++
    this.copied.bytes += size
    return true
  }
}

/** Bytes do not have the hash that they are named by. */
class NotItself extends BackupProblem {
  constructor() {
    super('its bytes are not those of its name')
  }
}

/** Hands bytes on. @throws NotItself at their end */
export async function* checked(source: AsyncIterable<Uint8Array>, digest: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const piece of source) {
    hash.update(piece)
    yield piece
  }
  if (hash.digest('hex') !== digest) throw new NotItself()
}

export function blobName(digest: string): string {
  return `${FOLDER}${digest.slice(0, 2)}/${digest}`
}

/** The blobs of a list that {@link BlobCopies.copyAll} has made. @throws BackupProblem when it is none */
export async function* readBlobList(chunks: ChunkStore, list: Chunked): AsyncGenerator<KeptBlob> {
  let rest = ''
  for await (const piece of chunks.read(list)) {
    const lines = (rest + piece.toString('latin1')).split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_LINE) throw new BackupProblem('the list of blobs is none')
    for (const line of lines) {
      const [, digest, bytes] = LINE.exec(line) ?? []
      if (!digest) throw new BackupProblem('the list of blobs is none')
      yield { digest, bytes: Number(bytes) }
    }
  }
  if (rest !== '') throw new BackupProblem('the list of blobs is none')
}
