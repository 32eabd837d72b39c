import { PostFlag } from '../../../src/projections/feed/post-flags.js'
import { RepostProjection } from '../../../src/projections/feed/repost.projection.js'
import { alice, bob, carla, put, ref, remove, type Story, story } from '../given.js'

const post = `at://${alice}/app.bsky.feed.post/p1`
const uri = (did: string, rkey: string): string => `at://${did}/app.bsky.feed.repost/${rkey}`
const repost = (did: string, rkey: string, subject = post, via?: string) =>
  put(uri(did, rkey), { subject: ref(subject), ...(via && { via: ref(via) }) })

let told: Story
beforeEach(async () => {
  told = await story(() => [new RepostProjection()])
})
afterEach(() => told.close())

it('puts the post into the feed of whoever reposts it, counts it, and tells its author', async () => {
  await told.given(repost(bob, 'r1'))
  await told.expectRows('bsky_feed_item', [{ did: bob, uri: uri(bob, 'r1'), post, flags: PostFlag.repost }])
  await told.expectRows('bsky_post_stat', [{ uri: post, reposts: 1 }])
  await told.expectRows('bsky_notification', [{ did: alice, author: bob, reason: 'repost', subject: post }])
  await told.expectRows('bsky_backlink', [{ target: post, path: 'app.bsky.feed.repost:subject.uri' }])
})

it('tells whoever reposted the post to the one who reposts it', async () => {
  await told.given(repost(bob, 'r1', post, uri(carla, 'r9')))
  await told.expectRows('bsky_notification', [
    { did: alice, reason: 'repost', subject: post },
    { did: carla, reason: 'repost-via-repost', subject: uri(carla, 'r9') },
  ])
})

it('tells nobody of a repost of what is one’s own', async () => {
  await told.given(repost(alice, 'r1', post, uri(carla, 'r9')))
  await told.expectRows('bsky_notification', [])
})

it('has a post once in a feed, however often it is reposted, and leaves nothing behind', async () => {
  const empty = await told.dump()
  await told.given(repost(bob, 'r2'), repost(bob, 'r1'))
  await told.expectRows('bsky_feed_item', [{ uri: uri(bob, 'r1') }])
  await told.given(remove(uri(bob, 'r1')))
  await told.expectRows('bsky_feed_item', [{ uri: uri(bob, 'r2') }])
  await told.given(remove(uri(bob, 'r2')), remove(uri(bob, 'never')))
  expect(await told.dump()).toBe(empty)
})

it('has no feed item for what is no post', async () => {
  await told.given(repost(bob, 'r1', `at://${alice}/app.bsky.feed.generator/g`))
  await told.expectRows('bsky_feed_item', [])
  await told.expectRows('bsky_repost', [{ uri: uri(bob, 'r1') }])
})
