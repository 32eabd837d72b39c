/** What clients ask besides: suggestions, trends, settings. */
import type { Answer } from './cast.js'
import { type Check, lines, SIGN_IN } from './check.js'
import { dids, uris } from './facts.js'

const unspecced = (name: string, check: Omit<Check, 'nsid'>): Check => ({
  nsid: `app.bsky.unspecced.${name}`,
  ...check,
})

const USERS = lines(`
  getSuggestedUsers, getSuggestedUsersForDiscover, getSuggestedUsersForExplore, getSuggestedUsersForSeeMore,
  getSuggestedOnboardingUsers`)
const USER_SKELETONS = lines(`
  getSuggestedUsersSkeleton, getSuggestedUsersForDiscoverSkeleton, getSuggestedUsersForExploreSkeleton,
  getSuggestedUsersForSeeMoreSkeleton, getOnboardingSuggestedUsersSkeleton`)
const PACKS = lines('getSuggestedStarterPacks, getOnboardingSuggestedStarterPacks')

const suggestion = (subjectType: string) => (subject: string) => ({ tag: 'popular', subjectType, subject })
const actors = (names: string): object[] => lines(names).map(suggestion('actor'))
const feeds = [suggestion('feed')('bob/cats')]

export const UNSPECCED_CHECKS: Check[] = [
  // Whom one does not follow yet, and has nothing against.
  ...USERS.map((name) =>
    unspecced(name, {
      facts: ({ actors }) => dids(actors),
      sees: { alice: [], bob: ['carla'], carla: [], dan: ['bob'], nobody: lines('alice, bob, carla, dan') },
    }),
  ),
  // The same for anybody who asks, from public records alone.
  ...USER_SKELETONS.map((name) =>
    unspecced(name, {
      params: { viewer: 'bob' },
      facts: ({ dids }) => dids,
      sees: { everyone: lines('carla, dan') },
    }),
  ),
  unspecced('getSuggestionsSkeleton', {
    params: { viewer: 'dan' },
    list: 'actors',
    facts: ({ actors }) => dids(actors),
    sees: { everyone: lines('bob, carla') },
  }),
  ...PACKS.map((name) =>
    unspecced(name, { facts: ({ starterPacks }) => uris(starterPacks), sees: { everyone: ['bob/start'] } }),
  ),
  ...PACKS.map((name) =>
    unspecced(`${name}Skeleton`, { facts: ({ starterPacks }) => starterPacks, sees: { everyone: ['bob/start'] } }),
  ),
  unspecced('getPopularFeedGenerators', {
    list: 'feeds',
    facts: ({ feeds }) => uris(feeds),
    sees: { everyone: ['bob/cats'] },
  }),
  unspecced('getPopularFeedGenerators', {
    params: { query: 'dogs' },
    list: 'feeds',
    facts: ({ feeds }) => uris(feeds),
    sees: { everyone: [] },
  }),
  unspecced('getSuggestedFeeds', { facts: ({ feeds }) => uris(feeds), sees: { everyone: ['bob/cats'] } }),
  unspecced('getSuggestedFeedsSkeleton', { facts: ({ feeds }) => feeds, sees: { everyone: ['bob/cats'] } }),
  unspecced('getTrends', {
    facts: ({ trends }) =>
      trends.map(({ topic, postCount, actors }: Answer) => `${topic}: ${postCount} by ${dids(actors).join(' ')}`),
    sees: {
      everyone: lines('cats: 2 by carla alice, cats.example: 2 by carla alice'),
      dan: lines('cats: 2 by alice, cats.example: 2 by alice'),
    },
  }),
  unspecced('getTrendsSkeleton', {
    facts: ({ trends }) => trends.map(({ topic, link }: Answer) => [topic, link]),
    sees: {
      everyone: [
        ['cats', '/hashtag/cats'],
        ['cats.example', 'https://cats.example/'],
      ],
    },
  }),
  unspecced('getTrendingTopics', {
    facts: ({ topics, suggested }) => [...topics, ...suggested].map(({ topic }: Answer) => topic),
    sees: { everyone: lines('cats, cats.example, Cats') },
  }),
  unspecced('getTaggedSuggestions', {
    facts: ({ suggestions }) => suggestions,
    sees: {
      everyone: [...actors('alice, bob, carla, dan'), ...feeds],
      carla: [...actors('alice, bob, carla'), ...feeds],
      dan: [...actors('alice, bob, dan'), ...feeds],
    },
  }),
  unspecced('getConfig', {
    facts: (answer) => answer,
    sees: { everyone: { checkEmailConfirmed: false, liveNow: [] } },
  }),
  unspecced('getAgeAssuranceState', { facts: ({ status }) => status, sees: { everyone: 'unknown', nobody: SIGN_IN } }),
  { nsid: 'app.bsky.ageassurance.getConfig', facts: ({ regions }) => regions, sees: { everyone: [] } },
  {
    nsid: 'app.bsky.ageassurance.getState',
    params: { countryCode: 'DE' },
    facts: ({ state }) => state.access,
    sees: { everyone: 'unknown', nobody: SIGN_IN },
  },
  {
    nsid: 'app.bsky.video.getUploadLimits',
    facts: ({ canUpload }) => canUpload,
    sees: { everyone: false, nobody: SIGN_IN },
  },
]
