import type { Answer } from './cast.js'
import { type Check } from './check.js'
import { dids, standing, uris } from './facts.js'

const ACTORS = ['alice', 'bob', 'carla', 'dan']

export const GRAPH_CHECKS: Check[] = [
  ...ACTORS.map((actor): Check => ({ nsid: 'app.bsky.graph.getFollowers', params: { actor }, list: 'followers', facts: (a) => dids(a.followers), sees: {} })),
  { nsid: 'app.bsky.graph.getFollowers', params: { actor: 'erin' }, facts: (a) => dids(a.followers), sees: {} },
  ...ACTORS.map((actor): Check => ({ nsid: 'app.bsky.graph.getFollows', params: { actor }, list: 'follows', facts: (a) => dids(a.follows), sees: {} })),
  ...['alice', 'bob'].map((actor): Check => ({ nsid: 'app.bsky.graph.getKnownFollowers', params: { actor }, list: 'followers', facts: (a) => dids(a.followers), sees: {} })),
  { nsid: 'app.bsky.graph.getRelationships', params: { actor: 'dan', others: ['alice', 'bob', 'carla', 'did:web:nobody.test'] }, facts: (a) => a.relationships, sees: {} },
  { nsid: 'app.bsky.graph.getBlocks', list: 'blocks', facts: (a) => dids(a.blocks), sees: {} },
  { nsid: 'app.bsky.graph.getMutes', list: 'mutes', facts: (a) => a.mutes.map((m: Answer) => [m.did, ...standing(m)]), sees: {} },
  ...['alice/friends', 'alice/noisy', 'bob/newcomers'].map((list): Check => ({ nsid: 'app.bsky.graph.getList', params: { list }, list: 'items', facts: ({ list, items }) => ({ count: list.listItemCount, viewer: list.viewer, members: items.map((i: Answer) => i.subject.did) }), sees: {} })),
  { nsid: 'app.bsky.graph.getLists', params: { actor: 'alice' }, list: 'lists', facts: (a) => uris(a.lists), sees: {} },
  { nsid: 'app.bsky.graph.getLists', params: { actor: 'alice', purposes: ['modlist'] }, list: 'lists', facts: (a) => uris(a.lists), sees: {} },
  { nsid: 'app.bsky.graph.getLists', params: { actor: 'bob' }, list: 'lists', facts: (a) => uris(a.lists), sees: {} },
  { nsid: 'app.bsky.graph.getListBlocks', list: 'lists', facts: (a) => uris(a.lists), sees: {} },
  { nsid: 'app.bsky.graph.getListMutes', list: 'lists', facts: (a) => uris(a.lists), sees: {} },
  { nsid: 'app.bsky.graph.getListsWithMembership', params: { actor: 'bob' }, list: 'listsWithMembership', facts: (a) => a.listsWithMembership.map((m: Answer) => `${m.list.uri} ${m.listItem?.uri}`), sees: {} },
  { nsid: 'app.bsky.graph.getStarterPack', params: { starterPack: 'bob/start' }, facts: ({ starterPack: p }) => ({ list: p.list.uri, members: p.listItemsSample.map((i: Answer) => i.subject.did), feeds: uris(p.feeds), joined: [p.joinedWeekCount, p.joinedAllTimeCount] }), sees: {} },
  { nsid: 'app.bsky.graph.getStarterPacks', params: { uris: ['bob/start', 'bob/cats'] }, facts: (a) => a.starterPacks.map((p: Answer) => `${p.uri} ${p.listItemCount}`), sees: {} },
  { nsid: 'app.bsky.graph.getActorStarterPacks', params: { actor: 'bob' }, list: 'starterPacks', facts: (a) => uris(a.starterPacks), sees: {} },
  { nsid: 'app.bsky.graph.getStarterPacksWithMembership', params: { actor: 'dan' }, list: 'starterPacksWithMembership', facts: (a) => a.starterPacksWithMembership.map((m: Answer) => `${m.starterPack.uri} ${m.listItem?.uri}`), sees: {} },
  { nsid: 'app.bsky.graph.searchStarterPacks', params: { q: 'cats' }, list: 'starterPacks', facts: (a) => uris(a.starterPacks), sees: {} },
  { nsid: 'app.bsky.graph.searchStarterPacksV2', params: { q: 'start CATS' }, list: 'starterPacks', facts: (a) => uris(a.starterPacks), sees: {} },
  ...['alice', 'dan'].map((actor): Check => ({ nsid: 'app.bsky.graph.getSuggestedFollowsByActor', params: { actor }, facts: (a) => ({ actors: dids(a.suggestions), isFallback: a.isFallback }), sees: {} })),
  { nsid: 'app.bsky.labeler.getServices', params: { dids: ['carla', 'alice'], detailed: true }, facts: (a) => a.views.map((v: Answer) => ({ uri: v.uri, likes: v.likeCount, like: v.viewer?.like, values: v.policies.labelValues })), sees: {} },
]
