import { Injectable } from '@nestjs/common'
import { isDid, type Did } from '../../repo-engine/index.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import type { DidDocument } from './did-document.js'
import { DidResolver } from './did-resolver.js'
import { HandleResolver } from './handle-resolver.js'
import { isPlcDid } from './plc/operation.js'
import { PlcDirectory } from './plc/plc-directory.js'

/** What stands for the handle of a DID whose claimed one does not point back. */
const INVALID_HANDLE = 'handle.invalid'

/** Somebody, from both sides: com.atproto.identity.defs#identityInfo. */
export interface Identity {
  did: string
  /** `handle.invalid` where the one that the document claims does not point back. */
  handle: string
  didDoc: DidDocument
}

/** Whoever is meant by a handle or a DID, for those who want an answer or an official error. `fresh` asks the sources anew. */
@Injectable()
export class Identities {
  constructor(
    private readonly handles: HandleResolver,
    private readonly dids: DidResolver,
    private readonly plc: PlcDirectory,
  ) {}

  /** @throws XrpcError 400 HandleNotFound, DidNotFound, DidDeactivated. */
  async find(identifier: string, fresh = false): Promise<Identity> {
    const did = isDid(identifier) ? identifier : await this.didOf(identifier, fresh)
    const didDoc = await this.documentOf(did, fresh)
    return { did, handle: (await this.handles.verifiedHandle(didDoc, { fresh })) ?? INVALID_HANDLE, didDoc }
  }

  /** @throws XrpcError 400 HandleNotFound. */
  async didOf(handle: string, fresh = false): Promise<Did> {
    const did = await this.handles.resolve(handle, { fresh })
    if (!did) throw invalidRequest('Unable to resolve handle', 'HandleNotFound')
    return did
  }

  /** @throws XrpcError 400 DidNotFound, DidDeactivated. */
  async documentOf(did: string, fresh = false): Promise<DidDocument> {
    const document = await this.dids.resolve(did, { fresh })
    if (document) return document
    const last = isPlcDid(did) ? await this.plc.lastOperation(did) : null
    if (last?.type === 'plc_tombstone') throw invalidRequest('DID is tombstoned', 'DidDeactivated')
    throw invalidRequest('Unable to resolve DID', 'DidNotFound')
  }
}
