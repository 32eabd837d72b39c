import { Injectable } from '@nestjs/common'
import { type DecodedCommit, type Did, type Handle, RepoError, verifyCommit } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { type DidDocument, handleOf, pdsEndpointOf, signingKeyOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { HandleResolver } from '../identity/handle-resolver.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { assertNotAhead } from '../repo/rev-ahead.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

const TIMEOUT_MS = 5_000
const RESOLVE_HANDLE = '/xrpc/com.atproto.identity.resolveHandle'

/** Who an account of another server is, as its DID document says. */
export interface ForeignIdentity {
  did: Did
  /** did:key of what signs its commits. */
  didKey: string
  /** Origin of the server it lives on; null without one. */
  pds: string | null
}

/** The identities of accounts that live elsewhere. Documents come from the resolver's cache, which is an hour old at most. */
@Injectable()
export class ForeignIdentities {
  constructor(
    private readonly dids: DidResolver,
    private readonly handles: HandleResolver,
    private readonly fetch: SafeFetch,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Null for a DID that has no document, or none with a signing key; `fresh` asks its source, as is due when a signature
   * does not match. Never throws for what others do.
   */
  async find(did: Did, fresh = false): Promise<ForeignIdentity | null> {
    const document = await this.dids.resolve(did, { fresh })
    const didKey = document && signingKeyOf(document)
    if (!didKey) return null
    const endpoint = pdsEndpointOf(document)
    return { did, didKey, pds: endpoint && URL.parse(endpoint)!.origin }
  }

  /**
   * Whether a commit is by the DID that it names. One that does not match the key that is known is looked at again with the
   * key of now. @throws XrpcError 400 UnresolvableDid; RepoError InvalidSignature, InvalidCommit for a rev of the future.
   */
  async assertSigned(commit: DecodedCommit): Promise<void> {
    if (commit.rev !== null) assertNotAhead(commit.rev, this.clock.now())
    for (const fresh of [false, true]) {
      const identity = await this.find(commit.did, fresh)
      if (identity && verifyCommit(commit, identity.didKey)) return
      if (!identity && fresh) throw invalidRequest(`Unable to resolve DID: ${commit.did}`, 'UnresolvableDid')
    }
    throw new RepoError('InvalidSignature', `the commit is not signed by the key in the document of ${commit.did}`)
  }

  /**
   * The handle that the account has by its document and by the handle itself, asked afresh; null without one, undefined
   * where the document is not to be had.
   */
  async handleOf(did: Did): Promise<Handle | null | undefined> {
    const document = await this.dids.resolve(did, { fresh: true })
    if (!document) return undefined
    const handle = await this.handles.verifiedHandle(document, { fresh: true })
    return handle ?? (this.config.devMode ? this.handleOnHost(document) : null)
  }

  /** On a network of one machine neither DNS nor a web server stands behind a handle: the account's own host is asked. */
  private async handleOnHost(document: DidDocument): Promise<Handle | null> {
    const handle = handleOf(document)
    const pds = pdsEndpointOf(document)
    // Whose the names of accounts here are is known here.
    if (!handle || !pds || (await this.handles.localDid(handle)) !== null) return null
    try {
      const url = `${pds}${RESOLVE_HANDLE}?handle=${encodeURIComponent(handle)}`
      const { status, body } = await this.fetch.fetch(url, { timeoutMs: TIMEOUT_MS })
      return status === 200 && (JSON.parse(body.toString()) as { did?: unknown }).did === document.id ? handle : null
    } catch {
      return null
    }
  }
}
