import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RepoError } from '../../repo-engine/index.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { ViewerGuard } from '../auth/viewer.guard.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import { Blobs } from './blobs.js'
import type { OpenBlob } from './open-blob.js'
import { sendBlob } from './send-blob.js'

/** The sizes that views name. Images are sent as they are, whichever it is, and whatever format is asked for. */
const PRESETS = ['avatar', 'avatar_thumbnail', 'banner', 'feed_thumbnail', 'feed_fullsize']

/** Blobs as they are: for servers, and as the images of app.bsky views. */
@Controller()
export class BlobController {
  constructor(private readonly blobs: Blobs) {}

  @XrpcQuery('com.atproto.sync.getBlob')
  @UseGuards(ViewerGuard)
  async getBlob(
    @Params() { did, cid }: XrpcMethods['com.atproto.sync.getBlob']['params'],
    @Req() request: AuthenticatedRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const isPrivate = request.isAdmin ?? false
    const blob = await this.blobs.open(did, cid, isPrivate)
    await sendBlob(blob, request, reply, { disposition: 'attachment', isPrivate })
  }

  /** `file` is a CID, and may end with `@` and a format. Whatever is not there for everybody to see is a 404. */
  @Get('img/:preset/plain/:did/:file')
  async image(
    @Param() { preset, did, file }: Record<'preset' | 'did' | 'file', string>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const [, cid] = /^(\w+)(?:@(?:jpeg|png|webp))?$/.exec(file) ?? []
    if (cid === undefined || !PRESETS.includes(preset)) throw notFound()
    const image = await this.openImage(did, cid)
    await sendBlob(image, request, reply, { disposition: 'inline' })
  }

  private async openImage(did: string, cid: string): Promise<OpenBlob> {
    const blob = await this.blobs.open(did, cid).catch((error: unknown) => {
      const isThere = !(error instanceof RepoError || (error instanceof XrpcError && error.status === 400))
      throw isThere ? error : notFound()
    })
    if (blob.type.startsWith('image/')) return blob
    await blob.file.close()
    throw notFound()
  }
}

function notFound(): XrpcError {
  return new XrpcError(404, 'NotFound', 'There is no such image')
}
