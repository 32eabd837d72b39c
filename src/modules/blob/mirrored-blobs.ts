import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import type { Cid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { upTo } from '../config/up-to.js'
import type { Repo } from '../repo/repo-row.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { BlobCache } from './blob-cache.js'
import { BlobFetch } from './blob-fetch.js'
import { BlobReferences } from './blob-references.js'
import { blobNotFound, type OpenBlob } from './open-blob.js'

/** How long it counts that a blob could not be had. */
const REFUSED_MS = 60_000
const MAX_REFUSED = 10_000

/**
 * The blobs of repositories whose accounts live on other servers: fetched when somebody asks, and kept in the cache. Only
 * those that a record of the repository refers to, or anybody could make this server fetch anything.
 */
@Injectable()
export class MirroredBlobs implements OnModuleDestroy {
  private readonly refused = new LRUCache<string, { error: XrpcError; until: number }>(upTo(MAX_REFUSED))
  /** One search and fetch of a blob at a time: who asks meanwhile waits for the same. */
  private readonly underWay = new Map<string, Promise<void>>()
  private readonly stop = new AbortController()

  constructor(
    private readonly references: BlobReferences,
    private readonly fetcher: BlobFetch,
    private readonly cache: BlobCache,
    private readonly clock: Clock,
  ) {}

  /** Gives up what is being fetched. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort()
    await Promise.allSettled(this.underWay.values())
  }

  /**
   * A blob for reading. What could not be had is not asked for again within a minute.
   * @throws XrpcError 400 BlobNotFound, 502 UpstreamFailure, 503 NotEnoughResources.
   */
  async open(repo: Repo, cid: Cid): Promise<OpenBlob> {
    if (this.cache.largest === 0) throw blobNotFound(cid, 'Blobs of other servers are not fetched here')
    const key = `${repo.did}/${cid.toString()}`
    const refused = this.refused.get(key)
    if (refused && this.clock.now() < refused.until) throw refused.error
    // One that others have crowded out before it was opened is fetched again, once.
    for (let tries = 0; tries < 2; tries++) {
      await this.obtain(key, repo, cid)
      const blob = await this.cache.open(cid)
      if (blob) return blob
    }
    throw new XrpcError(503, 'NotEnoughResources', 'the cache of blobs is too small for what is asked for')
  }

  private obtain(key: string, repo: Repo, cid: Cid): Promise<void> {
    const known = this.underWay.get(key)
    if (known) return known
    const started = this.obtainOnce(repo, cid)
      .catch((error: unknown) => {
        // That there is no room now says nothing of the blob.
        if (error instanceof XrpcError && error.status !== 503)
          this.refused.set(key, { error, until: this.clock.now() + REFUSED_MS })
        throw error
      })
      .finally(() => this.underWay.delete(key))
    this.underWay.set(key, started)
    return started
  }

  private async obtainOnce(repo: Repo, cid: Cid): Promise<void> {
    if (!(await this.references.has(repo, cid, this.stop.signal))) throw blobNotFound(cid)
    if (!(await this.cache.has(cid))) await this.fetcher.fetchBlob(repo.did, cid, this.stop.signal)
  }
}
