import { randomUUID } from 'node:crypto'
import { createReadStream, type Dirent, type Stats } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ABANDONED_MS, assertName, BackupProblem, BackupTarget, type TargetObject } from './backup-target.js'

const TEMPS = 'tmp'
/**
 * What is asked of the disk at once. A share that is away may let a call wait for ever, and each that waits keeps one of the
 * four threads that the process has for files: of these the server needs some itself.
 */
const AT_ONCE = 2

/** A folder as a target. Files are readable by their owner alone: there are secrets among them. */
export class DirectoryTarget extends BackupTarget {
  /** Folders that are known to be there. */
  private readonly folders = new Set<string>()
  private busy = 0
  private readonly waiting: (() => void)[] = []

  constructor(
    readonly name: string,
    private readonly now: () => number,
  ) {
    super()
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.putStream(name, whole(bytes))
  }

  putNew(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.inTurn(() => this.link(name, bytes))
  }

  private async link(name: string, bytes: Uint8Array): Promise<boolean> {
    const temp = await this.write(whole(bytes))
    try {
      const path = await this.pathFor(name)
      // Unlike a rename, a link does not go over what is there.
      await link(temp, path)
      await sync(dirname(path))
      return true
    } catch (error) {
      if ((error as { code?: string }).code === 'EEXIST') return false
      throw error
    } finally {
      await rm(temp, { force: true })
    }
  }

  putStream(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.inTurn(async () => {
      const temp = await this.write(source)
      const path = await this.pathFor(name)
      await rename(temp, path)
      await sync(dirname(path))
    })
  }

  async storedAt(name: string): Promise<number | null> {
    return (await this.stat(this.pathOf(name)))?.mtimeMs ?? null
  }

  async get(name: string, maxBytes: number): Promise<Buffer | null> {
    const path = this.pathOf(name)
    const found = await this.stat(path)
    if (!found) return null
    if (found.size > maxBytes)
      throw new BackupProblem(`${name} is larger than such a thing can be: ${found.size} bytes`)
    return this.inTurn(() => readFile(path).catch(nullIfMissing))
  }

  async open(name: string): Promise<AsyncIterable<Uint8Array> | null> {
    const path = this.pathOf(name)
    return (await this.stat(path)) && createReadStream(path)
  }

  async *list(folder: string): AsyncGenerator<TargetObject> {
    const read = (): Promise<Dirent[] | null> =>
      readdir(join(this.name, folder), { withFileTypes: true }).catch(nullIfMissing)
    const entries = (await this.inTurn(read)) ?? []
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = `${folder}${entry.name}`
      if (entry.isDirectory()) yield* this.list(`${name}/`)
      const found = entry.isFile() && (await this.stat(join(this.name, name)))
      if (found) yield { name, storedAt: found.mtimeMs }
    }
  }

  async delete(name: string): Promise<void> {
    await this.inTurn(() => rm(this.pathOf(name), { force: true }))
  }

  close(): void {
    this.folders.clear()
  }

  async sweep(): Promise<void> {
    const folder = join(this.name, TEMPS)
    for (const name of (await this.inTurn(() => readdir(folder).catch(nullIfMissing))) ?? []) {
      const found = await this.stat(join(folder, name))
      if (found && found.mtimeMs < this.now() - ABANDONED_MS)
        await this.inTurn(() => rm(join(folder, name), { force: true }))
    }
  }

  private stat(path: string): Promise<Stats | null> {
    return this.inTurn(() => stat(path).catch(nullIfMissing))
  }

  /** Does something when fewer than {@link AT_ONCE} others are at it. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.busy === AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.busy++
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next) next()
      else this.busy--
    }
  }

  private async write(source: AsyncIterable<Uint8Array>): Promise<string> {
    const temp = join(await this.makeFolder(join(this.name, TEMPS)), randomUUID())
    const file = await open(temp, 'wx', 0o600)
    try {
      for await (const piece of source) await file.writeFile(piece)
      await file.datasync()
      await file.close()
    } catch (error) {
      await file.close().catch(() => undefined)
      await rm(temp, { force: true })
      throw error
    }
    return temp
  }

  private async pathFor(name: string): Promise<string> {
    const path = this.pathOf(name)
    await this.makeFolder(dirname(path))
    return path
  }

  private async makeFolder(folder: string): Promise<string> {
    if (this.folders.has(folder)) return folder
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (first !== undefined) for (let up = folder; up.length >= first.length; up = dirname(up)) await sync(dirname(up))
    this.folders.add(folder)
    return folder
  }

  private pathOf(name: string): string {
    assertName(name)
    return join(this.name, name)
  }
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Brings the names in a folder to disk. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function nullIfMissing(error: unknown): null {
  const { code } = error as { code?: string }
  if (code === 'ENOENT' || code === 'ENOTDIR') return null
  throw error
}
