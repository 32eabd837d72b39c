import type { BlobRef, Did, RecordBlock, TreeOp } from '../../repo-engine/index.js'
import type { Tx } from '../database/database.js'
import type { HeadRef } from './repo-row.js'

/** The blobs that some records refer to, by path. A record without any has no entry. */
export type BlobsByPath = ReadonlyMap<string, readonly BlobRef[]>

/**
 * Which blobs the records of hosted repositories refer to. A repository is stored without knowing what a blob is: the room
 * of blobs provides the class; where nobody does, any reference is taken as it is.
 */
export abstract class RecordBlobs {
  /**
   * Says early, before a commit is formatted, what {@link follow} would say.
   * @throws XrpcError 400 BlobNotFound, InvalidMimeType, InvalidSize
   */
  abstract check(did: Did, refs: readonly BlobRef[]): Promise<void>

  /** Keeps the references true in the write of a commit. `refs` are those of the records that it writes. @throws as {@link check} */
  abstract follow(tx: Tx, repo: HeadRef, ops: readonly TreeOp[], refs: BlobsByPath): Promise<void>

  /** Writes down the references of records that are staged for an import: also to blobs that are not here yet. */
  abstract stage(tx: Tx, tree: number, records: readonly Pick<RecordBlock, 'path' | 'bytes'>[]): Promise<void>

  /** Has all blobs of an account looked at again, because another tree takes the place of the one that refers to them. */
  abstract doubt(did: Did): Promise<void>

  /**
   * Writes down what all records of a repository refer to that was kept here for others, for whom nobody counted, and is about
   * to be hosted. To be called in the same turn.
   */
  abstract readAll(did: Did): Promise<void>

  /** Deletes some of what a deleted account has uploaded; true while there may be more. */
  abstract erase(tx: Tx, did: Did, limit: number): Promise<boolean>
}
