import type { DidDocument } from '../did-document.js'
import type { IndexedOperation } from './log.js'
import type { PlcData, PlcOperation } from './operation.js'

/** A did:plc directory: the one inside this server, or one outside (https://web.plc.directory/api/redoc). */
export abstract class PlcDirectory {
  /** True when it answers out of this server's own database, at once and always up to date. */
  abstract readonly isEmbedded: boolean

  /**
   * Registers an operation. One that already is the newest is taken again without a change, so that a caller who
   * never saw the answer may repeat itself. @throws PlcError when it is refused, XrpcError 502 when nobody answers.
   */
  abstract submit(did: string, op: PlcOperation): Promise<void>

  /** Present data; null for a DID that is unknown or tombstoned. */
  abstract data(did: string): Promise<PlcData | null>

  /** Present document; null for a DID that is unknown or tombstoned. */
  abstract document(did: string): Promise<DidDocument | null>

  /** Newest operation that stands; null for an unknown DID. */
  abstract lastOperation(did: string): Promise<PlcOperation | null>

  /** The operations that stand, oldest first; empty for an unknown DID. */
  abstract log(did: string): Promise<PlcOperation[]>

  /** All operations, nullified ones too, oldest first; empty for an unknown DID. */
  abstract audit(did: string): Promise<IndexedOperation[]>
}
