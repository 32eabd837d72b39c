import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common'
import type { Cid } from '../../repo-engine/index.js'
import { BlobStore, type StoredBlob } from './blob-store.js'
import { cidOfDigest, digestOf, fileBytes, type OpenBytes } from './open-blob.js'

/** Bytes that are gathered for one write to the disk. */
const WRITE_BYTES = 512 * 1024
const DIGEST = /^[0-9a-f]{64}$/

/** Blobs as files: `<first two digits>/<SHA-256 in hexadecimal digits>`; half received ones in `tmp`. */
export class DiskStore extends BlobStore implements OnModuleInit, OnApplicationShutdown {
  private readonly temps: string
  /** Folders that are known to be there. */
  private readonly folders = new Set<string>()
  private readonly handles = new Map<string, Promise<FileHandle>>()

  constructor(private readonly directory: string) {
    super()
    this.temps = join(directory, 'tmp')
  }

  /** What an earlier run of the server has left half received goes. Not before it is sure that no other one is running. */
  onModuleInit(): void {
    rmSync(this.temps, { recursive: true, force: true })
  }

  async onApplicationShutdown(): Promise<void> {
    for (const handle of this.handles.values()) await (await handle).close()
    this.handles.clear()
  }

  async putTemp(source: AsyncIterable<Uint8Array>): Promise<string> {
    await this.makeFolder(this.temps)
    const temp = randomUUID()
    const path = join(this.temps, temp)
    const file = await open(path, 'wx', 0o600)
    try {
      await pour(source, file)
      await file.datasync()
    } catch (error) {
      await file.close()
      await rm(path, { force: true })
      throw error
    }
    await file.close()
    return temp
  }

  async makePermanent(temp: string, cid: Cid): Promise<void> {
    const folder = this.folderOf(cid)
    await this.makeFolder(folder)
    await rename(join(this.temps, temp), join(folder, digestOf(cid)))
    // The name, too, survives a loss of power.
    await (await this.handleOf(folder)).sync()
    this.onPermanent(cid)
  }

  async dropTemp(temp: string): Promise<void> {
    await rm(join(this.temps, temp), { force: true })
  }

  async open(cid: Cid): Promise<OpenBytes | null> {
    const file = await open(this.pathOf(cid), 'r').catch(nullIfMissing)
    if (!file) return null
    try {
      return fileBytes(file, (await file.stat()).size)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async stat(cid: Cid): Promise<StoredBlob | null> {
    const found = await stat(this.pathOf(cid)).catch(nullIfMissing)
    return found && { cid, size: found.size, storedAt: found.mtimeMs }
  }

  async delete(cid: Cid): Promise<void> {
    await rm(this.pathOf(cid), { force: true })
  }

  async *list(): AsyncGenerator<StoredBlob> {
    for (const folder of await namesIn(this.directory))
      for (const name of /^[0-9a-f]{2}$/.test(folder) ? await namesIn(join(this.directory, folder)) : []) {
        if (!DIGEST.test(name) || !name.startsWith(folder)) continue
        const found = await this.stat(cidOfDigest(Buffer.from(name, 'hex')))
        if (found) yield found
      }
  }

  /** There are none: those of an earlier run went at the start, and those of this one go with their uploads. */
  sweepTemps(): Promise<void> {
    return Promise.resolve()
  }

  /** Folders are synced with every blob, so they stay open: 256 at most. */
  private handleOf(folder: string): Promise<FileHandle> {
    const known = this.handles.get(folder)
    if (known) return known
    const opened = open(folder, 'r')
    this.handles.set(folder, opened)
    opened.catch(() => this.handles.delete(folder))
    return opened
  }

  private async makeFolder(folder: string): Promise<void> {
    if (this.folders.has(folder)) return
    if ((await mkdir(folder, { recursive: true })) !== undefined) await syncDirectory(this.directory)
    this.folders.add(folder)
  }

  private folderOf(cid: Cid): string {
    return join(this.directory, digestOf(cid).slice(0, 2))
  }

  private pathOf(cid: Cid): string {
    return join(this.folderOf(cid), digestOf(cid))
  }
}

async function pour(source: AsyncIterable<Uint8Array>, file: FileHandle): Promise<void> {
  let pieces: Uint8Array[] = []
  let gathered = 0
  const flush = async (): Promise<void> => {
    const all = [...pieces]
    const written = pieces
    let left = gathered
    pieces = []
    gathered = 0
    while (left > 0) {
      const { bytesWritten } = await file.writev(all)
      left -= bytesWritten
      if (left > 0) skip(all, bytesWritten)
    }
    for (const piece of written) release(piece)
  }
  for await (const piece of source) {
    pieces.push(piece)
    gathered += piece.length
    if (gathered >= WRITE_BYTES) await flush()
  }
  if (gathered > 0) await flush()
}

/**
 * Gives the memory of a piece back at once, where it is that piece's alone. Left to the garbage collector, megabytes that come
 * in make it go through everything that the server knows, over and over: a fifth of what an upload takes.
 */
function release(piece: Uint8Array): void {
  const { buffer } = piece as { buffer: Transferable }
  if (buffer.transfer && buffer.byteLength === piece.byteLength) buffer.transfer(0)
}

/** As much of an ArrayBuffer as {@link release} wants; one that is shared has no `transfer`. */
interface Transferable {
  byteLength: number
  transfer?(bytes: number): unknown
}

/** Takes so many bytes off the beginning of some pieces. */
function skip(pieces: Uint8Array[], bytes: number): void {
  while (pieces.length > 0 && bytes >= pieces[0]!.length) bytes -= pieces.shift()!.length
  if (bytes > 0) pieces[0] = pieces[0]!.subarray(bytes)
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(nullIfMissing)) ?? []
}

function nullIfMissing(error: unknown): null {
  if ((error as { code?: string }).code === 'ENOENT') return null
  throw error
}
