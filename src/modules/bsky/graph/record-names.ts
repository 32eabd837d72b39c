import { Injectable } from '@nestjs/common'
import { type Did, splitAtUri } from '../../../repo-engine/index.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Actors } from '../hydrate/actors.js'

/** What clients name by handle, in the one form in which it is stored: DIDs, and at-uris of DIDs. */
@Injectable()
export class RecordNames {
  constructor(private readonly actors: Actors) {}

  /** The DID of an actor. @throws XrpcError 400 InvalidRequest for a handle that nobody has. */
  async didOf(actor: string): Promise<Did> {
    const did = await this.actors.didOf(actor)
    if (did === null) throw invalidRequest('Profile not found')
    return did
  }

  /** The at-uri with the DID for its authority; null for a handle that nobody has. */
  async uriOf(uri: string): Promise<string | null> {
    const { authority } = splitAtUri(uri)
    const did = await this.actors.didOf(authority)
    return did && uri.replace(authority, did)
  }
}
