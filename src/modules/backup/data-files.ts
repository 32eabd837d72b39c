import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Config } from '../config/config.js'
import type { ChunkStore } from './chunk-store.js'
import { isInside, type KeptFile } from './manifest.js'

/** Larger files that change wait for the next snapshot. */
const MAX_CHANGED_BYTES = 1024 * 1024

/**
 * The files of a data directory besides the database and the blobs: `secrets.json` above all. What SQLite, a restore or a cache
 * makes anew is left out, and so are links.
 */
export class DataFiles {
  /** What was kept last, by path: the hash of all bytes. */
  private readonly kept = new Map<string, string>()

  constructor(private readonly config: Config) {}

  /** Keeps all of them. */
  async keepAll(chunks: ChunkStore): Promise<KeptFile[]> {
    const files: KeptFile[] = []
    for await (const path of this.paths()) {
      const content = await this.read(path)
      if (!content) continue
      const read = (at: number, length: number): Promise<Buffer> => Promise.resolve(content.subarray(at, at + length))
      files.push({ path, ...(await chunks.putAll(content.length, read)) })
      this.kept.set(path, hash('sha256', content, 'hex'))
    }
    return files
  }

  /** Those that are other ones than were kept last; they count as kept when `keep` is called. */
  async changed(): Promise<{ files: { path: string; content: string }[]; keep: () => void }> {
    const files: { path: string; content: string }[] = []
    const digests = new Map<string, string>()
    for await (const path of this.paths()) {
      const content = await this.read(path)
      if (!content || content.length > MAX_CHANGED_BYTES) continue
      const digest = hash('sha256', content, 'hex')
      if (this.kept.get(path) === digest) continue
      files.push({ path, content: content.toString('base64') })
      digests.set(path, digest)
    }
    const keep = (): void => {
      for (const [path, digest] of digests) this.kept.set(path, digest)
    }
    return { files, keep }
  }

  private async *paths(folder = ''): AsyncGenerator<string> {
    const { dataDirectory, blobStore } = this.config
    const blobs = blobStore.kind === 'disk' ? relative(dataDirectory, blobStore.directory).split(sep).join('/') : null
    for (const entry of await readdir(join(dataDirectory, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!isInside(path) || path === blobs) continue
      if (entry.isDirectory()) yield* this.paths(path)
      else if (entry.isFile()) yield path
    }
  }

  /** Null for one that has gone meanwhile. */
  private async read(path: string): Promise<Buffer | null> {
    try {
      const file = await open(join(this.config.dataDirectory, path), constants.O_RDONLY | constants.O_NOFOLLOW)
      return await file.readFile().finally(() => file.close())
    } catch (error) {
      if (['ENOENT', 'ELOOP'].includes((error as { code?: string }).code ?? '')) return null
      throw error
    }
  }
}
