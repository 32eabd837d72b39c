import { Injectable } from '@nestjs/common'
import { isDid, isHandle, type Did, type Handle } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { handleOf, type DidDocument } from './did-document.js'
import { DnsTxt } from './dns-txt.js'
import { FreshCache } from './fresh-cache.js'
import { FetchError, SafeFetch } from './safe-fetch.js'
import { checkServiceHandle, hasDisallowedTld, isBareName, serviceDomainOf } from './service-handles.js'

const MINUTE_MS = 60 * 1000
const FRESHNESS = { staleMs: 10 * MINUTE_MS, maxMs: 24 * 60 * MINUTE_MS, missingMs: MINUTE_MS / 2 }
const WELL_KNOWN_TIMEOUT_MS = 5000
/** Sites send from one of their names to another. */
const MAX_REDIRECTS = 3
const MAX_WELL_KNOWN_BYTES = 4096

/** Which DID a handle stands for (https://atproto.com/specs/handle#handle-resolution), and which handles are ours to give. */
@Injectable()
export class HandleResolver {
  private readonly cache: FreshCache<Did>

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly dns: DnsTxt,
    private readonly fetch: SafeFetch,
    clock: Clock,
  ) {
    this.cache = new FreshCache((handle) => this.load(handle), clock, FRESHNESS)
  }

  /**
   * The DID of a handle in any case: that of a local account, else what DNS or the handle's own web server say. Null
   * when they say nothing, something else or two things, and for a local account that is taken down. What is known from elsewhere may be minutes old; `fresh`
   * asks again. Never throws for what others do.
   */
  async resolve(handle: string, { fresh = false }: { fresh?: boolean } = {}): Promise<Did | null> {
    if (!isHandle(handle)) return null
    const name = handle.toLowerCase()
    const local = await this.localDid(name)
    if (local) return (await this.isTakenDown(local)) ? null : local
    if (hasDisallowedTld(name) || this.couldBeOurs(name)) return null
    const did = this.isServiceHandle(name) ? null : await this.cache.get(name, fresh)
    return did ?? (this.config.devMode && !fresh ? this.mirroredDid(name) : null)
  }

  /** The DID of the local account with this handle, in lower case, also of one that is taken down; null without one. */
  async localDid(handle: string): Promise<Did | null> {
    const row = await this.database.read.get<{ did: Did }>('SELECT did FROM account WHERE handle = ?', handle)
    return row?.did ?? null
  }

  /** As {@link localDid}, null for an account that is taken down. */
  async shownDid(handle: string): Promise<Did | null> {
    const did = await this.localDid(handle)
    return did && (await this.isTakenDown(did)) ? null : did
  }

  private async isTakenDown(did: Did): Promise<boolean> {
    return (await this.database.read.get('SELECT 1 FROM takedown WHERE subject = ?', did)) !== undefined
  }

  /** On a network of one machine nobody outside knows a handle; a mirrored account had this one when it was last looked at. */
  private async mirroredDid(handle: string): Promise<Did | null> {
    const row = await this.database.read.get<{ did: Did }>('SELECT did FROM mirror WHERE handle = ?', handle)
    return row?.did ?? null
  }

  /** The handle that a DID document claims, if it points back to the DID; null otherwise. */
  async verifiedHandle(document: DidDocument, options?: { fresh?: boolean }): Promise<Handle | null> {
    const handle = handleOf(document)
    return handle && (await this.resolve(handle, options)) === document.id ? handle : null
  }

  /** A name right under a domain of this server is nobody else's; `bob.other.test` under `.test` is one of a server beside it. */
  private couldBeOurs(name: string): boolean {
    const domain = serviceDomainOf(name, this.config.handleDomains)
    return domain !== null && !name.slice(0, -domain.length).includes('.')
  }

  /** True under the domains whose handles only this server gives out. */
  isServiceHandle(handle: string): boolean {
    return serviceDomainOf(handle.toLowerCase(), this.config.handleDomains) !== null
  }

  /** True for a name that only the operator gives out: the server's host name, and its domains themselves. */
  isBareName(handle: string): boolean {
    return isBareName(handle.toLowerCase(), this.config)
  }

  /** As {@link checkServiceHandle}, for this server's names. */
  checkServiceHandle(handle: string, { byOperator = false }: { byOperator?: boolean } = {}): Handle {
    return checkServiceHandle(handle, this.config, byOperator)
  }

  private async load(handle: string): Promise<Did | null> {
    const texts = await this.dns.lookup(`_atproto.${handle}`)
    const claims = texts?.filter((text) => text.startsWith('did=')) ?? []
    if (claims.length > 0) {
      const dids = new Set(claims.map((text) => text.slice('did='.length).trim()))
      const [did] = dids
      return dids.size === 1 && isDid(did) ? did : null
    }
    const { status, body } = await this.fetch.fetch(`https://${handle}/.well-known/atproto-did`, {
      headers: { accept: 'text/plain' },
      maxBytes: MAX_WELL_KNOWN_BYTES,
      timeoutMs: WELL_KNOWN_TIMEOUT_MS,
      redirects: MAX_REDIRECTS,
    })
    if (status >= 500) throw new FetchError(`status ${status}`)
    const did = body.toString().split('\n', 1)[0]!.trim()
    if (status === 200 && isDid(did)) return did
    if (texts === null) throw new FetchError('no server of the domain name system answers')
    return null
  }
}
