import type { Answer } from './cast.js'
import { type Check } from './check.js'
import { dids, labels, standing } from './facts.js'

const PEOPLE = ['alice', 'bob', 'carla', 'dan']
const byActor = (facts: (actor: Answer) => unknown) => ({ profiles }: Answer) => Object.fromEntries(profiles.map((p: Answer) => [p.did, facts(p)]))

export const ACTOR_CHECKS: Check[] = [
  { nsid: 'app.bsky.actor.getProfiles', params: { actors: [...PEOPLE, 'erin'] }, facts: byActor(({ followersCount, followsCount, postsCount }) => `${followersCount} followers, ${followsCount} follows, ${postsCount} posts`), sees: {} },
  { nsid: 'app.bsky.actor.getProfiles', params: { actors: PEOPLE }, facts: byActor(standing), sees: {} },
  { nsid: 'app.bsky.actor.getProfiles', params: { actors: PEOPLE }, facts: byActor(labels), sees: {} },
  { nsid: 'app.bsky.actor.getProfile', params: { actor: 'alice.test' }, facts: ({ did, displayName, description, avatar, banner, pinnedPost, verification, associated }) => ({ did, displayName, description, avatar, banner, pinned: pinnedPost.uri, verification, associated }), sees: {} },
  { nsid: 'app.bsky.actor.getProfile', params: { actor: 'carla' }, facts: ({ status, verification, associated }) => ({ status: status.uri, isActive: status.isActive, link: status.embed.external.uri, verification, labeler: associated.labeler }), sees: {} },
  { nsid: 'app.bsky.actor.getProfile', params: { actor: 'bob' }, facts: ({ verification, associated }) => ({ verification, associated }), sees: {} },
  { nsid: 'app.bsky.actor.getProfile', params: { actor: 'dan' }, facts: ({ joinedViaStarterPack, associated }) => ({ joined: joinedViaStarterPack.uri, associated }), sees: {} },
  { nsid: 'app.bsky.actor.getProfile', params: { actor: 'erin.test' }, facts: (a) => a, sees: {} },
  { nsid: 'app.bsky.actor.getPreferences', facts: ({ preferences }) => preferences.map((p: Answer) => p.$type), sees: {} },
  { nsid: 'app.bsky.actor.getSuggestions', list: 'actors', facts: (a) => dids(a.actors), sees: {} },
  ...['alice', 'cats', 'armel', 'test', 'erin'].map((q): Check => ({ nsid: 'app.bsky.actor.searchActors', params: { q }, list: 'actors', facts: (a) => dids(a.actors), sees: {} })),
  ...['a', 'car', 'dan', 'dan.test'].map((q): Check => ({ nsid: 'app.bsky.actor.searchActorsTypeahead', params: { q }, facts: (a) => dids(a.actors), sees: {} })),
]
