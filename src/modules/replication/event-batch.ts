import type { Database, Tx } from '../database/database.js'

/** How long one write of events may take the writer. */
const SLICE_MS = 16

interface Step {
  seq: number
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
  ) {}

  add(seq: number, write: (tx: Tx) => Promise<void>): void {
    this.steps.push({ seq, write })
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
        await this.move(tx, steps[done - 1]!.seq)
        return done
      })
      this.written = steps[next - 1]!.seq
    }
  }
}
