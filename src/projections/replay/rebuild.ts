import { setTimeout as delay } from 'node:timers/promises'
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common'
import { CommitLog } from '../../modules/commit-log/commit-log.js'
import { Changes } from '../../modules/database/changes.js'
import { Database, type Tx } from '../../modules/database/database.js'
import { dropShadow, growCache, ShadowTables } from '../../modules/database/shadow-tables.js'
import { XrpcError } from '../../modules/xrpc/xrpc-error.js'
import { INLINE, readPosition } from '../position.js'
import type { ProjectionDefinition } from '../projection.js'
import { Projector } from '../projector.js'
import { Comparison, type Difference } from './comparison.js'
import {
  deleteRebuild,
  endedRebuilds,
  endRebuild,
  insertRebuild,
  positionOf,
  prefixOf,
  readRebuild,
  type RebuildRow,
  type Versions,
  writeVersions,
} from './rebuild-row.js'
import { type Progress, Replay } from './replay.js'
import { sharing } from './sharing.js'

/** How long the writer is held at a time, and then left to others. */
export interface Pace {
  sliceMs: number
  pauseMs: number
}

/** While nobody is served. */
export const ALONE: Pace = { sliceMs: 100, pauseMs: 0 }
/** While others are served. */
const BESIDE_OTHERS: Pace = { sliceMs: 10, pauseMs: 4 }

export interface RebuildOptions {
  /** Compares what is rebuilt with what is read from, and puts nothing in its place. */
  verify?: boolean
  pace?: Pace
  onProgress?: (progress: Progress) => void
}

export interface Rebuilt {
  /** What was rebuilt: what was asked for, and whatever shares tables with it. */
  projections: string[]
  /** Events that were replayed, this time. */
  events: number
  seconds: number
  /** Of a verification: tables that are not what the log says. */
  differences: Difference[] | null
}

export interface RebuildStatus extends Progress {
  running: boolean
  /** Events a second. */
  rate: number
  secondsLeft: number | null
  /** What the last one came to, since the server started. */
  last: Rebuilt | { error: string } | null
}

/**
 * Makes the tables of projections anew from the log, beside those that are read from, and puts them in place in one short
 * write when they have caught up. Every step is a write of its own that moves the position too, so a rebuild that was
 * interrupted goes on where it was when it is asked for again.
 */
@Injectable()
export class Rebuild implements OnModuleDestroy {
  private readonly logger = new Logger('Projections')
  private under: UnderWay | null = null
  private last: RebuildStatus['last'] = null
  private readonly stop = new AbortController()
  private ended: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly projector: Projector,
    private readonly changes: Changes,
  ) {}

  /** Leaves the rest to the next time. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort()
    await this.ended
  }

  status(): RebuildStatus {
    const { under, last } = this
    if (!under) return { running: false, done: 0, total: 0, rate: 0, secondsLeft: null, last }
    const { started, first, done, total } = under
    const rate = ((done - (first ?? done)) * 1000) / Math.max(performance.now() - started, 1)
    return { running: true, done, total, rate, secondsLeft: rate > 0 ? (total - done) / rate : null, last }
  }

  /**
   * Rebuilds the projections of these names, or all of them where none is named; goes on with doing so where it was
   * interrupted, and joins where it is under way.
   * @throws XrpcError 400 for a name that there is not, 409 RebuildInProgress; Error when the server stops before the end,
   * or an event cannot be applied
   */
  async run(names: readonly string[], options: RebuildOptions = {}): Promise<Rebuilt> {
    const wanted = this.wanted(names, options.verify)
    const { onProgress } = options
    if (!this.under) this.start(wanted, options.pace ?? BESIDE_OTHERS)
    const under = this.under!
    if (onProgress) under.listeners.add(onProgress)
    return under.work
  }

  /** What {@link run} would rebuild now. @throws XrpcError as it */
  wanted(names: readonly string[], verify = false): Wanted {
    const projections = sharing(this.projector.definitions, names)
    const { under } = this
    const isSame = under?.verify === verify && namesOf(under.projections) === namesOf(projections)
    if (under && !isSame) throw new XrpcError(409, 'RebuildInProgress', 'another rebuild is under way')
    return { projections, verify }
  }

  /** Goes on with a rebuild that was interrupted, and drops what others have left behind, in the background. */
  resume(): void {
    const going = async (): Promise<void> => {
      const row = await readRebuild(this.database.read)
      if (row?.verify) await this.database.write((tx) => endRebuild(tx, row))
      if (row && !row.verify) await this.run(Object.keys(row.projections))
      else await this.sweep(BESIDE_OTHERS)
    }
    this.ended = going().catch((error: unknown) => {
      if (!this.stop.signal.aborted) this.logger.error(error)
    })
  }

  private start(wanted: Wanted, pace: Pace): void {
    const listeners: UnderWay['listeners'] = new Set()
    const work = this.rebuild(wanted, pace)
      .then(
        (rebuilt) => (this.last = rebuilt),
        (error: Error) => {
          this.last = { error: error.message }
          throw error
        },
      )
      .finally(() => (this.under = null))
    this.under = { ...wanted, started: performance.now(), first: null, done: 0, total: 0, listeners, work }
    this.ended = work.catch(() => undefined)
  }

  /** Drops the tables that rebuilds have left behind, replaced or given up. */
  private async sweep(pace: Pace): Promise<void> {
    for (const rebuild of await endedRebuilds(this.database.read)) {
      while (await this.database.write((tx) => dropShadow(tx, prefixOf(rebuild)))) await this.pause(pace)
      await this.database.write((tx) => deleteRebuild(tx, rebuild))
    }
  }

  private async rebuild({ projections, verify }: Wanted, pace: Pace): Promise<Rebuilt> {
    const started = performance.now()
    const tables = new Set(projections.flatMap((projection) => projection.tables))
    const versions = Object.fromEntries(projections.map(({ name, version }) => [name, version]))
    const row = await this.begin(versions, verify, tables)
    const shadows = new ShadowTables(prefixOf(row), tables)
    const set = this.projector.among(new Set(Object.keys(versions)))
    const replay = new Replay(this.log, set, positionOf(row), (tx) => shadows.over(tx))
    const comparison = verify ? new Comparison(shadows, tables) : null
    const step = async (tx: Tx): Promise<boolean> => {
      if (!(await replay.slice(tx, pace.sliceMs))) return false
      // Nobody else appends while this write lasts.
      if (comparison) return comparison.slice(tx, pace.sliceMs)
      await this.place(tx, row, shadows)
      return true
    }
    const shrinkCache = await this.database.write(growCache)
    try {
      while (!(await this.database.write(step))) {
        this.tell(replay.progress)
        await this.pause(pace)
      }
      this.tell(replay.progress)
    } finally {
      await this.database.write(shrinkCache)
    }
    if (verify) await this.database.write((tx) => endRebuild(tx, row))
    await this.sweep(pace)
    return {
      projections: Object.keys(versions),
      events: replay.events,
      seconds: (performance.now() - started) / 1000,
      differences: comparison?.differences ?? null,
    }
  }

  private tell({ done, total }: Progress): void {
    const { under } = this
    if (!under) return
    under.first ??= done
    Object.assign(under, { done, total })
    for (const listener of under.listeners) listener({ done, total })
  }

  /** Goes on with what was interrupted, if it was the same. */
  private async begin(projections: Versions, verify: boolean, tables: ReadonlySet<string>): Promise<RebuildRow> {
    const row = await readRebuild(this.database.read)
    if (row && row.verify === verify && JSON.stringify(row.projections) === JSON.stringify(projections)) return row
    return this.database.write(async (tx) => {
      const begun = await insertRebuild(tx, projections, verify)
      await new ShadowTables(prefixOf(begun), tables).create(tx)
      return begun
    })
  }

  private async place(tx: Tx, row: RebuildRow, shadows: ShadowTables): Promise<void> {
    const position = await readPosition(tx, positionOf(row))
    // Tables that are behind the log would be taken for the newest.
    if (this.projector.definitions.every(({ name }) => name in row.projections))
      await tx.run(
        `INSERT INTO projection_position (name, seq, skipped) SELECT '${INLINE}', seq, skipped FROM projection_position WHERE name = ?
         ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, skipped = excluded.skipped`,
        positionOf(row),
      )
    else if ((await readPosition(tx, INLINE)) !== position)
      throw new Error('the projections that are not rebuilt have not caught up with the log')
    await shadows.swap(tx)
    await writeVersions(tx, row.projections)
    await endRebuild(tx, row)
    this.changes.touch(tx, null)
  }

  private async pause({ pauseMs }: Pace): Promise<void> {
    if (this.stop.signal.aborted) throw new Error('the server stops; the rebuild goes on when it is asked for again')
    await delay(pauseMs)
  }
}

function namesOf(projections: readonly ProjectionDefinition[]): string {
  return projections.map(({ name }) => name).join(' ')
}

interface Wanted {
  projections: readonly ProjectionDefinition[]
  verify: boolean
}

interface UnderWay extends Wanted, Progress {
  started: number
  /** Events that were done when it went on. */
  first: number | null
  listeners: Set<(progress: Progress) => void>
  work: Promise<Rebuilt>
}
