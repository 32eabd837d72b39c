import { Module } from '@nestjs/common'
import { ModerationModule } from '../moderation/moderation.module.js'
import { PrivateStateModule } from '../private-state/private-state.module.js'
import { ActorController } from './actor/actor.controller.js'
import { Profiles } from './actor/profiles.js'
import { AuthorFeed } from './feed/author-feed.js'
import { FeedHeads } from './feed/feed-heads.js'
import { FeedPages } from './feed/feed-page.js'
import { FeedController } from './feed/feed.controller.js'
import { PostLists } from './feed/post-lists.js'
import { Timeline } from './feed/timeline.js'
import { Actors } from './hydrate/actors.js'
import { Hydrator } from './hydrate/hydrator.js'
import { MediaUrls } from './hydrate/media-urls.js'
import { PostViewers } from './hydrate/post-viewers.js'
import { Posts } from './hydrate/posts.js'
import { Freshness } from './hydrate/read-cache.js'
import { EveryReader } from './hydrate/readers.js'
import { Relationships } from './hydrate/relationships.js'
import { Things } from './hydrate/things.js'

const HYDRATION = [Freshness, Actors, Posts, Relationships, PostViewers, Things, EveryReader, MediaUrls, Hydrator]

/** The read side of app.bsky: queries and views; no command, no write. */
@Module({
  imports: [ModerationModule, PrivateStateModule],
  controllers: [ActorController, FeedController],
  providers: [...HYDRATION, Profiles, FeedPages, FeedHeads, Timeline, AuthorFeed, PostLists],
})
export class BskyModule {}
