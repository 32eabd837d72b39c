import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { ExternalEmbed } from './external-embed.js'

/** The query of app.bsky.embed. */
@Controller()
@BskyReads()
export class EmbedController {
  constructor(private readonly embed: ExternalEmbed) {}

  @XrpcQuery('app.bsky.embed.getEmbedExternalView')
  getEmbedExternalView(
    @Context() context: ReadContext,
    @Params() { url, uris }: XrpcMethods['app.bsky.embed.getEmbedExternalView']['params'],
  ): Promise<XrpcMethods['app.bsky.embed.getEmbedExternalView']['output']> {
    return this.embed.read(context, url, uris)
  }
}
