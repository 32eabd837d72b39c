import { Global, Module } from '@nestjs/common'
import { InlineHandlers } from '../modules/commit-log/inline-handlers.js'
import { LikeProjection } from './feed/like.projection.js'
import { PROJECTIONS, Projector } from './projector.js'

/** In the order in which an event is told to them. */
const PROJECTION_CLASSES = [LikeProjection]

/** What the log means to app.bsky. Joined to the log by the one abstract class that it knows. */
@Global()
@Module({
  providers: [
    ...PROJECTION_CLASSES,
    { provide: PROJECTIONS, inject: PROJECTION_CLASSES, useFactory: (...all: object[]) => all },
    Projector,
    { provide: InlineHandlers, useExisting: Projector },
  ],
  exports: [InlineHandlers, Projector],
})
export class ProjectionsModule {}
