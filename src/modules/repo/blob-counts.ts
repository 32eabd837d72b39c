import type { Did } from '../../repo-engine/index.js'

/** How many blobs an account has. Whoever keeps blobs provides it; where nobody does, there are none. */
export abstract class BlobCounts {
  /** Blobs that the records of the account refer to, and those of them that are here. */
  abstract counts(did: Did): Promise<{ expected: number; imported: number }>
}
