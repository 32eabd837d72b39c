import type { IncomingMessage } from 'node:http'
import { Injectable } from '@nestjs/common'
import type { Cid, Did } from '../../repo-engine/index.js'
import { pdsEndpointOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { FetchError, SafeFetch } from '../identity/safe-fetch.js'
import { ServerAddress } from '../identity/server-address.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { BlobCache, BlobRefused } from './blob-cache.js'
import { download } from './download.js'
import { blobNotFound } from './open-blob.js'
import { Turns } from './turns.js'

const GET_BLOB = 'com.atproto.sync.getBlob'
const TIME = { stallMs: 10_000, totalMs: 120_000 }
/** Blobs fetched at once, and from one server. */
const FETCHES = { atOnce: 8, ofOneKey: 4, waiting: 200 }

/** Brings blobs from the servers of their accounts into the cache. */
@Injectable()
export class BlobFetch {
  private readonly turns = new Turns(FETCHES)

  constructor(
    private readonly dids: DidResolver,
    private readonly fetch: SafeFetch,
    private readonly address: ServerAddress,
    private readonly cache: BlobCache,
  ) {}

  /**
   * The blob is in the cache when this resolves. @throws XrpcError 400 BlobNotFound when the account's server does not have
   * it, 502 UpstreamFailure when it cannot be had from there, 503 NotEnoughResources when too many are being fetched.
   */
  async fetchBlob(did: Did, cid: Cid, stop: AbortSignal): Promise<void> {
    const document = await this.dids.resolve(did)
    const server = document && pdsEndpointOf(document)
    if (!server) throw failure(`no server of ${did} is known`)
    const { origin } = new URL(server)
    // This one has been asked already.
    if (origin === new URL(this.address.url).origin) throw blobNotFound(cid)
    const query = new URLSearchParams({ did, cid: cid.toString() })
    const open = async (signal: AbortSignal): Promise<IncomingMessage> => {
      const response = await this.fetch.open(`${server}/xrpc/${GET_BLOB}?${query.toString()}`, { signal })
      const problem = this.problemOf(response, cid)
      if (!problem) return response
      response.destroy()
      throw problem
    }
    try {
      await this.turns.run(origin, () => this.cache.put(cid, download(open, TIME, stop)))
    } catch (error) {
      throw error instanceof FetchError || error instanceof BlobRefused ? failure(error.message) : error
    }
  }

  /** What can be told by the head of the answer. */
  private problemOf({ statusCode: status = 0, headers }: IncomingMessage, cid: Cid): XrpcError | null {
    const { largest } = this.cache
    if (status === 200)
      return Number(headers['content-length']) > largest ? failure(`it has more than ${largest} bytes`) : null
    if (status < 500 && status !== 429) return blobNotFound(cid, 'Blob not found at its server')
    return failure(`its server answers with status ${status}`)
  }
}

function failure(why: string): XrpcError {
  return new XrpcError(502, 'UpstreamFailure', `The blob could not be fetched: ${why}`)
}
