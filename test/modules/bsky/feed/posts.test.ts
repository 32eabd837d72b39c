import type { AppBskyFeedDefs, AtpAgent } from '@atproto/api'
import { afterAll, describe, expect, it } from '@jest/globals'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { block, checked, create, like, post, quote, type Ref, remove, repost, textOf } from '../posting.js'

const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'])

afterAll(() => stopTestServer(server))

interface Paging {
  limit?: number
  cursor?: string
}

async function likers(client: AtpAgent, { uri }: Ref, paging: Paging = {}) {
  const page = await checked('app.bsky.feed.getLikes', client.app.bsky.feed.getLikes({ uri, ...paging }))
  return { ...page, handles: page.likes.map(({ actor }) => actor.handle.split('.')[0]) }
}

async function reposters(client: AtpAgent, { uri }: Ref, paging: Paging = {}) {
  const page = await checked('app.bsky.feed.getRepostedBy', client.app.bsky.feed.getRepostedBy({ uri, ...paging }))
  return { ...page, handles: page.repostedBy.map(({ handle }) => handle.split('.')[0]) }
}

async function quotes(client: AtpAgent, { uri }: Ref, paging: Paging = {}) {
  const page = await checked('app.bsky.feed.getQuotes', client.app.bsky.feed.getQuotes({ uri, ...paging }))
  return { ...page, texts: page.posts.map(textOf) }
}

describe('getPosts', () => {
  it('gives those that are there, each once, in their order', async () => {
    const one = await post(alice, 'one')
    const two = await post(bob, 'two')
    const uris = [two.uri, one.uri, `${one.uri}x`, two.uri.replace(bob.assertDid, 'bob.test')]
    const { posts } = await checked('app.bsky.feed.getPosts', nobody.app.bsky.feed.getPosts({ uris }))
    expect(posts.map(textOf)).toEqual(['two', 'one'])
  })
})

describe('getLikes and getRepostedBy', () => {
  it('tell who, last first, page by page', async () => {
    const subject = await post(alice, 'subject')
    for (const client of [bob, carla, dan]) {
      await like(client, subject)
      await repost(client, subject)
    }
    for (const read of [likers, reposters]) {
      const all = await read(nobody, subject)
      expect(all).toMatchObject({ uri: subject.uri, handles: ['dan', 'carla', 'bob'] })
      expect(all.cursor).toBeUndefined()
      const first = await read(nobody, subject, { limit: 2 })
      expect((await read(nobody, subject, { limit: 2, cursor: first.cursor })).handles).toEqual(['bob'])
      expect(
        (await read(nobody, { ...subject, uri: subject.uri.replace(alice.assertDid, 'alice.test') })).handles,
      ).toEqual(['dan', 'carla', 'bob'])
      expect((await read(nobody, { ...subject, uri: `${subject.uri}x` })).handles).toEqual([])
    }
  })

  it('leave out those with whom the viewer or the author has a block', async () => {
    const subject = await post(alice, 'subject')
    const [erin, frank, grace] = [
      await server.signUp('erin'),
      await server.signUp('frank'),
      await server.signUp('grace'),
    ]
    for (const client of [erin, frank, grace]) {
      await like(client, subject)
      await repost(client, subject)
    }
    await block(erin, alice)
    await block(bob, frank)
    for (const read of [likers, reposters]) {
      expect((await read(nobody, subject)).handles).toEqual(['grace', 'frank'])
      expect((await read(bob, subject)).handles).toEqual(['grace'])
    }
  })
})

describe('getQuotes', () => {
  const embedOf = ({ embed }: AppBskyFeedDefs.PostView) => (embed as { record: { $type: string } }).record.$type

  it('has every kind of quote, the newest first', async () => {
    const subject = await post(alice, 'subject')
    await quote(bob, 'one', subject)
    const media = {
      $type: 'app.bsky.embed.external',
      external: { uri: 'https://example.com', title: '', description: '' },
    }
    const embed = { $type: 'app.bsky.embed.recordWithMedia', record: { record: subject }, media }
    await post(carla, 'two', { embed })
    const last = await quote(dan, 'three', subject)
    expect((await quotes(nobody, subject)).texts).toEqual(['three', 'two', 'one'])
    const first = await quotes(nobody, subject, { limit: 1 })
    expect(first.texts).toEqual(['three'])
    expect((await quotes(nobody, subject, { cursor: first.cursor })).texts).toEqual(['two', 'one'])
    await remove(dan, last)
    expect((await quotes(nobody, subject)).texts).toEqual(['two', 'one'])
  })

  it('shows nothing of what its author does not want quoted', async () => {
    const subject = await post(alice, 'subject')
    const detached = await quote(bob, 'detached', subject)
    await quote(carla, 'fine', subject)
    await create(
      alice,
      'app.bsky.feed.postgate',
      { post: subject.uri, detachedEmbeddingUris: [detached.uri] },
      subject.uri.split('/').at(-1),
    )
    const { posts } = await quotes(nobody, subject)
    expect(posts.map(embedOf)).toEqual(['app.bsky.embed.record#viewRecord', 'app.bsky.embed.record#viewDetached'])
    const closed = await post(alice, 'closed')
    await create(
      alice,
      'app.bsky.feed.postgate',
      { post: closed.uri, embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }] },
      closed.uri.split('/').at(-1),
    )
    await quote(bob, 'not allowed', closed)
    expect((await quotes(nobody, closed)).posts.map(embedOf)).toEqual(['app.bsky.embed.record#viewDetached'])
  })
})

describe('getBookmarks', () => {
  it('has the viewer’s, last first, with stubs for what is gone or blocked', async () => {
    const viewer = await server.signUp('viewer')
    const kept = await post(alice, 'kept')
    const gone = await post(alice, 'gone')
    const other = await server.signUp('other')
    const blocked = await post(other, 'blocked')
    for (const { uri, cid } of [kept, gone, blocked]) await viewer.app.bsky.bookmark.createBookmark({ uri, cid })
    await remove(alice, gone)
    await block(other, viewer)
    const read = async (paging: Paging = {}) =>
      checked('app.bsky.bookmark.getBookmarks', viewer.app.bsky.bookmark.getBookmarks(paging))
    const { bookmarks, cursor } = await read()
    expect(bookmarks.map(({ subject, item }) => [subject, item.$type])).toEqual(
      expect.arrayContaining([
        [blocked, 'app.bsky.feed.defs#blockedPost'],
        [gone, 'app.bsky.feed.defs#notFoundPost'],
        [kept, 'app.bsky.feed.defs#postView'],
      ]),
    )
    expect(cursor).toBeUndefined()
    const first = await read({ limit: 2 })
    const rest = await read({ limit: 2, cursor: first.cursor })
    expect([...first.bookmarks, ...rest.bookmarks]).toEqual(bookmarks)
    await expect(nobody.app.bsky.bookmark.getBookmarks()).rejects.toMatchObject({ status: 401 })
  })
})
