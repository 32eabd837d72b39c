/** How a database is copied as it lies on the disk while it is written to: its file at leisure, then what was committed since. */

/** What some commits have written, in their order. */
export interface PageBatch {
  pageSize: number
  /**
   * Records of 8 bytes and a page: the page's number, and how many pages the database has after a commit, or 0 where the
   * commit goes on (both 32 bits, most significant byte first). The last record ends a commit.
   */
  pages: Buffer
  /** Where commits end, counted in records, and when that was noticed (milliseconds since the epoch). Ascending. */
  commits: { end: number; time: number }[]
}

/**
 * Somebody who copies the database. The file as {@link PageFollower.readFile} gives it, with all that {@link PageFollower.take}
 * gives laid over it up to a commit, is the database as that commit left it, from `fileNeeds` on.
 */
export interface PageFollower {
  readonly pageSize: number
  /** Bytes of the file. It stays as it is until {@link releaseFile}. */
  readonly fileBytes: number
  /** Reads of the file, which others write to as soon as it is released. */
  readFile(at: number, length: number): Promise<Buffer>
  /** The file may change from now on. */
  releaseFile(): void
  /** What has been committed since the last call, about `maxBytes` of it; null when there is nothing. @throws PagesLost */
  take(maxBytes: number): PageBatch | null
  /** No longer follows, and has nothing to give any more: who takes all the same is told so. Again: nothing. */
  end(): void
}

/** Something was committed that the follower has not been given and never will be: it has to begin anew. */
export class PagesLost extends Error {}
