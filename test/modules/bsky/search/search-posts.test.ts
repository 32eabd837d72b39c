import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { block, checked, follow, like, post, type Ref, remove, reply, textOf } from '../posting.js'

const { server, alice, bob, nobody } = await startCommunity(['alice', 'bob'])

afterAll(() => stopTestServer(server))

async function search(client: AtpAgent, q: string, more: object = {}) {
  const call = client.app.bsky.feed.searchPosts({ q, ...more })
  const page = await checked('app.bsky.feed.searchPosts', call)
  return { ...page, texts: page.posts.map(textOf) }
}

async function searchV2(client: AtpAgent, params: object) {
  const call = client.app.bsky.feed.searchPostsV2(params)
  return (await checked('app.bsky.feed.searchPostsV2', call)).posts.map(textOf)
}

const found = async (q: string, more: object = {}, client: AtpAgent = nobody) => (await search(client, q, more)).texts

/** A facet over the whole of a text. */
const facet = (text: string, feature: object) => [
  { index: { byteStart: 0, byteEnd: Buffer.byteLength(text) }, features: [feature] },
]

describe('what is found', () => {
  let first: Ref

  beforeAll(async () => {
    first = await post(alice, 'The quick brown fox')
    await post(bob, 'A brown dog is quick')
    await post(alice, 'Crème brûlée im Café')
    await post(alice, '吾輩は猫である')
    await post(bob, 'hello @alice', {
      facets: facet('hello @alice', { $type: 'app.bsky.richtext.facet#mention', did: alice.assertDid }),
    })
    await post(bob, 'a link', {
      langs: ['pt-BR'],
      facets: facet('a link', { $type: 'app.bsky.richtext.facet#link', uri: 'https://www.example.com/page' }),
    })
    await post(alice, 'tagged', {
      tags: ['Outer'],
      facets: facet('tagged', { $type: 'app.bsky.richtext.facet#tag', tag: 'Inner' }),
    })
  })

  it('has every word, in any order, the newest first', async () => {
    expect(await found('quick brown')).toEqual(['A brown dog is quick', 'The quick brown fox'])
    expect(await found('QUICK fox')).toEqual(['The quick brown fox'])
    expect(await found('quick missing')).toEqual([])
  })

  it('has phrases, and not what is excluded', async () => {
    expect(await found('"quick brown"')).toEqual(['The quick brown fox'])
    expect(await found('quick -fox')).toEqual(['A brown dog is quick'])
    expect(await found('-brown from:bob.test')).toEqual(['a link', 'hello @alice'])
    expect(await found('quick -from:bob.test')).toEqual(['The quick brown fox'])
    expect(await found('-quick -hello -link', { author: 'bob.test' })).toEqual([])
  })

  it('folds case and accents, and finds words where no spaces are written', async () => {
    expect(await found('creme BRULEE')).toEqual(['Crème brûlée im Café'])
    expect(await found('café')).toEqual(['Crème brûlée im Café'])
    expect(await found('猫')).toEqual(['吾輩は猫である'])
    expect(await found('輩吾')).toEqual([])
  })

  it('goes by author, mentions, links, languages and tags', async () => {
    expect(await found('from:alice.test quick')).toEqual(['The quick brown fox'])
    expect(await found('quick', { author: bob.assertDid })).toEqual(['A brown dog is quick'])
    expect(await found('from:me quick', {}, alice)).toEqual(['The quick brown fox'])
    expect(await found('from:me quick')).toEqual([])
    expect(await found('from:missing.test')).toEqual([])
    for (const [q, more] of [
      ['mentions:alice.test', {}],
      ['to:me', {}],
      ['hello', { mentions: 'alice.test' }],
    ] as const)
      expect(await found(q, more, alice)).toEqual(['hello @alice'])
    for (const [q, more] of [
      ['domain:example.com', {}],
      ['domain:www.example.com', {}],
      ['https://www.example.com/page', {}],
      ['lang:pt', {}],
      ['link', { lang: 'pt-BR' }],
      ['link', { domain: 'example.com', url: 'https://www.example.com/page/' }],
    ] as const)
      expect(await found(q, more)).toEqual(['a link'])
    expect(await found('domain:ample.com')).toEqual([])
    expect(await found('#inner')).toEqual(['tagged'])
    expect(await found('#outer #inner')).toEqual(['tagged'])
    expect(await found('tagged', { tag: ['outer', 'other'] })).toEqual([])
  })

  it('goes by time', async () => {
    const { createdAt } = (await nobody.app.bsky.feed.getPosts({ uris: [first.uri] })).data.posts[0]!.record as {
      createdAt: string
    }
    expect(await found('quick', { since: createdAt })).toHaveLength(2)
    expect(await found('quick', { until: createdAt })).toHaveLength(0)
    expect(await found('quick since:2025-01-06 until:2025-01-07')).toHaveLength(2)
    expect(await found('quick until:2025-01-06')).toHaveLength(0)
    await expect(search(nobody, 'quick', { since: 'yesterday' })).rejects.toMatchObject({ error: 'BadQueryString' })
  })

  it('takes nothing of a user for the language of the index', async () => {
    for (const q of [
      '"',
      'quick"',
      'text:quick',
      'NEAR(quick brown)',
      'quick*',
      '^quick',
      'a AND',
      '{text} : x',
      "'; --",
      '-',
      '(',
    ])
      await expect(search(nobody, q)).resolves.toBeDefined()
    expect(await found('quick OR hello')).toEqual([])
    expect(await found('🎉')).toEqual([])
    expect(await found('*')).toHaveLength(7)
    expect(await found(' ')).toEqual([])
    await expect(search(nobody, 'x '.repeat(60))).rejects.toMatchObject({ status: 400, error: 'BadQueryString' })
    await expect(search(nobody, 'quick', { cursor: 'nonsense' })).rejects.toMatchObject({ error: 'InvalidRequest' })
  })

  it('comes in pages', async () => {
    const first = await search(nobody, 'quick', { limit: 1 })
    expect(first).toMatchObject({ texts: ['A brown dog is quick'], hitsTotal: 2 })
    await post(bob, 'quick, in between')
    const last = await search(nobody, 'quick', { limit: 1, cursor: first.cursor })
    expect(last).toMatchObject({ texts: ['The quick brown fox'] })
    expect(last.cursor).toBeUndefined()
  })

  it('comes in pages of any number, each post once', async () => {
    const dora = await server.signUp('dora')
    const writes = Array.from({ length: 1_100 }, (_, i) => ({
      $type: 'com.atproto.repo.applyWrites#create' as const,
      collection: 'app.bsky.feed.post',
      value: {
        $type: 'app.bsky.feed.post',
        text: `common ${i}`,
        // Not in the order in which they are written.
        createdAt: new Date(Date.UTC(2024, 0, 1, 0, (i * 7) % 1_100)).toISOString(),
      },
    }))
    for (let i = 0; i < writes.length; i += 200)
      await dora.com.atproto.repo.applyWrites({ repo: dora.assertDid, writes: writes.slice(i, i + 200) })
    for (const sort of ['latest', 'top']) {
      const texts: string[] = []
      let cursor: string | undefined
      do {
        const page = await search(nobody, 'common', { sort, limit: 100, cursor })
        texts.push(...page.texts)
        cursor = page.cursor
        if (texts.length === 100) expect(page.hitsTotal).toBe(300)
      } while (cursor)
      expect(texts).toHaveLength(1_100)
      expect(new Set(texts).size).toBe(1_100)
    }
  })

  it('has new posts at once, and none that are gone or behind a block', async () => {
    const carla = await server.signUp('carla')
    const written = await post(carla, 'ephemeral')
    expect(await found('ephemeral')).toEqual(['ephemeral'])
    await block(alice, carla)
    expect(await found('ephemeral', {}, alice)).toEqual([])
    await remove(carla, written)
    expect(await found('ephemeral')).toEqual([])
  })

  it('has what people react to on top', async () => {
    const loved = await post(alice, 'ranked one')
    await post(bob, 'ranked two')
    expect(await found('ranked', { sort: 'top' })).toEqual(['ranked two', 'ranked one'])
    await like(bob, loved)
    await like(alice, loved)
    expect(await found('ranked', { sort: 'top' })).toEqual(['ranked one', 'ranked two'])
    const first = await search(nobody, 'ranked', { sort: 'top', limit: 1 })
    expect(await found('ranked', { sort: 'top', limit: 1, cursor: first.cursor })).toEqual(['ranked two'])
  })
})

describe('searchPostsV2', () => {
  it('takes lists, of which one is enough, and filters', async () => {
    const dan = await server.signUp('dan')
    const erin = await server.signUp('erin')
    const root = await post(dan, 'second version')
    await reply(erin, 'second answer', root)
    await follow(alice, dan)
    const query = 'second'
    expect(await searchV2(nobody, { query })).toEqual(['second answer', 'second version'])
    expect(await searchV2(nobody, { authors: ['dan.test', 'erin.test'] })).toHaveLength(2)
    expect(await searchV2(nobody, { query, excludeAuthors: ['dan.test'] })).toEqual(['second answer'])
    expect(await searchV2(nobody, { query, excludeReplies: true })).toEqual(['second version'])
    expect(await searchV2(nobody, { query, repliesOnly: true })).toEqual(['second answer'])
    expect(await searchV2(nobody, { threadRootUri: root.uri })).toEqual(['second answer'])
    expect(await searchV2(alice, { query, following: true })).toEqual(['second version'])
    expect(await searchV2(nobody, { query, hasMedia: true })).toEqual([])
    const bare = nobody.app.bsky.feed.searchPostsV2({})
    await expect(bare).rejects.toMatchObject({ status: 400, error: 'BadQueryString' })
  })

  it('finds what embeds a record', async () => {
    const quoted = await post(alice, 'to be quoted')
    await post(bob, 'quoting it', { embed: { $type: 'app.bsky.embed.record', record: quoted } })
    expect(await searchV2(nobody, { embeddedAtUris: [quoted.uri] })).toEqual(['quoting it'])
    expect(await searchV2(nobody, { query: 'quoting', excludeEmbeddedAtUris: [quoted.uri] })).toEqual([])
  })
})
