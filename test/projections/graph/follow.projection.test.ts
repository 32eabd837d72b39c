import { FollowProjection } from '../../../src/projections/graph/follow.projection.js'
import { alice, at, bob, carla, edit, put, remove, START, type Story, story } from '../given.js'

const uri = (did: string, rkey: string) => `at://${did}/app.bsky.graph.follow/${rkey}`
const follow = (did: string, rkey: string, subject: string) => put(uri(did, rkey), { subject })

let told: Story
beforeEach(async () => {
  told = await story(() => [new FollowProjection()])
})
afterEach(() => told.close())

it('counts on both sides, tells the one who is followed, and is filed under them', async () => {
  await told.given(follow(bob, 'f1', alice))
  await told.expectRows('bsky_follow', [{ uri: uri(bob, 'f1'), did: bob, subject: alice }])
  await told.expectRows('bsky_actor_stat', [
    { did: alice, followers: 1, follows: 0 },
    { did: bob, followers: 0, follows: 1 },
  ])
  await told.expectRows('bsky_notification', [{ did: alice, author: bob, reason: 'follow', subject: null }])
  await told.expectRows('bsky_backlink', [
    { target: alice, path: 'app.bsky.graph.follow:subject', uri: uri(bob, 'f1') },
  ])
})

it('counts two follows of the same one as one, whichever comes first and whichever goes', async () => {
  const empty = await told.dump()
  await told.given(follow(bob, 'f2', alice))
  const one = await told.dump()
  await told.given(follow(bob, 'f1', alice))
  await told.expectRows('bsky_actor_stat', [
    { did: alice, followers: 1 },
    { did: bob, followers: 0 },
  ])
  await told.expectRows('bsky_notification', [{ uri: uri(bob, 'f1') }])
  await told.given(remove(uri(bob, 'f1')))
  expect(await told.dump()).toBe(one)
  await told.given(remove(uri(bob, 'f2')))
  expect(await told.dump()).toBe(empty)
})

it('goes over to another subject when it is edited', async () => {
  await told.given(follow(bob, 'f1', alice), edit(uri(bob, 'f1'), { subject: carla }))
  await told.expectRows('bsky_actor_stat', [
    { did: bob, follows: 1, followers: 0 },
    { did: carla, follows: 0, followers: 1 },
  ])
  await told.expectRows('bsky_notification', [{ did: carla }])
})

it('of oneself counts and tells nobody', async () => {
  const empty = await told.dump()
  await told.given(follow(alice, 'f1', alice))
  await told.expectRows('bsky_actor_stat', [{ did: alice, follows: 1, followers: 1 }])
  await told.expectRows('bsky_notification', [])
  await told.given(remove(uri(alice, 'f1')))
  expect(await told.dump()).toBe(empty)
})

it('is sorted by the earlier of when it says it was made and when it came', async () => {
  await told.given(
    put(uri(alice, 'old'), { subject: bob, createdAt: '0001-01-01T00:00:00Z' }),
    at('2026-01-02T00:00:00.000Z', put(uri(bob, 'new'), { subject: alice, createdAt: '9999-12-31T23:59:59Z' })),
  )
  await told.expectRows('bsky_follow', [
    { did: alice, sort_at: Date.parse('0001-01-01T00:00:00Z'), indexed_at: START + 1000 },
    { did: bob, sort_at: Date.parse('2026-01-02T00:00:00Z'), indexed_at: Date.parse('2026-01-02T00:00:00Z') },
  ])
})

it('that never came can be deleted', async () => {
  const empty = await told.dump()
  await told.given(remove(uri(bob, 'f1')))
  expect(await told.dump()).toBe(empty)
})
