import type { Cid } from '../../repo-engine/index.js'

/**
 * One at a time for each blob: who gives bytes their name and writes the row that says so, and who finds that no row speaks of
 * them and deletes them. There is one process a data directory, so this is all that it takes.
 */
export class BlobLocks {
  private readonly last = new Map<string, Promise<unknown>>()

  /** Runs `fn` when those before it on the same blob have ended. */
  async alone<T>(cid: Cid, fn: () => Promise<T>): Promise<T> {
    const key = cid.toString()
    const mine = (this.last.get(key) ?? Promise.resolve()).then(fn)
    const settled = mine.catch(() => undefined)
    this.last.set(key, settled)
    try {
      return await mine
    } finally {
      if (this.last.get(key) === settled) this.last.delete(key)
    }
  }
}
