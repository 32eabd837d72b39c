import { Readable } from 'node:stream'
import { Controller, Header, Req, StreamableFile, UseGuards } from '@nestjs/common'
import { Cid } from '../../repo-engine/index.js'
import { OwnerGuard, seesAll } from '../auth/owner.guard.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { RepoQueries } from '../repo/repo-queries.js'
import { parseNumberCursor } from '../xrpc/number-cursor.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import { RepoExports } from './repo-exports.js'
import { RepoLists } from './repo-lists.js'

const CAR = 'application/vnd.ipld.car'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['output']

/**
 * The queries of com.atproto.sync: repositories as they are, for anyone to check. One that is not active is there for its
 * owner, the operator and moderators alone.
 */
@Controller()
@UseGuards(OwnerGuard)
export class SyncController {
  constructor(
    private readonly queries: RepoQueries,
    private readonly repos: RepoExports,
    private readonly lists: RepoLists,
  ) {}

  @XrpcQuery('com.atproto.sync.getRepo')
  async getRepo(
    @Params() { did, since }: ParamsOf<'com.atproto.sync.getRepo'>,
    @Req() request: AuthenticatedRequest,
  ): Promise<StreamableFile> {
    return stream(await this.repos.export(did, since ?? null, seesAll(request, did)))
  }

  @XrpcQuery('com.atproto.sync.getCheckout')
  async getCheckout(
    @Params() { did }: ParamsOf<'com.atproto.sync.getCheckout'>,
    @Req() request: AuthenticatedRequest,
  ): Promise<StreamableFile> {
    return stream(await this.repos.export(did, null, seesAll(request, did)))
  }

  @XrpcQuery('com.atproto.sync.getLatestCommit')
  async getLatestCommit(
    @Params() { did }: ParamsOf<'com.atproto.sync.getLatestCommit'>,
    @Req() request: AuthenticatedRequest,
  ): Promise<Out<'com.atproto.sync.getLatestCommit'>> {
    const { head, rev } = await this.queries.available(did, undefined, seesAll(request, did))
    return { cid: head.toString(), rev }
  }

  @XrpcQuery('com.atproto.sync.getHead')
  async getHead(
    @Params() { did }: ParamsOf<'com.atproto.sync.getHead'>,
    @Req() request: AuthenticatedRequest,
  ): Promise<Out<'com.atproto.sync.getHead'>> {
    const { head } = await this.queries.available(did, undefined, seesAll(request, did))
    return { root: head.toString() }
  }

  @XrpcQuery('com.atproto.sync.getRecord')
  @Header('content-type', CAR)
  async getRecord(
    @Params() params: ParamsOf<'com.atproto.sync.getRecord'>,
    @Req() request: AuthenticatedRequest,
  ): Promise<StreamableFile> {
    const { did, collection, rkey } = params
    return file(await this.repos.proveRecord(did, `${collection}/${rkey}`, seesAll(request, did)))
  }

  @XrpcQuery('com.atproto.sync.getBlocks')
  @Header('content-type', CAR)
  async getBlocks(
    @Params() { did, cids }: ParamsOf<'com.atproto.sync.getBlocks'>,
    @Req() request: AuthenticatedRequest,
  ): Promise<StreamableFile> {
    if (cids.length > MAX_CIDS) throw invalidRequest(`at most ${MAX_CIDS} CIDs at a time`)
    return file(await this.repos.blocks(did, cids.map(Cid.parse), seesAll(request, did)))
  }

  @XrpcQuery('com.atproto.sync.listRepos')
  async listRepos(
    @Params() params: ParamsOf<'com.atproto.sync.listRepos'>,
  ): Promise<Out<'com.atproto.sync.listRepos'>> {
    const { limit = 500, cursor } = params
    const rows = await this.lists.all(parseNumberCursor(cursor), limit + 1)
    const repos = rows.slice(0, limit).map(({ did, head, rev, status }) => ({
      did,
      head: head.toString(),
      rev,
      active: status === null,
      ...(status && { status }),
    }))
    return rows.length > limit ? { cursor: String(rows[limit - 1]!.id), repos } : { repos }
  }

  @XrpcQuery('com.atproto.sync.listReposByCollection')
  async listReposByCollection(
    @Params() params: ParamsOf<'com.atproto.sync.listReposByCollection'>,
  ): Promise<Out<'com.atproto.sync.listReposByCollection'>> {
    const { collection, limit = 500, cursor } = params
    const { dids, next } = await this.lists.withCollection(collection, parseNumberCursor(cursor), limit)
    const repos = dids.map((did) => ({ did }))
    return next === null ? { repos } : { cursor: String(next), repos }
  }

  @XrpcQuery('com.atproto.sync.getRepoStatus')
  async getRepoStatus(
    @Params() { did }: ParamsOf<'com.atproto.sync.getRepoStatus'>,
  ): Promise<Out<'com.atproto.sync.getRepoStatus'>> {
    const { status, rev } = await this.queries.repo(did)
    return status === null ? { did, active: true, rev } : { did, active: false, status }
  }
}

const MAX_CIDS = 1_000

function stream(chunks: AsyncGenerator<Buffer>): StreamableFile {
  return new StreamableFile(Readable.from(chunks, { objectMode: false, highWaterMark: 256 * 1024 }), { type: CAR })
}

function file(car: Buffer): StreamableFile {
  return new StreamableFile(car, { type: CAR })
}
