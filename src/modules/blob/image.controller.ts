import { Controller, Get, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RepoError } from '../../repo-engine/index.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { Blobs } from './blobs.js'
import { askedImage } from './image-presets.js'
import type { OpenBlob } from './open-blob.js'
import { ScaledImages } from './scaled-images.js'
import { sendBlob } from './send-blob.js'

/** The images that app.bsky views name. */
@Controller()
export class ImageController {
  constructor(
    private readonly blobs: Blobs,
    private readonly images: ScaledImages,
  ) {}

  /** `file` is a CID, and may end with `@` and a format. Whatever is not there for everybody to see is a 404. */
  @Get('img/:preset/plain/:did/:file')
  async image(
    @Param() { preset, did, file }: Record<'preset' | 'did' | 'file', string>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = askedImage(preset, file)
    if (!asked) throw notFound()
    const blob = await this.openPublic(did, asked.cid)
    const image = await this.images.open(did, blob, asked)
    await sendBlob(image, request, reply, { disposition: 'inline' })
  }

  private async openPublic(did: string, cid: string): Promise<OpenBlob> {
    return this.blobs.open(did, cid).catch((error: unknown) => {
      const isThere = !(error instanceof RepoError || (error instanceof XrpcError && error.status === 400))
      throw isThere ? error : notFound()
    })
  }
}

function notFound(): XrpcError {
  return new XrpcError(404, 'NotFound', 'There is no such image')
}
