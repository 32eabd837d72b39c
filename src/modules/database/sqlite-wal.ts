import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Database as Driver } from 'better-sqlite3'
import { type PageBatch, type PageFollower, PagesLost } from './page-follower.js'
import { CHECKPOINT_PAGES } from './sqlite-source.js'
import {
  type Checksum,
  FRAME_HEADER,
  INDEX_HEADER,
  readFrames,
  readWalIndex,
  WAL_HEADER,
  type WalIndex,
  walRestarts,
} from './wal-format.js'

/** What is told of a write-ahead log. */
export interface WalState {
  /** Of the file, which never shrinks while it is open. */
  bytes: number
  /** Of what is in it and not in the database yet. */
  pendingBytes: number
  /** How often it was begun anew. */
  restarts: number
}

/** What a checkpoint takes along at once for a follower who is not done reading, in frames. */
const MAX_TAKEN_ALONG = 1_000
/** How much may be unread by somebody, and may have come while somebody copies the file, in frames: the log is let go then. */
const [MAX_UNREAD, MAX_WHILE_COPIED] = [65_536, 1_048_576]

const TOO_FAR = 'the write-ahead log went on before all of it was read'

const readAsync = promisify(read)

interface Files {
  database: number
  log: number
  index: number
}

/**
 * The write-ahead log for those who follow it. While there are any, checkpoints are made here and not by SQLite, and only
 * when everything committed has been read: so no frame is overwritten that a follower lacks.
 *
 * The files stay open until the database is closed: closing one would take this process's locks from it, which are by file
 * and not by handle.
 */
export class SqliteWal {
  private files: Files | null = null
  private readonly followers = new Set<WalFollower>()

  constructor(
    private readonly file: string,
    private readonly driver: Driver,
  ) {}

  /** Somebody begins to follow. `now` gives milliseconds since the epoch. */
  follow(now: () => number): PageFollower {
    if (this.makeWay(this.tell()) && !this.driver.inTransaction) this.checkpoint()
    const follower = new WalFollower(this, this.opened(), this.readIndex(), now)
    this.driver.pragma('wal_autocheckpoint = 0')
    this.followers.add(follower)
    return follower
  }

  /** To be called after every COMMIT, and after nothing else, while no transaction is open. */
  committed(): void {
    if (this.followers.size === 0) return
    const index = this.tell()
    if (index.frames >= CHECKPOINT_PAGES && this.makeWay(index)) this.checkpoint()
  }

  /** Tells all who follow how far the log is: a transaction that came to nothing may have begun it anew, too. */
  private tell(): WalIndex {
    const index = this.readIndex()
    for (const follower of this.followers) follower.note(index)
    return index
  }

  /** Whether nothing would be lost if the log began anew. */
  private makeWay(index: WalIndex): boolean {
    return [...this.followers].every((follower) => follower.makeWay(index))
  }

  leave(follower: WalFollower): void {
    this.followers.delete(follower)
    if (this.followers.size === 0 && this.driver.open) this.driver.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  }

  readIndex(): WalIndex {
    const bytes = Buffer.alloc(INDEX_HEADER)
    readSync(this.opened().index, bytes, 0, INDEX_HEADER, 0)
    const index = readWalIndex(bytes)
    if (!index) throw new Error(`${this.file}-shm has no header`)
    return index
  }

  state(): WalState {
    const { database, log } = this.opened()
    const header = Buffer.alloc(WAL_HEADER)
    const { frames, inFile } = this.readIndex()
    return {
      bytes: fstatSync(log).size,
      pendingBytes: Math.max(frames - inFile, 0) * (FRAME_HEADER + pageSizeOf(database)),
      restarts: readSync(log, header, 0, WAL_HEADER, 0) < WAL_HEADER ? 0 : walRestarts(header),
    }
  }

  /** Lets go of the files, behind the last connection. */
  close(): void {
    for (const follower of [...this.followers]) follower.end()
    if (this.files) for (const handle of Object.values(this.files)) closeSync(handle as number)
    this.files = null
  }

  private opened(): Files {
    return (this.files ??= {
      database: openSync(this.file, 'r'),
      log: openSync(`${this.file}-wal`, 'r'),
      index: openSync(`${this.file}-shm`, 'r'),
    })
  }

  /** Brings what is committed into the file, as far as nobody still reads an older state. */
  private checkpoint(): void {
    this.driver.pragma('wal_checkpoint(PASSIVE)')
  }
}

/** One who follows: how far he has read, and what of the commits he has not read is known. */
class WalFollower implements PageFollower {
  readonly pageSize: number
  readonly fileBytes: number
  private holdsFile = true
  /** How much of the log there was when he came, in frames; none of a log that has begun since. */
  private began: number
  private frame: number
  private checksum: Checksum | null
  /** Ends of commits that were not read, in frames. */
  private marks: { frame: number; time: number }[] = []
  /** What a checkpoint has taken along. */
  private readonly takenAlong: PageBatch[] = []
  /** Why there is nothing to be had any more. */
  private lost: string | null = null

  /** `index` is what it says after the last commit. */
  constructor(
    private readonly wal: SqliteWal,
    private readonly files: Files,
    private index: WalIndex,
    private readonly now: () => number,
  ) {
    this.pageSize = pageSizeOf(files.database)
    this.fileBytes = fstatSync(files.database).size
    this.began = index.frames
    // What is in the file already needs nothing laid over it.
    this.frame = Math.min(index.inFile, index.frames)
    this.checksum = this.checksumAt(this.frame)
    if (this.frame < index.frames) this.marks.push({ frame: index.frames, time: now() })
  }

  async readFile(at: number, length: number): Promise<Buffer> {
    if (!this.holdsFile) throw new PagesLost(this.lost ?? 'the file has been released')
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await readAsync(this.files.database, bytes, 0, length, at)
    if (bytesRead < length) throw new PagesLost('the file of the database has become shorter')
    return bytes
  }

  releaseFile(): void {
    this.holdsFile = false
  }

  take(maxBytes: number): PageBatch | null {
    if (this.lost !== null) throw new PagesLost(this.lost)
    const along = this.takenAlong.shift()
    if (along || this.marks.length === 0) return along ?? null
    return this.read(this.stopWithin(Math.max(Math.floor(maxBytes / (FRAME_HEADER + this.pageSize)), 1)))
  }

  end(): void {
    this.lose('nobody follows any more')
    this.wal.leave(this)
  }

  /** How far the log is now. */
  note(index: WalIndex): void {
    if (index.salt !== this.index.salt) {
      // The log has begun anew, as it does after a checkpoint of everything: that all of it was read is seen to there.
      if (this.frame < this.index.frames) this.lose(TOO_FAR)
      this.began = this.frame = 0
      this.checksum = null
      this.marks = []
    }
    this.index = index
    const noted = this.marks.at(-1)?.frame ?? this.frame
    if (index.frames > noted) this.marks.push({ frame: index.frames, time: this.now() })
  }

  /** Whether a checkpoint may be made: nothing is unread then. Who does not read on in the end is left behind. */
  makeWay(index: WalIndex): boolean {
    const unread = index.frames - this.frame
    if (this.holdsFile ? index.frames - this.began > MAX_WHILE_COPIED : unread > MAX_UNREAD) this.lose(TOO_FAR)
    if (this.lost !== null) return true
    if (this.holdsFile) return false
    if (unread === 0) return true
    if (unread > MAX_TAKEN_ALONG || this.takenAlong.length > 0) return false
    this.takenAlong.push(this.read(index.frames))
    return true
  }

  /** Where to read up to: the end of the last commit within so many frames, or else of the first one. */
  private stopWithin(frames: number): number {
    const [first] = this.marks
    const noted = this.marks.findLast((mark) => mark.frame - this.frame <= frames)
    if (noted) return noted.frame
    // One large commit, or many that were made before he came.
    let end = this.frame + frames
    while (end > this.frame && !this.endsCommit(end)) end--
    if (end === this.frame) for (end += frames + 1; end < first!.frame && !this.endsCommit(end);) end++
    return end
  }

  /** Reads up to the end of a commit. */
  private read(to: number): PageBatch {
    const { frame, pageSize } = this
    try {
      if (to - frame > MAX_UNREAD) throw new Error('a transaction has written more than can be read at once')
      const frames = Buffer.alloc((to - frame) * (FRAME_HEADER + pageSize))
      readWhole(this.files.log, frames, this.placeOf(frame))
      this.checksum ??= this.checksumAt(0)
      const { pages, checksum } = readFrames(frames, pageSize, this.index.salt, this.checksum!)
      const ends = this.marks.filter((mark) => mark.frame <= to)
      if (ends.at(-1)?.frame !== to) ends.push({ frame: to, time: this.marks[ends.length]!.time })
      this.marks = this.marks.filter((mark) => mark.frame > to)
      this.checksum = checksum
      this.frame = to
      return { pageSize, pages, commits: ends.map((end) => ({ end: end.frame - frame, time: end.time })) }
    } catch (error) {
      this.lose(`the write-ahead log cannot be read on: ${(error as Error).message}`)
      throw new PagesLost(this.lost!)
    }
  }

  private lose(why: string): void {
    this.lost ??= why
    this.holdsFile = false
  }

  /** Where a frame begins in the log, counted from 0. */
  private placeOf(frame: number): number {
    return WAL_HEADER + frame * (FRAME_HEADER + this.pageSize)
  }

  private endsCommit(end: number): boolean {
    const size = Buffer.alloc(4)
    readWhole(this.files.log, size, this.placeOf(end - 1) + 4)
    return size.readUInt32BE() !== 0
  }

  /** The sum over everything up to a frame; null while there is no header, as for a log that nothing was written to. */
  private checksumAt(frame: number): Checksum | null {
    if (frame === this.index.frames && frame > 0) return this.index.checksum
    if (frame === 0 && this.index.frames === 0) return null
    const sum = Buffer.alloc(8)
    readWhole(this.files.log, sum, frame === 0 ? WAL_HEADER - 8 : this.placeOf(frame - 1) + 16)
    return [sum.readUInt32BE(0), sum.readUInt32BE(4)]
  }
}

/** As the file says in its header (https://sqlite.org/fileformat.html): the index does not know before the first frame. */
function pageSizeOf(database: number): number {
  const header = Buffer.alloc(2)
  readWhole(database, header, 16)
  const size = header.readUInt16BE()
  return size === 1 ? 65_536 : size
}

function readWhole(handle: number, into: Buffer, at: number): void {
  for (let done = 0; done < into.length;) {
    const count = readSync(handle, into, done, into.length - done, at + done)
    if (count === 0) throw new PagesLost('the file is shorter than it has to be')
    done += count
  }
}
