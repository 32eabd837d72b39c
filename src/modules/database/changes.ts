import { Injectable } from '@nestjs/common'
import type { Tx } from './database.js'

/** What a committed write has changed the answers about: DIDs and at-uris; null when it may be anything. */
export type Touched = ReadonlySet<string> | null

/**
 * Tells whoever keeps answers in memory which of them a write has made untrue. Told right after COMMIT, before any
 * reader can see the new state through these copies, and before the writer is answered.
 */
@Injectable()
export class Changes {
  private readonly listeners: ((touched: Touched) => void)[] = []

  /** `forget` is called for every committed write that touches something. It must not throw. */
  subscribe(forget: (touched: Touched) => void): void {
    this.listeners.push(forget)
  }

  /** Says, inside a write, what it changes. */
  touch(tx: Tx, touched: Touched): void {
    if (touched?.size === 0) return
    tx.afterCommit(() => {
      for (const forget of this.listeners) forget(touched)
    })
  }
}
