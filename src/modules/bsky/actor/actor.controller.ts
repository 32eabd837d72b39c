import { Controller, UseGuards } from '@nestjs/common'
import { ViewerGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { Profiles } from './profiles.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** The queries of app.bsky.actor. */
@Controller()
@UseGuards(ViewerGuard)
export class ActorController {
  constructor(private readonly profiles: Profiles) {}

  @XrpcQuery('app.bsky.actor.getProfile')
  getProfile(
    @Context() context: ReadContext,
    @Params() { actor }: ParamsOf<'app.bsky.actor.getProfile'>,
  ): Out<'app.bsky.actor.getProfile'> {
    return this.profiles.one(context, actor)
  }

  @XrpcQuery('app.bsky.actor.getProfiles')
  async getProfiles(
    @Context() context: ReadContext,
    @Params() { actors }: ParamsOf<'app.bsky.actor.getProfiles'>,
  ): Out<'app.bsky.actor.getProfiles'> {
    return { profiles: await this.profiles.many(context, actors) }
  }
}
