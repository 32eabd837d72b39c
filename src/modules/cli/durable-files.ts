import { closeSync, fdatasync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { UnpackedFile } from '../../repo-engine/index.js'
import { syncDirectory } from '../config/private-file.js'

const datasync = promisify(fdatasync)
/** Files that are synced at once, when all of them are written: a third of the time that one after another would take. */
const BATCH_FILES = 256
const BATCH_BYTES = 16 << 20
/** Where files stand until they are whole. Hidden, so it is nobody's concern should it be left. */
const TEMPORARY = '.skylog-tmp'

/**
 * Puts files into a directory so that each is there whole or not at all, whenever the machine stops: written under another
 * name, synced, renamed. What is written is there for sure after {@link flush}.
 */
export class DurableFiles {
  private readonly temporary: string
  private readonly waiting: { handle: number; from: string; path: string }[] = []
  private bytes = 0
  private count = 0
  /** Folders that are there; and of those whose names have changed, one of these names. */
  private readonly folders = new Set<string>(['.'])
  private readonly touched = new Map<string, string>()

  constructor(private readonly root: string) {
    this.temporary = join(root, TEMPORARY)
    rmSync(this.temporary, { recursive: true, force: true })
  }

  /** Writes a file, over the one that is there. What it gives, if anything, is to be waited for. */
  write({ path, bytes }: UnpackedFile): Promise<void> | undefined {
    const from = this.newName()
    const handle = openSync(from, 'wx')
    this.waiting.push({ handle, from, path })
    writeFileSync(handle, bytes)
    this.bytes += bytes.length
    return this.waiting.length >= BATCH_FILES || this.bytes >= BATCH_BYTES ? this.place() : undefined
  }

  /** Writes a file as its bytes come. `isRight` is asked once, at the end, whether it may stay; that is what this gives. */
  async pour(path: string, source: AsyncIterable<Uint8Array>, isRight: () => boolean): Promise<boolean> {
    const from = this.newName()
    const file = await open(from, 'wx')
    try {
      for await (const piece of source) await file.writeFile(piece)
      await file.datasync()
    } finally {
      await file.close()
    }
    const stays = isRight()
    if (stays) this.rename(from, path)
    else rmSync(from)
    return stays
  }

  /** Deletes a file, and the folders that are empty without it. */
  remove(path: string): void {
    rmSync(join(this.root, path))
    let gone = path
    for (let folder = dirname(path); folder !== '.' && isRemoved(join(this.root, folder)); folder = dirname(folder)) {
      this.folders.delete(folder)
      this.touched.delete(folder)
      gone = folder
    }
    this.touched.set(dirname(gone), gone)
  }

  /** Brings everything to the disk that was written and deleted. */
  async flush(): Promise<void> {
    await this.place()
    for (const name of this.touched.values()) syncDirectory(join(this.root, name))
    this.touched.clear()
  }

  /** Takes away what is not whole. */
  close(): void {
    for (const { handle } of this.waiting.splice(0)) closeSync(handle)
    rmSync(this.temporary, { recursive: true, force: true })
  }

  private newName(): string {
    if (this.count === 0) mkdirSync(this.temporary)
    return join(this.temporary, String(this.count++))
  }

  private async place(): Promise<void> {
    await Promise.all(this.waiting.map(({ handle }) => datasync(handle)))
    for (const { handle, from, path } of this.waiting.splice(0)) {
      closeSync(handle)
      this.rename(from, path)
    }
    this.bytes = 0
  }

  private rename(from: string, path: string): void {
    const folder = dirname(path)
    this.makeFolder(folder)
    renameSync(from, join(this.root, path))
    this.touched.set(folder, path)
  }

  private makeFolder(folder: string): void {
    if (this.folders.has(folder)) return
    this.makeFolder(dirname(folder))
    mkdirSync(join(this.root, folder), { recursive: true })
    this.folders.add(folder)
    this.touched.set(dirname(folder), folder)
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as { code: string }).code)) return false
    throw error
  }
}
