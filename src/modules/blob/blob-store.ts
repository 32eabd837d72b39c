import type { Cid } from '../../repo-engine/index.js'
import type { OpenBytes } from './open-blob.js'

/** A blob as it lies in a store. */
export interface StoredBlob {
  cid: Cid
  size: number
  /** Milliseconds since the epoch. */
  storedAt: number
}

/**
 * Where the bytes of uploaded blobs are, named by their CID alone and so shared by all accounts. Bytes come in under a
 * temporary name, because their CID is known only at their end; what is there under a CID is whole and durable.
 */
export abstract class BlobStore {
  /** Called with every blob that has got its name, before anybody is told of it. */
  onPermanent: (cid: Cid) => void = () => undefined

  /**
   * Takes bytes in as they come, and gives their temporary name. Nothing of them is left when `source` or the store throws.
   * Pieces are the store's from then on: nobody else looks at them again.
   */
  abstract putTemp(source: AsyncIterable<Uint8Array>): Promise<string>

  /** Gives bytes their name for good; others of the same name may be there already. Durable when it resolves. */
  abstract makePermanent(temp: string, cid: Cid): Promise<void>

  /** Deletes bytes that have a temporary name, if they are there. */
  abstract dropTemp(temp: string): Promise<void>

  /** A blob of that size for reading; null where it is found right away that it is not there. */
  abstract open(cid: Cid, size: number): Promise<OpenBytes | null>

  /** How a blob lies there; null when it does not. */
  abstract stat(cid: Cid): Promise<StoredBlob | null>

  /** Deletes a blob, if it is there. */
  abstract delete(cid: Cid): Promise<void>

  /** All blobs, in any order. Those that come or go meanwhile may be among them or not. */
  abstract list(): AsyncIterable<StoredBlob>

  /** Deletes what was left half received so long ago that nobody goes on with it. */
  abstract sweepTemps(): Promise<void>
}
