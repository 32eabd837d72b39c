import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Config } from '../config/config.js'
import type { ChunkStore } from './chunk-store.js'
import { isInside, type KeptFile } from './manifest.js'

/** Larger files that change wait for the next snapshot, and what is more in all for the next segment. */
const [MAX_CHANGED_BYTES, MAX_CHANGED_AT_ONCE] = [1024 * 1024, 8 * 1024 * 1024]

/**
 * The files of a data directory besides the database, the blobs and the log file: `secrets.json` above all. What SQLite, a
 * restore or a cache makes anew is left out, and so are links.
 */
export class DataFiles {
  /** What was kept last, by path: the hash of all bytes. */
  private readonly kept = new Map<string, string>()

  constructor(private readonly config: Config) {}

  /** Keeps all of them. */
  async keepAll(chunks: ChunkStore): Promise<KeptFile[]> {
    const files: KeptFile[] = []
    for await (const path of this.paths()) {
      const file = await this.open(path)
      if (!file) continue
      try {
        const { size } = await file.stat()
        const content = size > MAX_CHANGED_BYTES ? null : await file.readFile()
        if (content) this.kept.set(path, hash('sha256', content, 'hex'))
        const read = (at: number, length: number): Promise<Buffer> =>
          content ? Promise.resolve(content.subarray(at, at + length)) : readWhole(file, at, length)
        files.push({ path, ...(await chunks.putAll(content?.length ?? size, read)) })
      } finally {
        await file.close()
      }
    }
    return files
  }

  /** Those that are other ones than were kept last; they count as kept when `keep` is called. */
  async changed(): Promise<{ files: { path: string; content: string }[]; keep: () => void }> {
    const files: { path: string; content: string }[] = []
    const digests = new Map<string, string>()
    let bytes = 0
    for await (const path of this.paths()) {
      const content = await this.readSmall(path)
      if (!content) continue
      const digest = hash('sha256', content, 'hex')
      if (this.kept.get(path) === digest || bytes + content.length > MAX_CHANGED_AT_ONCE) continue
      bytes += content.length
      files.push({ path, content: content.toString('base64') })
      digests.set(path, digest)
    }
    const keep = (): void => {
      for (const [path, digest] of digests) this.kept.set(path, digest)
    }
    return { files, keep }
  }

  private async *paths(folder = ''): AsyncGenerator<string> {
    const { dataDirectory, blobStore, log } = this.config
    const pathOf = (place: string | null): string | null => place && relative(dataDirectory, place).split(sep).join('/')
    // What grows by every request would be in every segment.
    const others = [blobStore.kind === 'disk' ? blobStore.directory : null, log.destination].map(pathOf)
    for (const entry of await readdir(join(dataDirectory, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!isInside(path) || others.includes(path)) continue
      if (entry.isDirectory()) yield* this.paths(path)
      else if (entry.isFile()) yield path
    }
  }

  /** Null for one that has gone meanwhile. */
  private async open(path: string): Promise<FileHandle | null> {
    try {
      return await open(join(this.config.dataDirectory, path), constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch (error) {
      if (['ENOENT', 'ELOOP'].includes((error as { code?: string }).code ?? '')) return null
      throw error
    }
  }

  /** Null also for one that is too large to go with a segment. */
  private async readSmall(path: string): Promise<Buffer | null> {
    const file = await this.open(path)
    try {
      return file && (await file.stat()).size <= MAX_CHANGED_BYTES ? await file.readFile() : null
    } finally {
      await file?.close()
    }
  }
}

/** Bytes of a file; where it has become shorter meanwhile, zeros. */
async function readWhole(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes
}
