import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { INLINE, readPosition } from '../../projections/position.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { type DiskSpace, diskSpaces } from './disk-space.js'

/** Why a server should not be sent requests. */
export interface Unready {
  /** `stopping`, `database`, `projections`, `disk`. */
  check: string
  message: string
}

/** A write that has come through so lately says that others will. */
const LATELY_S = 5
/** How long an answer stands: whoever asks more often makes no more work. */
const STANDS_MS = 1_000
/** How long a write that finds out whether it can be done may take: whoever asks is to be told, not kept. */
const PATIENCE_MS = 2_000
/** How long a write may wait before the writer is taken for stuck. The longest that is known takes a few seconds. */
const STUCK_S = 60
const MIB = 1024 ** 2

/** Whether the server can do its work (`/readyz`), and whether it is of any use to go on with it at all (`/livez`). */
@Injectable()
export class Readiness implements OnModuleDestroy {
  /** Bytes that have to be left on every disk: what is written meanwhile has to end well. */
  reserve = 64 * MIB
  private stopping = false
  /** The write that is to find out; one at a time, as none after it fares better. */
  private probe: Promise<Unready | null> | null = null
  private last: { unready: Promise<Unready[]>; at: number } | null = null

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  /** The first that happens when a server is told to stop, while it still answers. */
  onModuleDestroy(): void {
    this.stopping = true
  }

  /** Nothing: it is ready. That the migrations are done is seen by the port being open. */
  async unready(): Promise<Unready[]> {
    if (this.stopping) return [{ check: 'stopping', message: 'the server stops' }]
    if (!this.last || performance.now() - this.last.at > STANDS_MS)
      this.last = { unready: this.look(), at: performance.now() }
    return this.last.unready
  }

  /** Seconds that a write has been waiting for, where that is so long that the writer must be stuck; else null. */
  stuckSeconds(): number | null {
    const seconds = this.database.writerFigures()?.waitingSeconds ?? 0
    return seconds > STUCK_S ? seconds : null
  }

  /** The disks that it writes to. */
  disks(): Promise<DiskSpace[]> {
    return diskSpaces(this.config)
  }

  private async look(): Promise<Unready[]> {
    const problems = [await this.writable(), await this.projections(), await this.disk()]
    return problems.filter((problem) => problem !== null)
  }

  private async writable(): Promise<Unready | null> {
    const writer = this.database.writerFigures()
    if (writer && !writer.isLost && writer.waiting === 0 && writer.idleSeconds < LATELY_S) return null
    this.probe ??= this.tryWrite().finally(() => (this.probe = null))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<Unready>((resolve) => {
      timer = setTimeout(() => {
        const seconds = Math.floor(this.database.writerFigures()?.waitingSeconds ?? 0)
        resolve({ check: 'database', message: `a write has been waiting for ${seconds} s` })
      }, PATIENCE_MS)
    })
    return Promise.race([this.probe, late]).finally(() => clearTimeout(timer))
  }

  private async tryWrite(): Promise<Unready | null> {
    try {
      await this.database.tryWrite()
      return null
    } catch (error) {
      // What it says may have a path in it, which is nobody's business.
      const { code = 'an unknown error' } = error as { code?: string }
      return { check: 'database', message: `the database cannot be written to: ${code}` }
    }
  }

  private async projections(): Promise<Unready | null> {
    const { read } = this.database
    const last = await read.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM commit_log')
    const lag = (last?.seq ?? 0) - (await readPosition(read, INLINE))
    return lag > 0 ? { check: 'projections', message: `app.bsky is ${lag} events behind the log` } : null
  }

  private async disk(): Promise<Unready | null> {
    const full = (await this.disks()).find(({ free }) => free < this.reserve)
    return full
      ? { check: 'disk', message: `${Math.floor(full.free / MIB)} MiB are left on the disk of ${full.holds}` }
      : null
  }
}
