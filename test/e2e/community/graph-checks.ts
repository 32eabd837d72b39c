/** Who follows, blocks and mutes whom; lists, starter packs, labelers. */
import type { Answer } from './cast.js'
import { type Check, each, lines, SIGN_IN } from './check.js'
import { dids, standing, uris } from './facts.js'

const relationship = (values: object): object => ({ $type: 'app.bsky.graph.defs#relationship', ...values })
const lists = ({ lists }: Answer): string[] => uris(lists)
const starterPacks = ({ starterPacks }: Answer): string[] => uris(starterPacks)

/** What is between carla and dan is shown to neither. */
export const GRAPH_CHECKS: Check[] = [
  ...each(
    {
      alice: { everyone: lines('dan, carla, bob'), carla: lines('carla, bob'), dan: lines('dan, bob') },
      bob: { everyone: lines('carla, alice'), dan: ['alice'] },
      carla: { everyone: ['alice'] },
      dan: { everyone: [] },
    },
    (actor) => ({
      nsid: 'app.bsky.graph.getFollowers',
      params: { actor },
      list: 'followers',
      facts: ({ subject, followers }) => (subject.did === actor ? dids(followers) : subject),
    }),
  ),
  ...each(
    {
      alice: { everyone: lines('carla, bob'), dan: ['bob'] },
      bob: { everyone: ['alice'] },
      carla: { everyone: lines('bob, alice') },
      dan: { everyone: ['alice'] },
    },
    (actor) => ({
      nsid: 'app.bsky.graph.getFollows',
      params: { actor },
      list: 'follows',
      facts: ({ subject, follows }) => (subject.did === actor ? dids(follows) : subject),
    }),
  ),
  ...each({ 'app.bsky.graph.getFollowers': {}, 'app.bsky.graph.getFollows': {} }, (nsid) => ({
    nsid,
    params: { actor: 'erin' },
    facts: () => null,
  })).map((check) => ({ ...check, sees: { everyone: '400 InvalidRequest' } })),
  ...each(
    {
      bob: { alice: ['carla'], bob: ['alice'], carla: ['alice'], dan: ['alice'], nobody: SIGN_IN },
      dan: { everyone: [], nobody: SIGN_IN },
    },
    (actor) => ({
      nsid: 'app.bsky.graph.getKnownFollowers',
      params: { actor },
      list: 'followers',
      facts: ({ followers }) => dids(followers),
    }),
  ),
  {
    nsid: 'app.bsky.graph.getRelationships',
    params: { actor: 'dan', others: ['alice', 'bob.test', 'carla', 'did:web:stranger.test'] },
    facts: (answer) => answer,
    sees: {
      everyone: {
        actor: 'dan',
        relationships: [
          relationship({ did: 'alice', following: 'dan/follows alice' }),
          relationship({ did: 'bob' }),
          relationship({ did: 'carla', blocking: 'dan/blocks carla', blockedByList: 'alice/noisy' }),
          { $type: 'app.bsky.graph.defs#notFoundActor', actor: 'did:web:stranger.test', notFound: true },
        ],
      },
    },
  },
  {
    nsid: 'app.bsky.graph.getBlocks',
    list: 'blocks',
    facts: ({ blocks }) => dids(blocks),
    sees: { everyone: [], dan: ['carla'], nobody: SIGN_IN },
  },
  {
    nsid: 'app.bsky.graph.getMutes',
    list: 'mutes',
    facts: ({ mutes }) => mutes.map((actor: Answer) => [actor.did, ...standing(actor)]),
    sees: {
      // Whose reposts alone are muted is not among them.
      alice: [['dan', 'muted', 'followedBy: dan/follows alice']],
      everyone: [],
      nobody: SIGN_IN,
    },
  },
  ...each(
    {
      'alice/friends': { everyone: [2, { muted: false }, 'carla', 'bob'], nobody: [2, undefined, 'carla', 'bob'] },
      'alice/noisy': {
        everyone: [1, { muted: false }, 'dan'],
        bob: [1, { muted: true }, 'dan'],
        carla: [1, { muted: false, blocked: 'carla/blocks noisy' }, 'dan'],
        nobody: [1, undefined, 'dan'],
      },
      'alice/passing': { everyone: '400 InvalidRequest' },
    },
    (list) => ({
      nsid: 'app.bsky.graph.getList',
      params: { list },
      list: 'items',
      facts: ({ list, items }) => [
        ...[list.listItemCount, list.viewer],
        ...items.map(({ subject }: Answer) => subject.did),
      ],
    }),
  ),
  ...each({ alice: { everyone: lines('alice/noisy, alice/friends') }, bob: { everyone: [] } }, (actor) => ({
    nsid: 'app.bsky.graph.getLists',
    params: { actor },
    list: 'lists',
    facts: lists,
  })),
  {
    nsid: 'app.bsky.graph.getLists',
    params: { actor: 'alice', purposes: ['modlist'] },
    list: 'lists',
    facts: lists,
    sees: { everyone: ['alice/noisy'] },
  },
  {
    nsid: 'app.bsky.graph.getListBlocks',
    list: 'lists',
    facts: lists,
    sees: { everyone: [], carla: ['alice/noisy'], nobody: SIGN_IN },
  },
  {
    nsid: 'app.bsky.graph.getListMutes',
    list: 'lists',
    facts: lists,
    sees: { everyone: [], bob: ['alice/noisy'], nobody: SIGN_IN },
  },
  {
    nsid: 'app.bsky.graph.getListsWithMembership',
    params: { actor: 'bob' },
    list: 'listsWithMembership',
    facts: ({ listsWithMembership }) =>
      listsWithMembership.map(({ list, listItem }: Answer) => [list.uri, listItem?.uri]),
    sees: {
      alice: [
        ['alice/noisy', undefined],
        ['alice/friends', 'alice/friends has bob'],
      ],
      everyone: [],
      nobody: SIGN_IN,
    },
  },
  {
    nsid: 'app.bsky.graph.getStarterPack',
    params: { starterPack: 'bob/start' },
    facts: ({ starterPack: { list, listItemsSample, feeds, joinedWeekCount, joinedAllTimeCount } }) => [
      ...[list.uri, listItemsSample.map(({ subject }: Answer) => subject.did), uris(feeds)],
      ...[joinedWeekCount, joinedAllTimeCount],
    ],
    sees: { everyone: ['bob/newcomers', ['alice', 'carla', 'dan'], ['bob/cats'], 1, 1] },
  },
  {
    nsid: 'app.bsky.graph.getStarterPacks',
    params: { uris: ['bob/start', 'bob/cats'] },
    facts: ({ starterPacks }) => starterPacks.map(({ uri, listItemCount }: Answer) => `${uri} of ${listItemCount}`),
    sees: { everyone: ['bob/start of 3'] },
  },
  ...each({ alice: { everyone: [] }, bob: { everyone: ['bob/start'] } }, (actor) => ({
    nsid: 'app.bsky.graph.getActorStarterPacks',
    params: { actor },
    list: 'starterPacks',
    facts: starterPacks,
  })),
  {
    nsid: 'app.bsky.graph.getStarterPacksWithMembership',
    params: { actor: 'dan' },
    list: 'starterPacksWithMembership',
    facts: ({ starterPacksWithMembership }) =>
      starterPacksWithMembership.map(({ starterPack, listItem }: Answer) => [starterPack.uri, listItem?.uri]),
    sees: { everyone: [], bob: [['bob/start', 'bob/newcomers has dan']], nobody: SIGN_IN },
  },
  ...each({ 'app.bsky.graph.searchStarterPacks': {}, 'app.bsky.graph.searchStarterPacksV2': {} }, (nsid) => ({
    nsid,
    params: { q: 'start CATS' },
    list: 'starterPacks',
    facts: starterPacks,
  })).map((check) => ({ ...check, sees: { everyone: ['bob/start'] } })),
  {
    nsid: 'app.bsky.graph.getSuggestedFollowsByActor',
    params: { actor: 'alice' },
    facts: ({ suggestions, isFallback }) => [isFallback, ...dids(suggestions)],
    sees: { alice: [true], bob: [true, 'carla'], carla: [true], dan: [false, 'bob'], nobody: [false, 'bob'] },
  },
  {
    nsid: 'app.bsky.labeler.getServices',
    params: { dids: ['carla', 'alice'], detailed: true },
    facts: ({ views }) =>
      views.map(({ uri, likeCount, viewer, policies }: Answer) => [uri, likeCount, viewer?.like, policies.labelValues]),
    sees: {
      everyone: [['carla/labeler', 1, undefined, ['spam', 'cat']]],
      alice: [['carla/labeler', 1, 'alice/likes carla/labeler', ['spam', 'cat']]],
    },
  },
]
