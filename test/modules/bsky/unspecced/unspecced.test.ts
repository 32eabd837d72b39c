import { type AtpAgent, RichText } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { call } from '../../../e2e/call.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'

type Actor = AtpAgent & { assertDid: string }

const lexicons = new Lexicons()
let server: TestServer
let alice: Actor
let bob: Actor

async function ask(nsid: string, params = {}, as?: AtpAgent, of = server): Promise<any> {
  const { status, json } = await call(of, nsid, { params, as })
  expect([nsid, status]).toEqual([nsid, 200])
  lexicons.checkOutput(nsid, json)
  return json
}

async function write(who: Actor, text: string, more = {}): Promise<void> {
  const { facets } = new RichText({ text })
  const rich = new RichText({ text, facets })
  rich.detectFacetsWithoutResolution()
  await who.post({ text: rich.text, facets: rich.facets, ...more })
}

const QUIET = [
  'getPopularFeedGenerators',
  'getSuggestedFeeds',
  'getSuggestedFeedsSkeleton',
  'getTrends',
  'getTrendsSkeleton',
  'getTrendingTopics',
  'getTaggedSuggestions',
]

beforeAll(async () => {
  server = await startTestServer()
  ;[alice, bob] = [await server.signUp('alice'), await server.signUp('bob')]
})

afterAll(() => stopTestServer(server))

describe('app.bsky.unspecced', () => {
  it('has answers where nothing has been written yet', async () => {
    const empty = await startTestServer()
    for (const name of QUIET) await ask(`app.bsky.unspecced.${name}`, {}, undefined, empty)
    const carla = await empty.signUp('carla')
    for (const name of QUIET) await ask(`app.bsky.unspecced.${name}`, {}, carla, empty)
    await stopTestServer(empty)
  })
})

describe('trends', () => {
  it('are what several people write about: tags and links', async () => {
    const external = { uri: 'https://example.com/story/', title: 'A story', description: '' }
    await write(alice, 'I like #Dogs', { embed: { $type: 'app.bsky.embed.external', external } })
    await write(bob, 'so do I #dogs #alone https://example.com/story')
    await write(bob, 'and #dogs again')
    await write(bob, '#alone #alone')
    const { trends } = await ask('app.bsky.unspecced.getTrends', {}, alice)
    expect(trends).toMatchObject([
      { topic: 'dogs', link: '/hashtag/dogs', postCount: 3 },
      { topic: 'example.com/story', link: expect.stringContaining('https://example.com/story'), postCount: 2 },
    ])
    expect(trends[0].actors.map(({ did }: { did: string }) => did)).toEqual([bob.assertDid, alice.assertDid])
    const skeleton = await ask('app.bsky.unspecced.getTrendsSkeleton', { limit: 1 })
    expect(skeleton.trends).toMatchObject([{ topic: 'dogs', dids: [bob.assertDid, alice.assertDid] }])
    const { topics } = await ask('app.bsky.unspecced.getTrendingTopics')
    expect(topics).toHaveLength(2)
  })

  it('show nobody whom the viewer has muted', async () => {
    await alice.mute(bob.assertDid)
    const { trends } = await ask('app.bsky.unspecced.getTrends', {}, alice)
    expect(trends[0].actors.map(({ did }: { did: string }) => did)).toEqual([alice.assertDid])
    await alice.unmute(bob.assertDid)
  })
})

describe('suggestions', () => {
  it('are feeds that people like and actors that they follow', async () => {
    await alice.follow(bob.assertDid)
    const { uri } = await alice.app.bsky.feed.generator.create(
      { repo: alice.assertDid, rkey: 'best' },
      { did: 'did:web:feeds.test', displayName: 'Best', createdAt: new Date().toISOString() },
    )
    const { suggestions } = await ask('app.bsky.unspecced.getTaggedSuggestions')
    expect(suggestions).toContainEqual({ tag: 'popular', subjectType: 'actor', subject: bob.assertDid })
    expect(suggestions).toContainEqual({ tag: 'popular', subjectType: 'feed', subject: uri })
    expect((await ask('app.bsky.unspecced.getSuggestedFeedsSkeleton')).feeds).toEqual([uri])
    const { suggested } = await ask('app.bsky.unspecced.getTrendingTopics')
    expect(suggested).toEqual([{ topic: 'Best', displayName: 'Best', link: `/profile/${alice.assertDid}/feed/best` }])
  })
})

describe('getEmbedExternalView', () => {
  it('makes a card of the records that stand behind a page', async () => {
    const create = async (collection: string, record: object): Promise<{ uri: string; cid: string }> => {
      const { data } = await alice.com.atproto.repo.createRecord({
        repo: alice.assertDid,
        collection,
        record: { $type: collection, ...record },
      })
      return { uri: data.uri, cid: data.cid }
    }
    const publication = await create('site.standard.publication', {
      url: 'https://alice.example',
      name: "Alice's pages",
      basicTheme: { background: { r: 1, g: 2, b: 3 }, accent: { r: 1, g: 2, b: 300 } },
    })
    const document = await create('site.standard.document', {
      site: publication.uri,
      title: 'On dogs',
      path: '/dogs',
      publishedAt: '2026-01-02T03:04:05Z',
      updatedAt: 'lately',
      textContent: 'dog '.repeat(500),
    })
    const url = 'https://alice.example/dogs'
    const uris = [document.uri, publication.uri, `at://${alice.assertDid}/app.bsky.actor.profile/self`]
    const { view, associatedRefs, associatedRecords } = await ask('app.bsky.embed.getEmbedExternalView', { url, uris })
    expect(associatedRefs).toEqual([document, publication])
    expect(associatedRecords).toMatchObject([{ title: 'On dogs' }, { name: "Alice's pages" }])
    expect(view.external).toMatchObject({
      uri: url,
      title: 'On dogs',
      description: '',
      createdAt: '2026-01-02T03:04:05Z',
      readingTime: 3,
      source: { uri: 'https://alice.example', title: "Alice's pages", theme: { backgroundRGB: { r: 1, g: 2, b: 3 } } },
      associatedProfiles: [{ did: alice.assertDid }],
    })
    expect(view.external.updatedAt).toBeUndefined()
    expect(await ask('app.bsky.embed.getEmbedExternalView', { url: 'https://mallory.example', uris })).toEqual({})
    expect(
      await ask('app.bsky.embed.getEmbedExternalView', {
        url,
        uris: ['at://did:plc:abcdefghijklmnopqrstuvwx/site.standard.document/1'],
      }),
    ).toEqual({})
  })
})
