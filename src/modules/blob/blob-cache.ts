import { createHash, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'
import type { Cid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { mediaTypeOf, SNIFFED_BYTES } from './media-type.js'
import { digestOf, fileBytes, type OpenBlob } from './open-blob.js'

/** Largest blob that is taken from another server. */
const MAX_BLOB_BYTES = 100 * 1024 * 1024
/** What the file system gives a file at least, and a multiple of which it takes: also bounds the number of files. */
const BLOCK = 4096
const DIGEST = /^[0-9a-f]{64}$/

/** Bytes that are not taken in: too many, or not those of the CID. */
export class BlobRefused extends Error {}

/**
 * Copies of blobs of other servers, in files named by their SHA-256: `blob-cache/<first two digits>/<digest>`, and images
 * made of blobs, named by the SHA-256 of what they are called. They are shared by all accounts, so whoever opens one has to know that the account may be asked for it. Those used last stay, as
 * far as `PDS_BLOB_CACHE_SIZE` reaches; what is being received counts, too. A file that is open stays readable when it goes.
 */
@Injectable()
export class BlobCache implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('BlobCache')
  private readonly directory: string
  private readonly incoming: string
  private readonly maxBytes: number
  /** What each file takes by its digest, in the order of their last use; and what all of them and the incoming take. */
  private readonly files = new Map<string, number>()
  private taken = 0
  private loaded: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(
    config: Config,
    private readonly clock: Clock,
  ) {
    this.directory = join(config.dataDirectory, 'blob-cache')
    this.incoming = join(this.directory, 'incoming')
    this.maxBytes = Math.floor(config.blobCacheBytes / BLOCK) * BLOCK
  }

  /** What a crash left half received goes; the rest is read in the background. */
  onModuleInit(): void {
    rmSync(this.incoming, { recursive: true, force: true })
    this.loaded = this.load().catch((error: unknown) => this.logger.error(error))
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true
    await this.loaded
  }

  /** Bytes of the largest blob that is taken in; 0: the operator wants no copies. */
  get largest(): number {
    return Math.min(MAX_BLOB_BYTES, this.maxBytes)
  }

  /** How many files there are, and what they and those that are being received take, in bytes. */
  get usage(): { files: number; bytes: number } {
    return { files: this.files.size, bytes: this.taken }
  }

  /** Whether a blob is here. */
  async has(cid: Cid): Promise<boolean> {
    await this.loaded
    return this.files.has(digestOf(cid))
  }

  /** A blob for reading, or null when it is not here. The caller closes it. */
  async open(cid: Cid): Promise<OpenBlob | null> {
    const found = await this.openFile(digestOf(cid))
    return found && { ...found, cid }
  }

  /** As {@link open}, for whatever is kept under a SHA-256 in hexadecimal digits. */
  async openFile(digest: string): Promise<Omit<OpenBlob, 'cid'> | null> {
    const file = await open(this.pathOf(digest), 'r').catch(nullIfMissing)
    if (!file) {
      this.forget(digest)
      return null
    }
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0)
      this.note(digest, size)
      await this.touch(file)
      return { ...fileBytes(file, size), type: mediaTypeOf(buffer.subarray(0, bytesRead)) }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /**
   * Takes in the bytes of a blob. They are here when this resolves, and nothing of them is otherwise.
   * @throws BlobRefused; whatever `source` or the file system throws
   */
  async put(cid: Cid, source: AsyncIterable<Uint8Array>): Promise<void> {
    await this.receive(digestOf(cid), source, digestOf(cid))
  }

  /** Keeps what was made of a blob under the SHA-256 of its name, if there is room for it. */
  async keep(digest: string, bytes: Buffer): Promise<void> {
    const source = (async function* () {
      yield await Promise.resolve(bytes)
    })()
    await this.receive(digest, source, null).catch((error: unknown) => {
      if (!(error instanceof BlobRefused)) throw error
    })
  }

  private async receive(name: string, source: AsyncIterable<Uint8Array>, expected: string | null): Promise<void> {
    await this.loaded
    await mkdir(this.incoming, { recursive: true })
    const path = join(this.incoming, randomUUID())
    let size = 0
    this.taken += spaceOf(size)
    try {
      const file = await open(path, 'wx', 0o600)
      try {
        const hash = createHash('sha256')
        for await (const bytes of source) {
          this.taken += spaceOf(size + bytes.length) - spaceOf(size)
          size += bytes.length
          await this.makeRoom(size)
          hash.update(bytes)
          await file.writeFile(bytes)
        }
        if (expected !== null && hash.digest('hex') !== expected)
          throw new BlobRefused('the bytes are not those of its CID')
        // Under its name a file is whole, even when the power fails.
        await file.sync()
      } finally {
        await file.close()
      }
      const kept = this.pathOf(name)
      await mkdir(dirname(kept), { recursive: true })
      await rename(path, kept)
      this.note(name, size)
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      this.taken -= spaceOf(size)
    }
  }

  /** Deletes what was used least recently. @throws BlobRefused when an incoming blob of `size` bytes finds no room. */
  private async makeRoom(size: number): Promise<void> {
    if (size > this.largest) throw new BlobRefused(`a blob of more than ${this.largest} bytes`)
    while (this.taken > this.maxBytes) {
      const [oldest] = this.files.keys()
      if (oldest === undefined) throw new BlobRefused('no room beside the blobs that are being received')
      this.forget(oldest)
      await rm(this.pathOf(oldest), { force: true })
    }
  }

  /** What has been used since the start is newer than what is found. */
  private async load(): Promise<void> {
    const found: { digest: string; size: number; usedAt: number }[] = []
    for (const folder of await namesIn(this.directory))
      for (const digest of /^[0-9a-f]{2}$/.test(folder) ? await namesIn(join(this.directory, folder)) : []) {
        if (this.stopped) return
        const stats = DIGEST.test(digest) && (await stat(this.pathOf(digest)).catch(nullIfMissing))
        if (stats) found.push({ digest, size: stats.size, usedAt: stats.mtimeMs })
      }
    const used = [...this.files.keys()]
    for (const { digest, size } of found.sort((a, b) => a.usedAt - b.usedAt))
      if (!this.files.has(digest)) this.note(digest, size)
    for (const digest of used) {
      const space = this.files.get(digest)!
      this.files.delete(digest)
      this.files.set(digest, space)
    }
    await this.makeRoom(0)
  }

  /** A file is here, and was used now. */
  private note(digest: string, size: number): void {
    this.forget(digest)
    this.files.set(digest, spaceOf(size))
    this.taken += spaceOf(size)
  }

  private forget(digest: string): void {
    this.taken -= this.files.get(digest) ?? 0
    this.files.delete(digest)
  }

  /** The next start reads from its times in which order the files were used. */
  private async touch(file: FileHandle): Promise<void> {
    const now = new Date(this.clock.now())
    await file.utimes(now, now)
  }

  private pathOf(digest: string): string {
    return join(this.directory, digest.slice(0, 2), digest)
  }
}

function spaceOf(size: number): number {
  return Math.max(1, Math.ceil(size / BLOCK)) * BLOCK
}

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(nullIfMissing)) ?? []
}

function nullIfMissing(error: unknown): null {
  if ((error as { code?: string }).code === 'ENOENT') return null
  throw error
}
