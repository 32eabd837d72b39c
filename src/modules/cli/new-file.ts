import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type CarBlock, carSectionHead } from '../../repo-engine/index.js'
import { syncDirectory } from '../config/private-file.js'

/** Bytes that are gathered for one write to the disk. */
const WRITE_BYTES = 1 << 20

/** A file that is written from its beginning to its end. */
class Appended {
  readonly handle: number
  /** Bytes that were appended. */
  size = 0
  private readonly pieces: Uint8Array[] = []
  private gathered = 0

  constructor(path: string) {
    this.handle = openSync(path, 'wx+')
  }

  append(bytes: Uint8Array): void {
    this.pieces.push(bytes)
    this.gathered += bytes.length
    this.size += bytes.length
    if (this.gathered >= WRITE_BYTES) this.flush()
  }

  flush(): void {
    const bytes = Buffer.concat(this.pieces, this.gathered)
    for (let at = 0; at < bytes.length;) at += writeSync(this.handle, bytes, at)
    this.pieces.length = 0
    this.gathered = 0
  }
}

/** Sections of a CAR that wait on the disk until it is known where they go; memory holds their places. */
export class Spool {
  private readonly file: Appended
  private readonly ends: number[] = []
  private isFlushed = false

  constructor(path: string) {
    this.file = new Appended(path)
  }

  /** How many there are. */
  get count(): number {
    return this.ends.length
  }

  add({ cid, bytes }: CarBlock): void {
    this.file.append(carSectionHead(cid, bytes.length))
    this.file.append(bytes)
    this.ends.push(this.file.size)
  }

  /** The n-th section, from 0. Nothing is added after the first one was asked for. */
  at(n: number): Buffer {
    if (!this.isFlushed) this.file.flush()
    this.isFlushed = true
    const start = n === 0 ? 0 : this.ends[n - 1]!
    const section = Buffer.allocUnsafe(this.ends[n]! - start)
    if (readSync(this.file.handle, section, 0, section.length, start) !== section.length)
      throw new Error('a temporary file was cut off')
    return section
  }

  close(): void {
    closeSync(this.file.handle)
  }
}

/** A file that appears under its name when it is whole, and never in the place of another. */
export class NewFile {
  /** Holds what is not whole, on the same file system. Cut off, it stays until a file of this name is written again. */
  private readonly folder: string
  private readonly file: Appended
  private readonly spools: Spool[] = []

  /** @throws Error when there is a file of that name */
  constructor(private readonly path: string) {
    if (existsSync(path)) throw new Error(`${path} is there already, and is not written over`)
    this.folder = `${path}.skylog-tmp`
    // What was left by one that was cut off.
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(this.folder)
    this.file = new Appended(join(this.folder, 'whole'))
  }

  /** A spool that goes when this file is closed. */
  spool(): Spool {
    const spool = new Spool(join(this.folder, `spool-${this.spools.length}`))
    this.spools.push(spool)
    return spool
  }

  write(bytes: Uint8Array): void {
    this.file.append(bytes)
  }

  /** Gives the file its name; it is on the disk then. Returns its size in bytes. */
  finish(): number {
    this.file.flush()
    fsyncSync(this.file.handle)
    const whole = join(this.folder, 'whole')
    try {
      // Unlike a new name, another name for it takes nobody's place.
      linkSync(whole, this.path)
    } catch (error) {
      if ((error as { code?: string }).code === 'EEXIST')
        throw new Error(`${this.path} is there by now`, { cause: error })
      renameSync(whole, this.path)
    }
    syncDirectory(this.path)
    return this.file.size
  }

  /** To be called at the end, however it went. */
  close(): void {
    closeSync(this.file.handle)
    for (const spool of this.spools) spool.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
