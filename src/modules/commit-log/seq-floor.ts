import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const DIGITS = 16
const FORMAT = /^\d{16}\n$/

/**
 * The high-water mark of sequence numbers, kept in a file beside the database, because a database that is restored
 * from a backup has forgotten the numbers it has given out since, and a relay that has seen them would ignore
 * whatever came under them again.
 *
 * Byte format: 16 decimal digits and a newline. Rewritten in place after every COMMIT (kill -9 does not lose it).
 * - file above the database: the database was restored; numbering goes on above the file.
 * - file missing: numbering starts from the clock in milliseconds, which no log of fewer than 1,000 events a second
 *   on average has reached.
 * - file below the database: the process died between COMMIT and this write; the database is right.
 */
export class SeqFloor {
  private closed = false

  private constructor(
    private readonly handle: number,
    private current: number,
    private saved: number,
  ) {}

  /** Opens the mark of a data directory. `now` is milliseconds since the epoch. @throws Error when the file is damaged. */
  static open(dataDirectory: string, now: number): SeqFloor {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
    const file = fileIn(dataDirectory)
    const handle = openSync(file, 'a+', 0o600)
    closeSync(handle)
    const writable = openSync(file, 'r+')
    const bytes = Buffer.alloc(64)
    const text = bytes.toString('latin1', 0, readSync(writable, bytes, 0, bytes.length, 0))
    if (text === '') {
      const floor = new SeqFloor(writable, now, -1)
      floor.save()
      fsyncSync(writable)
      return floor
    }
    if (!FORMAT.test(text)) {
      closeSync(writable)
      throw damaged(file)
    }
    return new SeqFloor(writable, Number(text), Number(text))
  }

  /** No number up to and including this one may be given out again. */
  get value(): number {
    return this.current
  }

  /** Notes that a number has become visible. */
  raise(seq: number): void {
    if (seq > this.current) this.current = seq
  }

  /** Writes the mark; cheap when nothing has changed. */
  save(): void {
    if (this.closed || this.current === this.saved) return
    try {
      writeSync(this.handle, `${String(this.current).padStart(DIGITS, '0')}\n`, 0, 'latin1')
      this.saved = this.current
    } catch (error) {
      // The disk is in trouble; the mark only has to be right by the next restore, and the next COMMIT tries again.
      process.emitWarning(error as Error)
    }
  }

  close(): void {
    if (this.closed) return
    this.save()
    this.closed = true
    closeSync(this.handle)
  }
}

/** The mark of a data directory as it stands on the disk; null where there is none. @throws Error when it is damaged */
export function readSeqFloor(dataDirectory: string): number | null {
  const file = fileIn(dataDirectory)
  const text = existsSync(file) ? readFileSync(file, 'latin1') : ''
  if (text === '') return null
  if (!FORMAT.test(text)) throw damaged(file)
  return Number(text)
}

function fileIn(dataDirectory: string): string {
  return join(dataDirectory, 'seq.floor')
}

function damaged(file: string): Error {
  return new Error(`${file} is damaged: delete it, and numbering goes on from the clock`)
}
