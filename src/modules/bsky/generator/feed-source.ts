import type { IncomingHttpHeaders } from 'node:http'
import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import type { Did } from '../../../repo-engine/index.js'
import { serviceEndpointOf } from '../../identity/did-document.js'
import { DidResolver } from '../../identity/did-resolver.js'
import { Lexicons } from '../../lexicon/lexicons.js'
import type { AppBskyFeedGetFeedParams, AppBskyFeedGetFeedSkeletonOutput } from '../../lexicon/types.js'
import { ServiceCalls } from '../../proxy/service-calls.js'
import type { Service } from '../../proxy/service.js'
import { UPSTREAM_FAILURE } from '../../proxy/upstream-error.js'
import { invalidRequest, XrpcError } from '../../xrpc/xrpc-error.js'

export interface FetchedSkeleton extends AppBskyFeedGetFeedSkeletonOutput {
  /** Headers of the answer that are meant for clients. */
  headers: Record<string, string>
}

/** Whether a generator answers, and whether it makes the feed that a record says it does. */
export interface GeneratorState {
  isOnline: boolean
  isValid: boolean
}

const SKELETON = 'app.bsky.feed.getFeedSkeleton'
const DESCRIPTION = 'app.bsky.feed.describeFeedGenerator'
/** 100 lines, with the longest context each and some room. */
const MAX_SKELETON_BYTES = 1024 * 1024
const MAX_STATES = 1_000
const STATE_MS = 60_000
const OFFLINE: GeneratorState = { isOnline: false, isValid: false }

/** Asks the services that make feeds, each found by the DID that a generator's record names. */
@Injectable()
export class FeedSource {
  private readonly states = new LRUCache<string, Promise<GeneratorState>>({ max: MAX_STATES, ttl: STATE_MS })

  constructor(
    private readonly dids: DidResolver,
    private readonly calls: ServiceCalls,
    private readonly lexicons: Lexicons,
  ) {}

  /**
   * A page of a feed's skeleton, made for the viewer.
   * @throws XrpcError 400 InvalidRequest where the service is not to be found; its own error; 502 UpstreamFailure,
   * InvalidFeedResponse.
   */
  async skeleton(
    feedDid: string,
    viewer: Did | null,
    { feed, limit, cursor }: AppBskyFeedGetFeedParams,
    headers: IncomingHttpHeaders,
  ): Promise<FetchedSkeleton> {
    const service = await this.service(feedDid)
    const query = new URLSearchParams({ feed, limit: String(limit), ...(cursor !== undefined && { cursor }) })
    const call = { nsid: SKELETON, query, headers, maxBytes: MAX_SKELETON_BYTES }
    const answer = await this.calls.call(service, viewer, call)
    return { ...this.checked(answer.body), headers: answer.headers }
  }

  /** The state of a feed's generator, as of a minute ago at most. Never throws for what others do. */
  state(feedDid: string, feed: string): Promise<GeneratorState> {
    const key = `${feedDid} ${feed}`
    let state = this.states.get(key)
    if (!state) this.states.set(key, (state = this.probe(feedDid, feed).catch(() => OFFLINE)))
    return state
  }

  private async probe(feedDid: string, feed: string): Promise<GeneratorState> {
    const service = await this.service(feedDid)
    try {
      const { body } = await this.calls.call(service, null, { nsid: DESCRIPTION })
      const { feeds } = JSON.parse(body.toString()) as { feeds: { uri: string }[] }
      return { isOnline: true, isValid: feeds.some(({ uri }) => uri === feed) }
    } catch (error) {
      // Many generators make their feeds and describe none of them.
      return error instanceof XrpcError && error.error === UPSTREAM_FAILURE
        ? OFFLINE
        : { isOnline: true, isValid: true }
    }
  }

  private async service(did: string): Promise<Service> {
    const document = await this.dids.resolve(did)
    if (!document) throw invalidRequest(`could not resolve identity: ${did}`)
    const url = serviceEndpointOf(document, 'bsky_fg', 'BskyFeedGenerator')
    if (url === null) throw invalidRequest(`invalid feed generator service details in did document: ${did}`)
    return { url, did }
  }

  private checked(body: Buffer): AppBskyFeedGetFeedSkeletonOutput {
    try {
      const skeleton: unknown = JSON.parse(body.toString())
      this.lexicons.checkOutput(SKELETON, skeleton)
      return skeleton as AppBskyFeedGetFeedSkeletonOutput
    } catch {
      throw new XrpcError(502, 'InvalidFeedResponse', 'feed provided an invalid response')
    }
  }
}
