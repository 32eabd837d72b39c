import { Module } from '@nestjs/common'
import { APP_INTERCEPTOR } from '@nestjs/core'
import { ModerationModule } from '../moderation/moderation.module.js'
import { PrivateStateModule } from '../private-state/private-state.module.js'
import { ProxyModule } from '../proxy/proxy.module.js'
import { ActorPages } from './actor/actor-pages.js'
import { ActorSearch } from './actor/actor-search.js'
import { ActorController } from './actor/actor.controller.js'
import { KnownFollowersOf } from './actor/known-followers.js'
import { Profiles } from './actor/profiles.js'
import { EmbedController } from './embed/embed.controller.js'
import { ExternalEmbed } from './embed/external-embed.js'
import { AuthorFeed } from './feed/author-feed.js'
import { FeedHeads } from './feed/feed-heads.js'
import { FeedPages } from './feed/feed-page.js'
import { FeedController } from './feed/feed.controller.js'
import { LikedPosts } from './feed/liked-posts.js'
import { ListFeed } from './feed/list-feed.js'
import { PostLists } from './feed/post-lists.js'
import { PostsController } from './feed/posts.controller.js'
import { Reactions } from './feed/reactions.js'
import { SelfThreads } from './feed/self-threads.js'
import { Timeline } from './feed/timeline.js'
import { CustomFeed } from './generator/custom-feed.js'
import { FeedSource } from './generator/feed-source.js'
import { GeneratorController } from './generator/generator.controller.js'
import { Generators } from './generator/generators.js'
import { Follows } from './graph/follows.js'
import { GraphController } from './graph/graph.controller.js'
import { ListMembers } from './graph/list-members.js'
import { ListPages } from './graph/list-pages.js'
import { ListController } from './graph/list.controller.js'
import { Lists } from './graph/lists.js'
import { OwnLines } from './graph/own-lines.js'
import { PublicRelationships } from './graph/public-relationships.js'
import { RecordNames } from './graph/record-names.js'
import { StarterPackPages } from './graph/starter-pack-pages.js'
import { StarterPackSearch } from './graph/starter-pack-search.js'
import { StarterPackController } from './graph/starter-pack.controller.js'
import { StarterPacks } from './graph/starter-packs.js'
import { Actors } from './hydrate/actors.js'
import { Hydrator } from './hydrate/hydrator.js'
import { MediaUrls } from './hydrate/media-urls.js'
import { PostViewers } from './hydrate/post-viewers.js'
import { Posts } from './hydrate/posts.js'
import { Freshness } from './hydrate/read-cache.js'
import { EveryReader } from './hydrate/readers.js'
import { Relationships } from './hydrate/relationships.js'
import { Things } from './hydrate/things.js'
import { LabelerController } from './labeler/labeler.controller.js'
import { Labelers } from './labeler/labelers.js'
import { NotificationLines } from './notification/notification-lines.js'
import { NotificationViews } from './notification/notification-views.js'
import { NotificationController } from './notification/notification.controller.js'
import { Notifications } from './notification/notifications.js'
import { StoredRecords } from './notification/stored-records.js'
import { Subscriptions } from './notification/subscriptions.js'
import { SearchPosts } from './search/search-posts.js'
import { SearchRequests } from './search/search-requests.js'
import { SearchController } from './search/search.controller.js'
import { ActorRanking } from './suggested/actor-ranking.js'
import { RelativeSuggestions } from './suggested/relative-suggestions.js'
import { SkeletonController } from './suggested/skeleton.controller.js'
import { SuggestedPacks } from './suggested/suggested-packs.js'
import { SuggestedController } from './suggested/suggested.controller.js'
import { Suggestions } from './suggested/suggestions.js'
import { ThreadController } from './thread/thread.controller.js'
import { Threads } from './thread/threads.js'
import { TaggedSuggestions } from './unspecced/tagged-suggestions.js'
import { Trends } from './unspecced/trends.js'
import { UnspeccedController } from './unspecced/unspecced.controller.js'
import { KnownHere } from './upstream/known-here.js'
import { UpstreamInterceptor } from './upstream/upstream.interceptor.js'
import { Upstream } from './upstream/upstream.js'

const HYDRATION = [Freshness, Actors, Posts, Relationships, PostViewers, Things, EveryReader, MediaUrls, Hydrator]
const NOTIFICATION = [NotificationLines, NotificationViews, Notifications, StoredRecords, Subscriptions]
const GENERATORS = [Generators, FeedSource, CustomFeed]
const UPSTREAM = [KnownHere, Upstream, { provide: APP_INTERCEPTOR, useClass: UpstreamInterceptor }]
const UNSPECCED = [Trends, TaggedSuggestions, ExternalEmbed]
const ACTOR = [Profiles, KnownFollowersOf, ActorPages, ActorSearch]
const GRAPH = [Follows, OwnLines, PublicRelationships, RecordNames, ListMembers, ListPages, Lists]
const STARTER_PACKS = [StarterPackPages, StarterPackSearch, StarterPacks]
const FEED = [FeedPages, FeedHeads, Timeline, AuthorFeed, SelfThreads, ListFeed, LikedPosts, PostLists, Reactions]
const FEED_CONTROLLERS = [FeedController, PostsController, ThreadController, SearchController]
const SUGGESTED = [ActorRanking, Suggestions, RelativeSuggestions, SuggestedPacks]
const GRAPH_CONTROLLERS = [GraphController, ListController, StarterPackController, LabelerController]

/** The read side of app.bsky: queries and views; no command, no write. */
@Module({
  imports: [ModerationModule, PrivateStateModule, ProxyModule],
  controllers: [
    ActorController,
    ...GRAPH_CONTROLLERS,
    SuggestedController,
    SkeletonController,
    ...FEED_CONTROLLERS,
    NotificationController,
    GeneratorController,
    UnspeccedController,
    EmbedController,
  ],
  providers: [
    ...HYDRATION,
    ...ACTOR,
    ...GRAPH,
    ...STARTER_PACKS,
    Labelers,
    ...SUGGESTED,
    ...NOTIFICATION,
    ...GENERATORS,
    ...UNSPECCED,
    ...UPSTREAM,
    ...FEED,
    Threads,
    SearchPosts,
    SearchRequests,
  ],
})
export class BskyModule {}
