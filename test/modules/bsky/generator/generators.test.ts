import type { AppBskyFeedGetFeed, AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { GeneratorStub } from './generator-stub.js'

type Actor = AtpAgent & { assertDid: string }

const SKELETON = 'app.bsky.feed.getFeedSkeleton'
const lexicons = new Lexicons()
let server: TestServer
let generator: GeneratorStub
let alice: Actor
let bob: Actor

/** Declares a feed and gives its at-uri. */
async function declare(who: Actor, rkey: string, did: string, more = {}): Promise<string> {
  const { uri } = await who.app.bsky.feed.generator.create(
    { repo: who.assertDid, rkey },
    { did, displayName: rkey, createdAt: new Date().toISOString(), ...more },
  )
  return uri
}

async function feed(
  who: AtpAgent,
  params: AppBskyFeedGetFeed.QueryParams,
  headers = {},
): Promise<AppBskyFeedGetFeed.Response> {
  const answer = await who.app.bsky.feed.getFeed(params, { headers })
  lexicons.checkOutput('app.bsky.feed.getFeed', answer.data)
  return answer
}

beforeAll(async () => {
  server = await startTestServer()
  generator = await GeneratorStub.start()
  alice = await server.signUp('alice')
  bob = await server.signUp('bob')
})

afterAll(async () => {
  await generator.close()
  await stopTestServer(server)
})

describe('getFeed', () => {
  let uri: string
  let posts: { uri: string; cid: string }[]

  beforeAll(async () => {
    uri = await declare(alice, 'best', generator.did)
    posts = []
    for (const text of ['one', 'two', 'three']) posts.push(await bob.post({ text }))
  })

  beforeEach(() => {
    generator.asked.length = 0
  })

  it('shows the posts that the generator names, in its order, with its words', async () => {
    const repost = await alice.repost(posts[0]!.uri, posts[0]!.cid)
    generator.answers[SKELETON] = () => [
      200,
      {
        feed: [
          { post: posts[2]!.uri, reason: { $type: 'app.bsky.feed.defs#skeletonReasonPin' } },
          { post: 'at://did:plc:abcdefghijklmnopqrstuvwx/app.bsky.feed.post/3jzfcijpj2z2a' },
          { post: posts[0]!.uri, reason: { $type: 'app.bsky.feed.defs#skeletonReasonRepost', repost: repost.uri } },
          { post: posts[1]!.uri, feedContext: 'because' },
        ],
        cursor: 'any thing: 1/2',
        reqId: 'r1',
      },
      { 'content-language': 'de' },
    ]
    const { data, headers } = await feed(alice, { feed: uri, limit: 10 }, { 'accept-language': 'de, en' })
    expect(data.feed.map(({ post }) => (post.record as { text: string }).text)).toEqual(['three', 'one', 'two'])
    expect(data.feed.map(({ reason }) => reason?.$type)).toEqual([
      'app.bsky.feed.defs#reasonPin',
      'app.bsky.feed.defs#reasonRepost',
      undefined,
    ])
    expect(data.feed.map(({ feedContext, reqId }) => [feedContext, reqId])).toEqual([
      [undefined, 'r1'],
      [undefined, 'r1'],
      ['because', 'r1'],
    ])
    expect(data.cursor).toBe('any thing: 1/2')
    expect(headers['content-language']).toBe('de')
    expect(generator.asked[0]!.headers['accept-language']).toBe('de, en')
    expect(Object.fromEntries(generator.asked[0]!.query)).toEqual({ feed: uri, limit: '10' })
  })

  it('asks in the name of the viewer, who signs for it; as nobody for nobody', async () => {
    await feed(alice, { feed: uri, cursor: 'any thing: 1/2' })
    const token = generator.asked[0]!.headers.authorization!.split(' ')[1]!
    const payload = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as object
    expect(payload).toMatchObject({ iss: alice.assertDid, aud: generator.did, lxm: SKELETON })
    expect(generator.asked[0]!.query.get('cursor')).toBe('any thing: 1/2')
    await feed(server.agent(), { feed: uri })
    expect(generator.asked[1]!.headers.authorization).toBeUndefined()
  })

  it('gives no cursor that goes round in circles, and no more than was asked for', async () => {
    const { data } = await feed(alice, { feed: uri, limit: 1, cursor: 'any thing: 1/2' })
    expect(data.cursor).toBeUndefined()
    expect(data.feed).toHaveLength(1)
  })

  it('leaves out whom the viewer has muted', async () => {
    await alice.mute(bob.assertDid)
    expect((await feed(alice, { feed: uri })).data.feed).toEqual([])
    await alice.unmute(bob.assertDid)
  })

  it('says what the generator says, and what is wrong with it', async () => {
    generator.answers[SKELETON] = () => [400, { error: 'UnknownFeed', message: 'no such feed' }]
    await expect(feed(alice, { feed: uri })).rejects.toMatchObject({ status: 400, error: 'UnknownFeed' })
    generator.answers[SKELETON] = () => [500, 'oh no']
    await expect(feed(alice, { feed: uri })).rejects.toMatchObject({ status: 502, error: 'UpstreamFailure' })
    for (const wrong of ['not json', { feed: 'none' }, { feed: [{ post: 'none' }] }]) {
      generator.answers[SKELETON] = () => [200, wrong]
      await expect(feed(alice, { feed: uri })).rejects.toMatchObject({ status: 502, error: 'InvalidFeedResponse' })
    }
    generator.answers[SKELETON] = () => [200, { feed: [], cursor: 'x'.repeat(2 * 1024 * 1024) }]
    await expect(feed(alice, { feed: uri })).rejects.toMatchObject({ status: 502, error: 'UpstreamFailure' })
    generator.answers[SKELETON] = () => [302, '', { location: 'http://localhost/' }]
    await expect(feed(alice, { feed: uri })).rejects.toMatchObject({ status: 502, error: 'UpstreamFailure' })
  })

  it('says so when there is no such feed, or nobody who makes it', async () => {
    const unknown = `at://${alice.assertDid}/app.bsky.feed.generator/none`
    await expect(feed(alice, { feed: unknown })).rejects.toMatchObject({ status: 400, error: 'UnknownFeed' })
    const nowhere = await declare(alice, 'nowhere', 'did:web:localhost%3A1')
    await expect(feed(alice, { feed: nowhere })).rejects.toThrow('could not resolve identity')
    const other = await declare(alice, 'other', bob.assertDid)
    await expect(feed(alice, { feed: other })).rejects.toThrow('invalid feed generator service details')
  })
})

describe('generators', () => {
  const states = async (uri: string): Promise<[boolean, boolean]> => {
    const { data } = await alice.app.bsky.feed.getFeedGenerator({ feed: uri })
    lexicons.checkOutput('app.bsky.feed.getFeedGenerator', data)
    return [data.isOnline, data.isValid]
  }

  it('one, and whether its service is there and knows of it', async () => {
    const known = await declare(bob, 'known', generator.did)
    const denied = await declare(bob, 'denied', generator.did)
    const silent = await declare(bob, 'silent', generator.did)
    expect(await states(silent)).toEqual([true, true])
    generator.answers['app.bsky.feed.describeFeedGenerator'] = () => [
      200,
      { did: generator.did, feeds: [{ uri: known }] },
    ]
    expect(await states(known)).toEqual([true, true])
    expect(await states(denied)).toEqual([true, false])
    expect(await states(`at://${alice.assertDid}/app.bsky.feed.generator/nowhere`)).toEqual([false, false])
    await expect(states(`at://${alice.assertDid}/app.bsky.feed.generator/none`)).rejects.toThrow('could not find feed')
  })

  it('some by name, and those of an actor in pages', async () => {
    const uris = ['silent', 'none', 'known'].map((rkey) => `at://${bob.assertDid}/app.bsky.feed.generator/${rkey}`)
    const { data } = await alice.app.bsky.feed.getFeedGenerators({ feeds: [...uris, uris[0]!] })
    lexicons.checkOutput('app.bsky.feed.getFeedGenerators', data)
    expect(data.feeds.map(({ displayName }) => displayName)).toEqual(['silent', 'known'])
    const names: string[] = []
    let cursor: string | undefined
    do {
      const { data } = await server.agent().app.bsky.feed.getActorFeeds({ actor: 'bob.test', limit: 1, cursor })
      lexicons.checkOutput('app.bsky.feed.getActorFeeds', data)
      names.push(...data.feeds.map(({ displayName }) => displayName))
      cursor = data.cursor
    } while (cursor)
    expect(names).toEqual(['silent', 'denied', 'known'])
    await expect(alice.app.bsky.feed.getActorFeeds({ actor: 'nobody.test' })).rejects.toThrow('Profile not found')
  })

  it('the popular ones, the most liked first, by words too', async () => {
    const uri = await declare(bob, 'dogs', generator.did, { description: 'Große Hunde and small DOGS' })
    const { data: found } = await alice.app.bsky.feed.getFeedGenerators({ feeds: [uri] })
    await alice.like(uri, found.feeds[0]!.cid)
    const popular = async (query?: string): Promise<string[]> => {
      const { data } = await alice.app.bsky.unspecced.getPopularFeedGenerators({ query, limit: 3 })
      lexicons.checkOutput('app.bsky.unspecced.getPopularFeedGenerators', data)
      return data.feeds.map(({ displayName }) => displayName)
    }
    expect((await popular())[0]).toBe('dogs')
    expect(await popular()).toHaveLength(3)
    expect(await popular('small HUNDE')).toEqual(['dogs'])
    expect(await popular('GROSSE cats')).toEqual([])
    expect(await popular('große')).toEqual(['dogs'])
    expect(await popular('%')).toEqual([])
    const { data } = await alice.app.bsky.feed.getSuggestedFeeds({ limit: 1 })
    lexicons.checkOutput('app.bsky.feed.getSuggestedFeeds', data)
    expect(data.feeds[0]).toMatchObject({ displayName: 'dogs', likeCount: 1, viewer: { like: expect.any(String) } })
    const next = await alice.app.bsky.feed.getSuggestedFeeds({ limit: 100, cursor: data.cursor })
    expect(next.data.feeds.map(({ displayName }) => displayName)).not.toContain('dogs')
    expect(next.data.cursor).toBeUndefined()
  })
})
