import { Controller } from '@nestjs/common'
import type { ParamsOf } from '../lexicon/lexicons.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import type { DidDocument } from './did-document.js'
import { Identities, type Identity } from './identities.js'

/** Who is who: the part of com.atproto.identity that anybody may ask. */
@Controller()
export class IdentityController {
  constructor(private readonly identities: Identities) {}

  @XrpcQuery('com.atproto.identity.resolveHandle')
  async resolveHandle(@Params() { handle }: ParamsOf<'com.atproto.identity.resolveHandle'>): Promise<{ did: string }> {
    return { did: await this.identities.didOf(handle) }
  }

  @XrpcQuery('com.atproto.identity.resolveDid')
  async resolveDid(@Params() { did }: ParamsOf<'com.atproto.identity.resolveDid'>): Promise<{ didDoc: DidDocument }> {
    return { didDoc: await this.identities.documentOf(did) }
  }

  @XrpcQuery('com.atproto.identity.resolveIdentity')
  resolveIdentity(@Params() { identifier }: ParamsOf<'com.atproto.identity.resolveIdentity'>): Promise<Identity> {
    return this.identities.find(identifier)
  }
}
