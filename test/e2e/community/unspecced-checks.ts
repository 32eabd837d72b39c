import { type Check } from './check.js'
import { dids, uris } from './facts.js'

const users = ['getSuggestedUsers', 'getSuggestedUsersForDiscover', 'getSuggestedUsersForExplore', 'getSuggestedUsersForSeeMore', 'getSuggestedOnboardingUsers']
const skeletons = ['getSuggestedUsersSkeleton', 'getSuggestedUsersForDiscoverSkeleton', 'getSuggestedUsersForExploreSkeleton', 'getSuggestedUsersForSeeMoreSkeleton', 'getOnboardingSuggestedUsersSkeleton']
export const UNSPECCED_CHECKS: Check[] = [
  ...users.map((n): Check => ({ nsid: `app.bsky.unspecced.${n}`, facts: (a) => dids(a.actors), sees: {} })),
  ...skeletons.map((n): Check => ({ nsid: `app.bsky.unspecced.${n}`, params: { viewer: 'bob' }, facts: (a) => a.dids, sees: {} })),
  { nsid: 'app.bsky.unspecced.getSuggestionsSkeleton', params: { viewer: 'dan' }, list: 'actors', facts: (a) => dids(a.actors), sees: {} },
  ...['getSuggestedStarterPacks', 'getOnboardingSuggestedStarterPacks'].map((n): Check => ({ nsid: `app.bsky.unspecced.${n}`, facts: (a) => uris(a.starterPacks), sees: {} })),
  ...['getSuggestedStarterPacksSkeleton', 'getOnboardingSuggestedStarterPacksSkeleton'].map((n): Check => ({ nsid: `app.bsky.unspecced.${n}`, facts: (a) => a.starterPacks, sees: {} })),
  { nsid: 'app.bsky.unspecced.getPopularFeedGenerators', list: 'feeds', facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.unspecced.getPopularFeedGenerators', params: { query: 'only CATS' }, list: 'feeds', facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.unspecced.getPopularFeedGenerators', params: { query: 'dogs' }, list: 'feeds', facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.unspecced.getSuggestedFeeds', facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.unspecced.getSuggestedFeedsSkeleton', facts: (a) => a.feeds, sees: {} },
  { nsid: 'app.bsky.unspecced.getTrends', facts: (a) => a.trends.map((t: any) => [t.topic, t.postCount, t.link, ...dids(t.actors)]), sees: {} },
  { nsid: 'app.bsky.unspecced.getTrendsSkeleton', facts: (a) => a.trends.map((t: any) => [t.topic, ...t.dids]), sees: {} },
  { nsid: 'app.bsky.unspecced.getTrendingTopics', facts: (a) => ({ topics: a.topics.map((t: any) => t.topic), suggested: a.suggested.map((t: any) => t.topic) }), sees: {} },
  { nsid: 'app.bsky.unspecced.getTaggedSuggestions', facts: (a) => a.suggestions, sees: {} },
  { nsid: 'app.bsky.unspecced.getConfig', facts: (a) => a, sees: {} },
  { nsid: 'app.bsky.ageassurance.getConfig', facts: (a) => a, sees: {} },
  { nsid: 'app.bsky.ageassurance.getState', params: { countryCode: 'DE' }, facts: (a) => a.state, sees: {} },
  { nsid: 'app.bsky.unspecced.getAgeAssuranceState', facts: (a) => a, sees: {} },
  { nsid: 'app.bsky.video.getUploadLimits', facts: (a) => a.canUpload, sees: {} },
]
