import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { type Member, startCommunity, stopTestServer } from '../../../support/server.js'

const lexicons = new Lexicons()
const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'])
let list: string
let garden: string
let books: string

const now = (): string => new Date().toISOString()

async function makePack(client: Member, name: string, of: string, feeds: { uri: string }[] = []): Promise<string> {
  const { uri } = await client.app.bsky.graph.starterpack.create(
    { repo: client.assertDid },
    { name, list: of, feeds, createdAt: now() },
  )
  return uri
}

beforeAll(async () => {
  const made = await alice.app.bsky.graph.list.create(
    { repo: alice.assertDid },
    { name: 'gardeners', purpose: 'app.bsky.graph.defs#referencelist', createdAt: now() },
  )
  list = made.uri
  for (const subject of [bob.assertDid, carla.assertDid])
    await alice.app.bsky.graph.listitem.create({ repo: alice.assertDid }, { list, subject, createdAt: now() })
  await dan.follow(carla.assertDid)
  const feed = await alice.app.bsky.feed.generator.create(
    { repo: alice.assertDid, rkey: 'flowers' },
    { did: 'did:web:feeds.test', displayName: 'Flowers', createdAt: now() },
  )
  garden = await makePack(alice, 'Friends of the Garden', list, [{ uri: feed.uri }])
  books = await makePack(alice, '100% Books_', list)
  await dan.app.bsky.actor.profile.create(
    { repo: dan.assertDid, rkey: 'self' },
    { displayName: 'Dan', joinedViaStarterPack: { uri: garden, cid: made.cid }, createdAt: now() },
  )
})
afterAll(() => stopTestServer(server))

describe('a starter pack', () => {
  const one = async (client: AtpAgent, starterPack: string) => {
    const { data } = await client.app.bsky.graph.getStarterPack({ starterPack })
    lexicons.checkOutput('app.bsky.graph.getStarterPack', data)
    return data.starterPack
  }

  it('is told with its list, its most followed members, its feeds and who joined by it', async () => {
    const pack = await one(nobody, garden)
    expect(pack).toMatchObject({
      uri: garden,
      creator: { handle: 'alice.test' },
      list: { uri: list, listItemCount: 2 },
      feeds: [{ displayName: 'Flowers' }],
      joinedAllTimeCount: 1,
      joinedWeekCount: 1,
    })
    expect(pack.listItemsSample?.map(({ subject }) => subject.handle)).toEqual(['carla.test', 'bob.test'])
    expect((await one(nobody, garden.replace(alice.assertDid, 'alice.test'))).uri).toBe(garden)
  })

  it('is shown with the profile of whoever joined by it', async () => {
    const { data } = await nobody.getProfile({ actor: 'dan.test' })
    expect(data.joinedViaStarterPack?.uri).toBe(garden)
  })

  it('does not show members who have a block with its creator', async () => {
    const block = await bob.app.bsky.graph.block.create(
      { repo: bob.assertDid },
      { subject: alice.assertDid, createdAt: now() },
    )
    expect((await one(nobody, garden)).listItemsSample?.map(({ subject }) => subject.handle)).toEqual(['carla.test'])
    expect((await one(alice, garden)).listItemsSample).toHaveLength(2)
    await bob.app.bsky.graph.block.delete({ repo: bob.assertDid, rkey: block.uri.split('/').at(-1)! })
  })

  it('that is not there is not found', async () => {
    await expect(one(nobody, `at://${alice.assertDid}/app.bsky.graph.starterpack/none`)).rejects.toMatchObject({
      status: 400,
      message: 'Starter pack not found',
    })
  })
})

describe('starter packs', () => {
  it('are told by name, as far as they are there', async () => {
    const { data } = await nobody.app.bsky.graph.getStarterPacks({
      uris: [books, `at://${alice.assertDid}/app.bsky.graph.starterpack/none`, garden],
    })
    lexicons.checkOutput('app.bsky.graph.getStarterPacks', data)
    expect(data.starterPacks.map(({ uri }) => uri)).toEqual([books, garden])
    expect(data.starterPacks[0]!.listItemCount).toBe(2)
  })

  it('are told by creator, in pages', async () => {
    const first = await nobody.app.bsky.graph.getActorStarterPacks({ actor: 'alice.test', limit: 1 })
    lexicons.checkOutput('app.bsky.graph.getActorStarterPacks', first.data)
    expect(first.data.starterPacks.map(({ uri }) => uri)).toEqual([books])
    const { cursor } = first.data
    const second = await nobody.app.bsky.graph.getActorStarterPacks({ actor: 'alice.test', limit: 1, cursor })
    expect(second.data.starterPacks.map(({ uri }) => uri)).toEqual([garden])
    expect(second.data.cursor).toBeUndefined()
    await expect(nobody.app.bsky.graph.getActorStarterPacks({ actor: 'eve.test' })).rejects.toMatchObject({
      status: 400,
      message: 'Profile not found',
    })
  })

  it('say on which of them somebody is', async () => {
    const { data } = await alice.app.bsky.graph.getStarterPacksWithMembership({ actor: bob.assertDid })
    lexicons.checkOutput('app.bsky.graph.getStarterPacksWithMembership', data)
    expect(data.starterPacksWithMembership.map(({ listItem }) => listItem?.subject.handle)).toEqual([
      'bob.test',
      'bob.test',
    ])
    const none = await alice.app.bsky.graph.getStarterPacksWithMembership({ actor: 'dan.test' })
    expect(none.data.starterPacksWithMembership.map(({ listItem }) => listItem)).toEqual([undefined, undefined])
  })

  it('are found by words of their name, whatever is in the query', async () => {
    const found = async (q: string, client: AtpAgent = nobody): Promise<string[]> => {
      const { data } = await client.app.bsky.graph.searchStarterPacks({ q })
      lexicons.checkOutput('app.bsky.graph.searchStarterPacks', data)
      const full = await client.app.bsky.graph.searchStarterPacksV2({ q })
      lexicons.checkOutput('app.bsky.graph.searchStarterPacksV2', full.data)
      const uris = data.starterPacks.map(({ uri }) => uri)
      expect(full.data.starterPacks.map(({ uri }) => uri)).toEqual(uris)
      return uris
    }
    expect(await found('garden FRIENDS')).toEqual([garden])
    expect(await found('100%')).toEqual([books])
    expect(await found('s_')).toEqual([books])
    expect(await found('_')).toEqual([books])
    for (const q of [' ', '"', '\\', "'", '*', '\0', '🪴']) expect(await found(q)).toEqual([])
    const block = await carla.app.bsky.graph.block.create(
      { repo: carla.assertDid },
      { subject: alice.assertDid, createdAt: now() },
    )
    expect(await found('garden', carla)).toEqual([])
    await carla.app.bsky.graph.block.delete({ repo: carla.assertDid, rkey: block.uri.split('/').at(-1)! })
  })

  it('are suggested, those by which most have joined first', async () => {
    for (const name of ['getSuggestedStarterPacks', 'getOnboardingSuggestedStarterPacks'] as const) {
      const { data } = await nobody.app.bsky.unspecced[name]({})
      lexicons.checkOutput(`app.bsky.unspecced.${name}`, data)
      expect(data.starterPacks.map(({ uri }) => uri)).toEqual([garden, books])
      const skeleton = await nobody.app.bsky.unspecced[`${name}Skeleton`]({ limit: 1 })
      lexicons.checkOutput(`app.bsky.unspecced.${name}Skeleton`, skeleton.data)
      expect(skeleton.data.starterPacks).toEqual([garden])
    }
  })
})
