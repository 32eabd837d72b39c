import type { CommitLog } from '../../modules/commit-log/commit-log.js'
import type { Tx } from '../../modules/database/database.js'
import type { ShadowWrite } from '../../modules/database/shadow-tables.js'
import { movePosition, takePosition } from '../position.js'
import type { ProjectionSet, Told } from '../projection-set.js'

/** Events that are read at once; frames are up to 2 MB each. */
const PAGE = 32

/** How far along the log a replay is, in events. */
export interface Progress {
  done: number
  total: number
}

/** Tells the log again to some projections, a slice at a time. The position moves in the transaction that applies. */
export class Replay {
  readonly progress: Progress = { done: 0, total: 0 }
  /** Events that it has told. */
  events = 0

  /** `over`: the tables that it writes to, instead of those that are read from. */
  constructor(
    private readonly log: CommitLog,
    private readonly projections: ProjectionSet,
    private readonly position: string,
    private readonly over: (tx: Tx) => Omit<ShadowWrite, 'finish'> & Partial<ShadowWrite> = (tx) => ({ tx }),
  ) {}

  /**
   * Tells events for about `ms`, one at least. True when there are no more: these tables now say what the log says, for as
   * long as the write lasts. @throws Error naming the event that could not be applied
   */
  async slice(tx: Tx, ms: number): Promise<boolean> {
    const until = performance.now() + ms
    const from = await takePosition(tx, this.position)
    const told: Told = { skipped: 0, touched: null }
    const target = this.over(tx)
    let seq = from
    let more: boolean
    do {
      const events = await this.log.read(seq, PAGE, tx)
      more = events.length === PAGE
      for (const event of events) {
        try {
          await this.projections.tell(event, target.tx, told)
        } catch (error) {
          throw new Error(`event ${event.seq} (${event.kind} of ${event.did}): ${(error as Error).message}`, {
            cause: error,
          })
        }
        seq = event.seq
        this.events++
        if (performance.now() < until) continue
        more ||= event !== events.at(-1)
        break
      }
    } while (more && performance.now() < until)
    await target.finish?.()
    if (seq > from) await movePosition(tx, this.position, seq, told.skipped)
    await this.measure(tx, seq)
    return !more
  }

  private async measure(tx: Tx, seq: number): Promise<void> {
    const { first, last } = (await tx.get<{ first: number | null; last: number | null }>(
      'SELECT (SELECT min(seq) FROM commit_log) AS first, (SELECT max(seq) FROM commit_log) AS last',
    ))!
    if (first === null || last === null) return
    this.progress.done = Math.max(seq - first + 1, 0)
    this.progress.total = last - first + 1
  }
}
