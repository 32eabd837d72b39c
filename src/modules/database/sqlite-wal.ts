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
  walHeaderSum,
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
/** How long the log may get while somebody does not read on, and while somebody copies the file, in frames. */
const [MAX_FRAMES, MAX_FRAMES_HELD] = [65_536, 1_048_576]

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
  /** The index as it was after the last commit. */
  private seen: WalIndex | null = null

  constructor(
    private readonly file: string,
    private readonly driver: Driver,
  ) {}

  /** Somebody begins to follow. `now` gives milliseconds since the epoch. */
  follow(now: () => number): PageFollower {
    this.driver.pragma('wal_autocheckpoint = 0')
    if (this.makeWay(this.readIndex())) this.checkpoint()
    const index = this.readIndex()
    this.seen = index
    const follower = new WalFollower(this, this.opened(), index, now)
    this.followers.add(follower)
    return follower
  }

  /** To be called after every COMMIT, and after nothing else, while no transaction is open. */
  committed(): void {
    if (this.followers.size === 0) return
    const index = this.readIndex()
    for (const follower of this.followers) follower.note(index, this.seen)
    this.seen = index
    if (index.frames >= CHECKPOINT_PAGES && this.makeWay(index)) this.checkpoint()
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
    if (!this.driver.inTransaction) this.driver.pragma('wal_checkpoint(PASSIVE)')
  }
}

/** One who follows: how far he has read, and what of the commits he has not read is known. */
class WalFollower implements PageFollower {
  readonly pageSize: number
  readonly fileBytes: number
  readonly fileIsWhole: boolean
  holdsFile = true
  private salt: string
  private frame: number
  private checksum: Checksum | null
  /** Ends of commits that were not read, in frames. */
  private marks: { frame: number; time: number }[] = []
  /** What a checkpoint has taken along. */
  private readonly takenAlong: PageBatch[] = []
  private lost = false

  constructor(
    private readonly wal: SqliteWal,
    private readonly files: Files,
    index: WalIndex,
    private readonly now: () => number,
  ) {
    this.salt = index.salt
    this.pageSize = pageSizeOf(files.database)
    this.fileBytes = fstatSync(files.database).size
    this.fileIsWhole = index.inFile >= index.frames
    this.frame = this.fileIsWhole ? index.frames : 0
    this.checksum = this.frame === 0 ? null : index.checksum
    if (this.frame < index.frames) this.marks.push({ frame: index.frames, time: now() })
  }

  async readFile(at: number, length: number): Promise<Buffer> {
    if (!this.holdsFile) throw new PagesLost('the file has been released')
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await readAsync(this.files.database, bytes, 0, length, at)
    if (bytesRead < length) throw new PagesLost('the file of the database has become shorter')
    return bytes
  }

  releaseFile(): void {
    this.holdsFile = false
  }

  take(maxBytes: number): PageBatch | null {
    this.assertNotLost()
    const along = this.takenAlong.shift()
    if (along) return along
    const most = Math.max(Math.floor(maxBytes / (FRAME_HEADER + this.pageSize)), 1)
    let upTo = 0
    while (upTo < this.marks.length && this.marks[upTo]!.frame - this.frame <= most) upTo++
    return this.marks.length === 0 ? null : this.read(Math.max(upTo, 1))
  }

  end(): void {
    this.holdsFile = false
    this.wal.leave(this)
  }

  /** Something was committed. `before` is what the index said after the commit before. */
  note(index: WalIndex, before: WalIndex | null): void {
    if (index.salt !== this.salt) {
      // The log has begun anew, as it does after a checkpoint of everything: that all of it was read is seen to there.
      if (before && before.salt === this.salt && this.frame < before.frames) this.lost = true
      this.salt = index.salt
      this.frame = 0
      this.checksum = null
      this.marks = []
    }
    const noted = this.marks.at(-1)?.frame ?? this.frame
    if (index.frames > noted) this.marks.push({ frame: index.frames, time: this.now() })
  }

  /** Whether a checkpoint may be made: nothing is unread then. Who does not read on in the end is left behind. */
  makeWay(index: WalIndex): boolean {
    const unread = index.frames - this.frame
    if (index.frames > (this.holdsFile ? MAX_FRAMES_HELD : MAX_FRAMES)) {
      this.lost = true
      this.holdsFile = false
    }
    if (this.lost) return true
    if (this.holdsFile) return false
    if (unread === 0) return true
    if (unread > MAX_TAKEN_ALONG || this.takenAlong.length > 0) return false
    this.takenAlong.push(this.read(this.marks.length))
    return true
  }

  /** Reads up to the end of so many commits. */
  private read(commits: number): PageBatch {
    const ends = this.marks.splice(0, commits)
    const { frame, pageSize, salt } = this
    const length = FRAME_HEADER + pageSize
    const frames = Buffer.alloc((ends.at(-1)!.frame - frame) * length)
    readWhole(this.files.log, frames, WAL_HEADER + frame * length)
    if (!this.checksum) {
      const header = Buffer.alloc(WAL_HEADER)
      readWhole(this.files.log, header, 0)
      this.checksum = walHeaderSum(header)
    }
    try {
      const { pages, checksum } = readFrames(frames, pageSize, salt, this.checksum)
      this.checksum = checksum
      this.frame = ends.at(-1)!.frame
      return { pageSize, pages, commits: ends.map((end) => ({ end: end.frame - frame, time: end.time })) }
    } catch (error) {
      this.lost = true
      throw new PagesLost(`the write-ahead log is not as it was left: ${(error as Error).message}`)
    }
  }

  private assertNotLost(): void {
    if (this.lost) throw new PagesLost('the write-ahead log went on before all of it was read')
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
