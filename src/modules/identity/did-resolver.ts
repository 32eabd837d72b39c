import { Injectable } from '@nestjs/common'
import { isDid, isHandle } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { readDocument, type DidDocument } from './did-document.js'
import { FreshCache } from './fresh-cache.js'
import { OwnDocuments } from './own-documents.js'
import { isPlcDid } from './plc/operation.js'
import { PlcDirectory } from './plc/plc-directory.js'
import { FetchError, SafeFetch } from './safe-fetch.js'

const HOUR_MS = 60 * 60 * 1000
const FRESHNESS = { staleMs: HOUR_MS, maxMs: 24 * HOUR_MS, missingMs: 60_000 }
const WEB_TIMEOUT_MS = 5000

export interface ResolveOptions {
  fresh?: boolean
  notWithinMs?: number
}

/**
 * For who is asked to believe a signature by somebody he does not know: anyone can send as many bad ones as he likes, and
 * each is a reason to look for a new key.
 */
export const KEY_CHANGED: ResolveOptions = { fresh: true, notWithinMs: 10_000 }

/** DID documents, by the two methods that atproto knows (https://atproto.com/specs/did#blessed-did-methods). */
@Injectable()
export class DidResolver {
  private readonly cache: FreshCache<DidDocument>

  constructor(
    private readonly plc: PlcDirectory,
    private readonly fetch: SafeFetch,
    private readonly own: OwnDocuments,
    private readonly config: Config,
    clock: Clock,
  ) {
    this.cache = new FreshCache((did) => this.load(did), clock, FRESHNESS)
  }

  /**
   * The document of a DID; null for one that does not exist, is tombstoned, is of another method, or whose source
   * does not answer. What is known from elsewhere may be an hour old; `fresh` asks again, as is due when a
   * signature or a handle does not match; not within `notWithinMs` of the last time. Never throws for what others do.
   */
  async resolve(did: string, { fresh = false, notWithinMs = 0 }: ResolveOptions = {}): Promise<DidDocument | null> {
    const own = await this.own.find(did)
    if (own !== undefined) return own
    if (isPlcDid(did)) return this.plc.isEmbedded ? this.plc.document(did) : this.cache.get(did, fresh, notWithinMs)
    return webUrl(did, this.config.devMode) ? this.cache.get(did, fresh, notWithinMs) : null
  }

  /** Whether the document of a DID is one that this host serves out of its own database: it changes with its account. */
  async isOwn(did: string): Promise<boolean> {
    return (await this.own.find(did)) !== undefined
  }

  private async load(did: string): Promise<DidDocument | null> {
    if (isPlcDid(did)) return this.plc.document(did)
    const { status, body } = await this.fetch.fetch(webUrl(did, this.config.devMode)!, {
      headers: { accept: 'application/did+ld+json,application/json' },
      timeoutMs: WEB_TIMEOUT_MS,
    })
    if (status >= 500) throw new FetchError(`status ${status}`)
    return status === 200 ? readDocument(JSON.parse(body.toString()), did) : null
  }
}

/**
 * Where the document of a did:web is. Host names only, no paths; a port on localhost alone, in dev mode.
 * Null for every other DID (https://w3c-ccg.github.io/did-method-web/).
 */
export function webUrl(did: string, devMode: boolean): string | null {
  if (!isDid(did) || !did.startsWith('did:web:')) return null
  const host = did.slice('did:web:'.length)
  const local = devMode && /^localhost(?:%3[Aa](\d{1,5}))?$/.exec(host)
  if (local) return `http://localhost${local[1] ? `:${local[1]}` : ''}/.well-known/did.json`
  return isHandle(host) ? `https://${host}/.well-known/did.json` : null
}
