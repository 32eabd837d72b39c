import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { Labelers } from './labelers.js'
import { BskyReads } from '../repo-rev.js'

type GetServices = XrpcMethods['app.bsky.labeler.getServices']

/** The queries of app.bsky.labeler. */
@Controller()
@BskyReads()
export class LabelerController {
  constructor(private readonly labelers: Labelers) {}

  @XrpcQuery('app.bsky.labeler.getServices')
  async getServices(
    @Context() context: ReadContext,
    @Params() { dids, detailed }: GetServices['params'],
  ): Promise<GetServices['output']> {
    return { views: await this.labelers.read(context, dids, detailed) }
  }
}
