/**
 * What can be wrong with repository data. One class with a stable `code`, because callers (XRPC edge,
 * CLI, replication) translate by code and never by message.
 */
export type RepoErrorCode =
  | 'InvalidSyntax' // a DID, handle, NSID, record key, TID, AT URI, datetime … that does not parse
  | 'InvalidCid'
  | 'InvalidCbor' // not strict DAG-CBOR
  | 'InvalidData' // JSON or values outside the atproto data model
  | 'InvalidCar'
  | 'InvalidMst' // a tree that breaks the structure the MST specification demands
  | 'InvalidCommit'
  | 'InvalidSignature'
  | 'InvalidKey'
  | 'LimitExceeded' // bounded work (bytes, depth, visits, count) ran out
  | 'MissingBlock'
  | 'KeyNotFound' // delete or update of a key that the tree does not hold
  | 'KeyExists' // create of a key that the tree already holds

/** Thrown by every function of the engine when data from outside is at fault. */
export class RepoError extends Error {
  constructor(
    readonly code: RepoErrorCode,
    message: string,
  ) {
    super(message)
    this.name = 'RepoError'
  }
}
