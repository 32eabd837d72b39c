import type { Did } from '../../repo-engine/index.js'
import type { Database, Tx } from '../database/database.js'

/** How long one write of events may take the writer. */
const SLICE_MS = 16

/** What an event has brought, to be counted. */
export interface Brought {
  did: Did
  bytes: number
}

interface Step {
  seq: number
  brought: Brought | undefined
  write: (tx: Tx) => Promise<void>
}

/**
 * What comes of events that have been judged, on its way into the database: a few milliseconds of it in each write, and in
 * the same write the position, so that after a crash nothing is lost and nothing is done twice.
 */
export class EventBatch {
  private steps: Step[] = []
  /** The number of the last event that is written. */
  written = -1

  constructor(
    private readonly database: Database,
    private readonly move: (tx: Tx, seq: number) => Promise<void>,
    private readonly count: (tx: Tx, brought: Brought) => Promise<void>,
  ) {}

  add(seq: number, write: (tx: Tx) => Promise<void>, brought?: Brought): void {
    this.steps.push({ seq, write, brought })
  }

  /** Writes everything. What was not written when this throws is dropped. */
  async flush(): Promise<void> {
    const { steps } = this
    this.steps = []
    for (let next = 0; next < steps.length;) {
      next = await this.database.write(async (tx) => {
        const until = performance.now() + SLICE_MS
        let done = next
        do await steps[done]!.write(tx)
        while (++done < steps.length && performance.now() < until)
        for (const each of sums(steps.slice(next, done))) await this.count(tx, each)
        await this.move(tx, steps[done - 1]!.seq)
        return done
      })
      this.written = steps[next - 1]!.seq
    }
  }
}

/** What each account has brought in some steps. */
function sums(steps: readonly Step[]): Brought[] {
  const bytes = new Map<Did, number>()
  for (const { brought } of steps) if (brought) bytes.set(brought.did, (bytes.get(brought.did) ?? 0) + brought.bytes)
  return [...bytes].map(([did, sum]) => ({ did, bytes: sum }))
}
