import { Controller, Req, Res, UseGuards } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Cid } from '../../repo-engine/index.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { OwnerGuard } from '../auth/owner.guard.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import { type Asker, Blobs } from './blobs.js'
import { HostedBlobs } from './hosted-blobs.js'
import { sendBlob } from './send-blob.js'

type GetBlob = XrpcMethods['com.atproto.sync.getBlob']
type ListBlobs = XrpcMethods['com.atproto.sync.listBlobs']

/** Blobs as they are, for anyone to have; those of an account that is not active for its owner and the operator alone. */
@Controller()
@UseGuards(OwnerGuard)
export class BlobController {
  constructor(
    private readonly blobs: Blobs,
    private readonly hosted: HostedBlobs,
  ) {}

  @XrpcQuery('com.atproto.sync.getBlob')
  async getBlob(
    @Params() { did, cid }: GetBlob['params'],
    @Req() request: AuthenticatedRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asker = askerOf(request, did)
    const blob = await this.blobs.open(did, cid, asker)
    await sendBlob(blob, request, reply, { disposition: 'attachment', isPrivate: asker !== 'anybody' })
  }

  /** Of accounts that are hosted here. `since` is a rev. */
  @XrpcQuery('com.atproto.sync.listBlobs')
  async listBlobs(
    @Params() { did, since, limit = 500, cursor }: ListBlobs['params'],
    @Req() request: AuthenticatedRequest,
  ): Promise<ListBlobs['output']> {
    const repo = await this.blobs.repo(did, askerOf(request, did))
    if (repo.hosting !== 'hosted') throw invalidRequest(`Could not find repo for DID: ${did}`, 'RepoNotFound')
    const cids = await this.hosted.list(repo, since, cursor === undefined ? null : Cid.parse(cursor), limit + 1)
    const page = cids.slice(0, limit).map((cid) => cid.toString())
    return cids.length > limit ? { cursor: page.at(-1)!, cids: page } : { cids: page }
  }
}

function askerOf({ isAdmin, viewer }: AuthenticatedRequest, did: string): Asker {
  return isAdmin ? 'operator' : viewer?.did === did ? 'owner' : 'anybody'
}
