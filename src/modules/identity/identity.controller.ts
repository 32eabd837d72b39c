import { Controller } from '@nestjs/common'
import { isDid, type Did } from '../../repo-engine/index.js'
import type { ParamsOf } from '../lexicon/lexicons.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import type { DidDocument } from './did-document.js'
import { DidResolver } from './did-resolver.js'
import { HandleResolver } from './handle-resolver.js'
import { isPlcDid } from './plc/operation.js'
import { PlcDirectory } from './plc/plc-directory.js'

/** What stands for the handle of a DID whose claimed one does not point back. */
const INVALID_HANDLE = 'handle.invalid'

@Controller()
export class IdentityController {
  constructor(
    private readonly handles: HandleResolver,
    private readonly dids: DidResolver,
    private readonly plc: PlcDirectory,
  ) {}

  @XrpcQuery('com.atproto.identity.resolveHandle')
  async resolveHandle(@Params() { handle }: ParamsOf<'com.atproto.identity.resolveHandle'>): Promise<{ did: string }> {
    return { did: await this.didOf(handle) }
  }

  @XrpcQuery('com.atproto.identity.resolveDid')
  async resolveDid(@Params() { did }: ParamsOf<'com.atproto.identity.resolveDid'>): Promise<{ didDoc: DidDocument }> {
    return { didDoc: await this.documentOf(did) }
  }

  @XrpcQuery('com.atproto.identity.resolveIdentity')
  async resolveIdentity(
    @Params() { identifier }: ParamsOf<'com.atproto.identity.resolveIdentity'>,
  ): Promise<{ did: string; handle: string; didDoc: DidDocument }> {
    const did = isDid(identifier) ? identifier : await this.didOf(identifier)
    const didDoc = await this.documentOf(did)
    return { did, handle: (await this.handles.verifiedHandle(didDoc)) ?? INVALID_HANDLE, didDoc }
  }

  private async didOf(handle: string): Promise<Did> {
    const did = await this.handles.resolve(handle)
    if (!did) throw invalidRequest('Unable to resolve handle', 'HandleNotFound')
    return did
  }

  private async documentOf(did: string): Promise<DidDocument> {
    const document = await this.dids.resolve(did)
    if (document) return document
    const last = isPlcDid(did) ? await this.plc.lastOperation(did) : null
    if (last?.type === 'plc_tombstone') throw invalidRequest('DID is tombstoned', 'DidDeactivated')
    throw invalidRequest('Unable to resolve DID', 'DidNotFound')
  }
}
