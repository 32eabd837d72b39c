/** Profiles, search of actors, and what an account has put away for its clients. */
import type { Answer } from './cast.js'
import { type Check, each, lines, SIGN_IN } from './check.js'
import { dids, labels, standing } from './facts.js'

const PEOPLE = ['alice', 'bob', 'carla', 'dan']
const byActor =
  (facts: (actor: Answer) => unknown) =>
  ({ profiles }: Answer): unknown =>
    Object.fromEntries(profiles.map((profile: Answer) => [profile.did, facts(profile)]))
const actors = ({ actors }: Answer): string[] => dids(actors)

export const ACTOR_CHECKS: Check[] = [
  {
    nsid: 'app.bsky.actor.getProfiles',
    params: { actors: [...PEOPLE, 'erin'] },
    facts: byActor(({ followersCount, followsCount, postsCount }) => [followersCount, followsCount, postsCount]),
    sees: { everyone: { alice: [3, 2, 10], bob: [2, 1, 13], carla: [1, 2, 9], dan: [0, 1, 6] } },
  },
  {
    nsid: 'app.bsky.actor.getProfiles',
    params: { actors: PEOPLE },
    facts: byActor(standing),
    sees: {
      alice: {
        alice: [],
        bob: lines('following: alice/follows bob, followedBy: bob/follows alice, 1 known: carla'),
        carla: lines('mutedOnlyReposts, following: alice/follows carla, followedBy: carla/follows alice'),
        dan: lines('muted, followedBy: dan/follows alice'),
      },
      bob: {
        alice: lines('following: bob/follows alice, followedBy: alice/follows bob'),
        bob: [],
        carla: lines('followedBy: carla/follows bob, 1 known: alice'),
        dan: lines('muted, mutedByList: alice/noisy'),
      },
      carla: {
        alice: lines(`
          following: carla/follows alice, followedBy: alice/follows carla, subscribed to posts and replies,
          1 known: bob`),
        bob: lines('following: carla/follows bob, subscribed to posts, 1 known: alice'),
        carla: [],
        dan: lines('blockedBy, blocking: carla/blocks noisy, blockingByList: alice/noisy'),
      },
      dan: {
        alice: ['following: dan/follows alice'],
        bob: ['1 known: alice'],
        carla: lines('blockedBy, blocking: dan/blocks carla'),
        dan: [],
      },
      nobody: { alice: [], bob: [], carla: [], dan: [] },
    },
  },
  {
    nsid: 'app.bsky.actor.getProfiles',
    params: { actors: PEOPLE },
    facts: byActor(labels),
    sees: { everyone: { alice: [], bob: [], carla: ['!no-unauthenticated by carla'], dan: ['spam by labeler'] } },
  },
  {
    nsid: 'app.bsky.actor.getProfile',
    params: { actor: 'alice.test' },
    facts: ({ did, displayName, description, pinnedPost, verification, associated }) => [
      ...[did, displayName, description, pinnedPost.uri, verification.verifiedStatus],
      ...[associated.chat.allowIncoming, associated.lists],
    ],
    sees: { everyone: ['alice', 'Alice', 'Writes about cats', 'alice/photo', 'valid', 'following', 2] },
  },
  {
    nsid: 'app.bsky.actor.getProfile',
    params: { actor: 'alice' },
    facts: ({ avatar, banner }) =>
      [avatar, banner].map((url) => /\/img\/(\w+)\/plain\/did:plc:\w+\/\w+@jpeg$/.exec(url)?.[1]),
    sees: { everyone: ['avatar', 'banner'] },
  },
  {
    // Bob's word counts and dan's does not; bob has taken his back.
    nsid: 'app.bsky.actor.getProfile',
    params: { actor: 'carla' },
    facts: ({ status, verification, associated, joinedViaStarterPack }) => [
      ...[status.uri, status.isActive, status.embed.external.uri, verification],
      ...[associated.labeler, joinedViaStarterPack.uri],
    ],
    sees: { everyone: ['carla/status', true, 'https://cats.example/', undefined, true, 'bob/start'] },
  },
  {
    nsid: 'app.bsky.actor.getProfile',
    params: { actor: 'bob' },
    facts: ({ verification, associated }) => [
      verification.trustedVerifierStatus,
      ...[associated.lists, associated.feedgens, associated.starterPacks, associated.labeler],
    ],
    sees: { everyone: ['valid', 1, 1, 1, false] },
  },
  {
    nsid: 'app.bsky.actor.getProfile',
    params: { actor: 'dan' },
    facts: ({ associated }) => associated.activitySubscription.allowSubscriptions,
    sees: { everyone: 'none' },
  },
  ...each({ erin: { everyone: '400 InvalidRequest' }, 'erin.test': { everyone: '400 InvalidRequest' } }, (actor) => ({
    nsid: 'app.bsky.actor.getProfile',
    params: { actor },
    facts: ({ did }) => did,
  })),
  {
    nsid: 'app.bsky.actor.getPreferences',
    facts: ({ preferences }) => preferences.map(({ $type }: Answer) => $type.split('#')[1]),
    sees: { alice: ['adultContentPref', 'savedFeedsPrefV2'], everyone: [], nobody: SIGN_IN },
  },
  {
    nsid: 'app.bsky.actor.getSuggestions',
    list: 'actors',
    facts: actors,
    sees: { alice: [], bob: ['carla'], carla: [], dan: ['bob'], nobody: lines('alice, bob, carla, dan') },
  },
  ...each(
    {
      ali: { everyone: ['alice'] },
      cats: { everyone: ['alice'] },
      ÄRMEL: { everyone: ['carla'], dan: [] },
      armel: { everyone: ['carla'], dan: [] },
      'erin.test': { everyone: [] },
      test: {
        alice: lines('bob, carla, dan, alice'),
        bob: lines('alice, carla, bob, dan'),
        carla: lines('alice, bob, carla'),
        dan: lines('alice, bob, dan'),
        nobody: lines('alice, bob, carla, dan'),
      },
    },
    (q) => ({ nsid: 'app.bsky.actor.searchActors', params: { q }, list: 'actors', facts: actors }),
  ),
  ...each(
    {
      a: { everyone: lines('alice, carla'), dan: ['alice'] },
      car: { everyone: ['carla'], dan: [] },
      da: { everyone: ['dan'], carla: [] },
      // Whoever writes a handle to its end finds its owner, come what may.
      'dan.test': { everyone: ['dan'] },
    },
    (q) => ({ nsid: 'app.bsky.actor.searchActorsTypeahead', params: { q }, facts: actors }),
  ),
]
