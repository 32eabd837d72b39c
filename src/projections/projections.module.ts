import { Global, Module } from '@nestjs/common'
import { InlineHandlers } from '../modules/commit-log/inline-handlers.js'
import { ActorProjection } from './actor/actor.projection.js'
import { DeclarationProjection } from './actor/declaration.projection.js'
import { LabelerProjection } from './actor/labeler.projection.js'
import { OtherProjection } from './actor/other.projection.js'
import { ProfileProjection } from './actor/profile.projection.js'
import { StatusProjection } from './actor/status.projection.js'
import { LikeProjection } from './feed/like.projection.js'
import { PostProjection } from './feed/post.projection.js'
import { PostgateProjection } from './feed/postgate.projection.js'
import { RepostProjection } from './feed/repost.projection.js'
import { ThreadgateProjection } from './feed/threadgate.projection.js'
import { BlockProjection } from './graph/block.projection.js'
import { FollowProjection } from './graph/follow.projection.js'
import { GeneratorProjection } from './graph/generator.projection.js'
import { ListBlockProjection } from './graph/list-block.projection.js'
import { ListItemProjection } from './graph/list-item.projection.js'
import { ListProjection } from './graph/list.projection.js'
import { StarterPackProjection } from './graph/starter-pack.projection.js'
import { VerificationProjection } from './graph/verification.projection.js'
import { PROJECTIONS, Projector } from './projector.js'
import { CatchUp } from './replay/catch-up.js'
import { RebuildController } from './replay/rebuild.controller.js'
import { Rebuild } from './replay/rebuild.js'

/** In the order in which an event is told to them. */
export const PROJECTION_CLASSES = [
  ActorProjection,
  ProfileProjection,
  StatusProjection,
  LabelerProjection,
  DeclarationProjection,
  FollowProjection,
  BlockProjection,
  ListProjection,
  ListItemProjection,
  ListBlockProjection,
  GeneratorProjection,
  StarterPackProjection,
  VerificationProjection,
  OtherProjection,
  LikeProjection,
  RepostProjection,
  PostProjection,
  ThreadgateProjection,
  PostgateProjection,
]

/** What the log means to app.bsky. Joined to the log by the one abstract class that it knows. */
@Global()
@Module({
  controllers: [RebuildController],
  providers: [
    ...PROJECTION_CLASSES,
    { provide: PROJECTIONS, inject: PROJECTION_CLASSES, useFactory: (...all: object[]) => all },
    Projector,
    { provide: InlineHandlers, useExisting: Projector },
    Rebuild,
    CatchUp,
  ],
  exports: [InlineHandlers, Projector],
})
export class ProjectionsModule {}
