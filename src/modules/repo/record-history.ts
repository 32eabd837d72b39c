import type { Cid } from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'
import { ownCopy } from './fold-log.js'
import { slices } from './in-slices.js'
import { type Change, logSteps, type StepEvent } from './log-steps.js'

/** A record as it was from an event on. */
export interface RecordVersion extends StepEvent {
  /** An import that brings a record makes it or changes it; one that does not, deletes it. */
  action: 'create' | 'update' | 'delete'
  /** Null after a deletion. */
  cid: Cid | null
  /** Null after a deletion, and for what was dropped by compaction. */
  bytes: Uint8Array | null
}

export interface RecordHistory {
  /** Newest first. */
  versions: RecordVersion[]
  /** The one right before the oldest of these, where there are more. */
  before: RecordVersion | null
  /** How many there are in the log. */
  total: number
}

/**
 * What the log knows of a record, the newest `limit` versions of it. An event that leaves it as it was makes none.
 * @throws Error for an event that cannot be read
 */
export async function recordHistory(
  reader: Reader,
  did: string,
  path: string,
  limit: number,
  onEvent?: (events: number) => void,
): Promise<RecordHistory> {
  const history = new Versions(limit + 1)
  const rest = slices()
  for await (const { event, begins, changes } of logSteps(reader, did, { path, onEvent })) {
    if (begins) history.begin(event)
    for (const change of changes) history.add(event, change)
    await rest()
  }
  return history.end(limit)
}

/** Versions as they come, of which the newest are kept. */
class Versions {
  private readonly kept: RecordVersion[] = []
  private total = 0
  /** An import of which no piece has had the record yet. */
  private without: StepEvent | null = null

  constructor(private readonly most: number) {}

  begin(event: StepEvent): void {
    this.settle()
    this.without = event
  }

  add(event: StepEvent, { cid, bytes }: Change): void {
    if (event.seq !== this.without?.seq) this.settle()
    this.without = null
    const last = this.kept.at(-1)
    const own = bytes && Uint8Array.prototype.slice.call(bytes)
    if (cid && last?.cid?.equals(cid)) {
      // The same once more, which may still be kept where the earlier one is not.
      last.bytes ??= own
      return
    }
    const action = cid === null ? 'delete' : last?.cid ? 'update' : 'create'
    this.push({ ...event, action, cid: cid && ownCopy(cid), bytes: own })
  }

  end(limit: number): RecordHistory {
    this.settle()
    const newestFirst = this.kept.toReversed()
    return { versions: newestFirst.slice(0, limit), before: newestFirst[limit] ?? null, total: this.total }
  }

  /** What an import does not bring is gone with it. */
  private settle(): void {
    if (this.without && this.kept.at(-1)?.cid) this.push({ ...this.without, action: 'delete', cid: null, bytes: null })
    this.without = null
  }

  private push(version: RecordVersion): void {
    this.kept.push(version)
    this.total++
    if (this.kept.length > this.most) this.kept.shift()
  }
}
