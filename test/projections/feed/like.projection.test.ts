import { LikeProjection } from '../../../src/projections/feed/like.projection.js'
import { alice, bob, carla, put, ref, remove, type Story, story } from '../given.js'

const post = `at://${alice}/app.bsky.feed.post/p1`
const like = (did: string, rkey: string, via?: string) =>
  put(`at://${did}/app.bsky.feed.like/${rkey}`, { subject: ref(post), ...(via && { via: ref(via) }) })

let told: Story
beforeEach(async () => {
  told = await story(() => [new LikeProjection()])
})
afterEach(() => told.close())

it('counts a like and tells the author of the post, also before the post has come', async () => {
  await told.given(like(bob, 'l1'))
  await told.expectRows('bsky_post_stat', [{ uri: post, likes: 1 }])
  await told.expectRows('bsky_notification', [{ did: alice, author: bob, reason: 'like', subject: post }])
})

it('tells whoever reposted the post to the one who likes it', async () => {
  const via = `at://${carla}/app.bsky.feed.repost/r1`
  await told.given(like(bob, 'l1', via))
  await told.expectRows('bsky_notification', [
    { did: alice, reason: 'like', subject: post },
    { did: carla, reason: 'like-via-repost', subject: via },
  ])
})

it('counts the same like twice as one, whichever of them goes', async () => {
  const empty = await told.dump()
  await told.given(like(bob, 'l1'), like(bob, 'l2'), remove(`at://${bob}/app.bsky.feed.like/l1`))
  await told.expectRows('bsky_post_stat', [{ uri: post, likes: 1 }])
  await told.expectRows('bsky_backlink', [{ target: post, uri: `at://${bob}/app.bsky.feed.like/l2` }])
  await told.given(remove(`at://${bob}/app.bsky.feed.like/l2`))
  expect(await told.dump()).toBe(empty)
})
