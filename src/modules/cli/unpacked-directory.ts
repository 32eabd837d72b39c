/**
 * The directory of an unpacked repository as it lies on the disk, read with suspicion: nothing in it leads outside, and
 * whatever does not belong there is told by its name. What is hidden at the top (`.git`) is its owner's own.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseRecordPath, type RecordForm, shown, TOP_NAMES } from '../../repo-engine/index.js'

/** Files of records that one directory may have. */
export const MAX_FILES = 1_000_000
/** Folders inside each other that the longest key needs. */
const MAX_DEPTH = 20
const CHUNK = 256 * 1024
/** Names that one message tells. */
const TOLD = 10

/** What is in a directory and must not be: told all at once. */
export class Strangers extends Error {
  constructor(
    directory: string,
    readonly files: readonly string[],
  ) {
    const told = files.slice(0, TOLD).join('; ')
    super(
      `${directory} cannot be used as it is: ${told}${files.length > TOLD ? `; and ${files.length - TOLD} more` : ''}`,
    )
  }
}

/** A record's file, which is called {@link pathOfRecord} of these. */
export interface RecordFile {
  readonly key: string
  readonly form: RecordForm
}

export class UnpackedDirectory {
  /** Names at the top that are ours, without the folder of blobs. */
  readonly top = new Set<string>()
  /** All other files whose names are right, in no order. */
  readonly records: RecordFile[] = []
  /** What does not belong here, each with the reason. */
  readonly strangers: string[] = []
  private files = 0

  private constructor(
    readonly root: string,
    private readonly maxFiles: number,
  ) {}

  /** Looks at all names in a directory; opens no file. @throws Error when it is none, or has too many files */
  static open(path: string, maxFiles = MAX_FILES): UnpackedDirectory {
    const directory = new UnpackedDirectory(realpathSync(path), maxFiles)
    if (!lstatSync(directory.root).isDirectory()) throw new Error(`${path} is not a directory`)
    for (const { name, kind } of directory.namesIn('')) {
      if (name.startsWith('.')) continue
      if (name === 'blobs') {
        if (kind !== 'directory') directory.refuse(name, 'not a directory')
      } else if (TOP_NAMES.test(name)) {
        if (kind === 'file') directory.top.add(name)
        else directory.refuse(name, `a ${kind} where a file is expected`)
      } else if (kind === 'directory') directory.list(name, 1)
      else directory.refuse(name, kind === 'file' ? 'not of a repository' : `a ${kind}`)
    }
    return directory
  }

  refuse(path: string, why: string): void {
    this.strangers.push(`${shown(path)}: ${why}`)
  }

  /** Does what may show that a file does not belong here, and goes on if it does. */
  attempt(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.strangers.push((error as Error).message)
    }
  }

  /** @throws Strangers if there are any */
  assertNoStrangers(): void {
    if (this.strangers.length > 0) throw new Strangers(this.root, this.strangers)
  }

  /** The SHA-256 of a file of any size. @throws Error when it is none */
  async digest(path: string): Promise<Buffer> {
    const file = this.open(path)
    const hash = createHash('sha256')
    const source = createReadStream('', { fd: file, highWaterMark: CHUNK })
    if (!fstatSync(file).isFile()) {
      source.destroy()
      throw new Error(`${shown(path)}: not a file`)
    }
    for await (const piece of source) hash.update(piece as Buffer)
    return hash.digest()
  }

  /** The bytes of a file that was listed. @throws Error when it is no file (any more), or larger than `maxBytes` */
  read(path: string, maxBytes: number): Buffer {
    const handle = this.open(path)
    try {
      const stat = fstatSync(handle)
      if (!stat.isFile()) throw new Error(`${shown(path)}: not a file`)
      if (stat.size > maxBytes) throw new Error(`${shown(path)}: ${stat.size} bytes, where ${maxBytes} are the most`)
      const bytes = Buffer.allocUnsafe(stat.size)
      let filled = 0
      for (let read = -1; read !== 0 && filled < bytes.length; filled += read)
        read = readSync(handle, bytes, filled, bytes.length - filled, filled)
      if (filled !== bytes.length) throw new Error(`${shown(path)}: has changed while it was read`)
      return bytes
    } finally {
      closeSync(handle)
    }
  }

  /** Opens a file for reading that is none of the kinds that lead elsewhere, or that one waits for. */
  private open(path: string): number {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>
    try {
      return openSync(join(this.root, path), (O_RDONLY ?? 0) | O_NOFOLLOW | O_NONBLOCK)
    } catch (error) {
      throw new Error(`${shown(path)}: ${(error as { code?: string }).code ?? 'cannot be opened'}`, { cause: error })
    }
  }

  private list(folder: string, depth: number): void {
    for (const { name, kind } of this.namesIn(folder)) {
      const path = `${folder}/${name}`
      if (kind === 'file') {
        if (++this.files > this.maxFiles)
          throw new Error(`${this.root} has more than ${this.maxFiles} files; the last one seen is ${shown(path)}`)
        this.attempt(() => this.records.push(parseRecordPath(path)))
      } else if (kind === 'directory' && (name.endsWith('%') || folder.endsWith('%'))) {
        // Only a name that goes on in the next one, or a collection under such a name, has folders in it.
        if (depth < MAX_DEPTH) this.list(path, depth + 1)
        else this.refuse(path, 'too many folders inside each other')
      } else this.refuse(path, kind === 'directory' ? 'a directory where files are expected' : `a ${kind}`)
    }
  }

  private *namesIn(folder: string): Generator<{ name: string; kind: string }> {
    const entries = opendirSync(join(this.root, folder), { bufferSize: 1024 })
    try {
      for (let entry = entries.readSync(); entry; entry = entries.readSync()) {
        // Some file systems do not tell the kind with the name.
        const isKnown = entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()
        yield { name: entry.name, kind: kindOf(isKnown ? entry : lstatSync(join(this.root, folder, entry.name))) }
      }
    } finally {
      entries.closeSync()
    }
  }
}

interface Kinds {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

function kindOf(entry: Kinds): 'file' | 'directory' | 'symbolic link' | 'special file' {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symbolic link' : 'special file'
}
