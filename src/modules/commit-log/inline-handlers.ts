import type { Tx } from '../database/database.js'
import type { AppendedRow } from './commit-log.js'

/**
 * What must be true of every event in the transaction that appends it. The log runs these without knowing them:
 * the projections provide the class; where nobody does, the log stands alone.
 */
export abstract class InlineHandlers {
  /** Called in seq order, inside the append's own write. An error undoes the write. */
  abstract handle(events: readonly AppendedRow[], tx: Tx): Promise<void>

  /**
   * Removes up to about `limit` rows that the records of an account have left, once its deletion has been handled.
   * True while there may be more of them.
   */
  abstract erase(did: string, tx: Tx, limit: number): Promise<boolean>

  /** Whether a replay needs the records of a collection that are superseded, too: compaction leaves them in the log. */
  abstract keepsHistory(collection: string): boolean
}
