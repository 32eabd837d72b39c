import { ProfileProjection } from '../../../src/projections/actor/profile.projection.js'
import { alice, bob, carla, edit, put, ref, remove, type Story, story } from '../given.js'

const uri = `at://${alice}/app.bsky.actor.profile/self`
const post = `at://${alice}/app.bsky.feed.post/p1`
const pack = `at://${bob}/app.bsky.graph.starterpack/s1`

let told: Story
beforeEach(async () => {
  told = await story(() => [new ProfileProjection()])
})
afterEach(() => told.close())

it('is filed under the pinned post and the starter pack, whose owner is told', async () => {
  const empty = await told.dump()
  await told.given(put(uri, { pinnedPost: ref(post), joinedViaStarterPack: ref(pack) }))
  await told.expectRows('bsky_profile', [{ uri, did: alice }])
  await told.expectRows('bsky_backlink', [
    { target: post, path: 'app.bsky.actor.profile:pinnedPost.uri', uri },
    { target: pack, path: 'app.bsky.actor.profile:joinedViaStarterPack.uri', uri },
  ])
  await told.expectRows('bsky_notification', [{ did: bob, author: alice, reason: 'starterpack-joined', subject: pack }])
  await told.given(remove(uri))
  expect(await told.dump()).toBe(empty)
})

it('tells the owner of the pack once, however often it is edited', async () => {
  await told.given(put(uri, { joinedViaStarterPack: ref(pack) }))
  const before = await told.database.read.all('SELECT did, sort_at, uri FROM bsky_notification')
  await told.given(edit(uri, { joinedViaStarterPack: ref(pack), displayName: 'Alice' }))
  expect(await told.database.read.all('SELECT did, sort_at, uri FROM bsky_notification')).toEqual(before)
  await told.given(edit(uri, { displayName: 'Alice' }))
  await told.expectRows('bsky_notification', [])
})

it('tells nobody of their own pack', async () => {
  await told.given(put(uri, { joinedViaStarterPack: ref(pack.replace(bob, alice)) }))
  await told.expectRows('bsky_notification', [])
})

it('stands under the key self alone', async () => {
  const empty = await told.dump()
  const elsewhere = `at://${carla}/app.bsky.actor.profile/other`
  await told.given(put(elsewhere, { displayName: 'Nobody' }))
  expect(await told.dump()).toBe(empty)
  await told.given(edit(elsewhere, { displayName: 'No one' }), remove(elsewhere))
  expect(await told.dump()).toBe(empty)
})
