import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'

type Client = AtpAgent & { assertDid: string }

const lexicons = new Lexicons()
let server: TestServer
let alice: Client
let bob: Client
let carla: Client
let dan: Client
let eve: Client
let frank: Client
let nobody: AtpAgent

const handles = (actors: { handle: string }[]): string[] => actors.map(({ handle }) => handle.replace('.test', ''))

async function suggested(client: AtpAgent, limit?: number, cursor?: string) {
  const { data } = await client.app.bsky.actor.getSuggestions({ limit, cursor })
  lexicons.checkOutput('app.bsky.actor.getSuggestions', data)
  return { names: handles(data.actors), cursor: data.cursor }
}

beforeAll(async () => {
  server = await startTestServer()
  ;[alice, bob, carla, dan, eve, frank] = (await Promise.all(
    ['alice', 'bob', 'carla', 'dan', 'eve', 'frank'].map((name) => server.signUp(name)),
  )) as [Client, Client, Client, Client, Client, Client]
  nobody = server.agent()
  // Of those whom alice follows, two follow dan and one follows eve; frank is followed by one of no concern to her.
  await alice.follow(bob.assertDid)
  await alice.follow(carla.assertDid)
  await bob.follow(dan.assertDid)
  await carla.follow(dan.assertDid)
  await carla.follow(eve.assertDid)
  await carla.follow(alice.assertDid)
  await dan.follow(frank.assertDid)
  await eve.follow(frank.assertDid)
})
afterAll(() => stopTestServer(server))

describe('suggestions', () => {
  it('are whom those follow whom the viewer follows, then the most followed', async () => {
    expect((await suggested(alice)).names).toEqual(['dan', 'eve', 'frank'])
    const { names } = await suggested(nobody)
    expect(names).toHaveLength(6)
    expect(names.slice(0, 2).sort()).toEqual(['dan', 'frank'])
  })

  it('come in pages', async () => {
    const first = await suggested(alice, 2)
    const second = await suggested(alice, 2, first.cursor)
    expect([...first.names, ...second.names]).toEqual(['dan', 'eve', 'frank'])
    expect(second.cursor).toBeUndefined()
  })

  it('leave out at once whom the viewer follows, mutes or has a block with', async () => {
    const follow = await alice.follow(eve.assertDid)
    expect((await suggested(alice)).names).toEqual(['dan', 'frank'])
    await alice.deleteFollow(follow.uri)
    await alice.mute(dan.assertDid)
    expect((await suggested(alice)).names).toEqual(['eve', 'frank'])
    await alice.unmute(dan.assertDid)
    const block = await frank.app.bsky.graph.block.create(
      { repo: frank.assertDid },
      { subject: alice.assertDid, createdAt: new Date().toISOString() },
    )
    expect((await suggested(alice)).names).toEqual(['dan', 'eve'])
    await frank.app.bsky.graph.block.delete({ repo: frank.assertDid, rkey: block.uri.split('/').at(-1)! })
    expect((await suggested(alice)).names).toEqual(['dan', 'eve', 'frank'])
  })

  it('refuse a malformed cursor', async () => {
    await expect(suggested(alice, 2, 'nonsense')).rejects.toMatchObject({ status: 400, error: 'InvalidRequest' })
  })
})

describe('suggestions like an actor', () => {
  const like = async (client: AtpAgent, actor: string) => {
    const { data } = await client.app.bsky.graph.getSuggestedFollowsByActor({ actor })
    lexicons.checkOutput('app.bsky.graph.getSuggestedFollowsByActor', data)
    return { names: handles(data.suggestions), isFallback: data.isFallback }
  }

  it('are whom its followers follow', async () => {
    const { names, isFallback } = await like(nobody, 'dan.test')
    expect([names.toSorted(), isFallback]).toEqual([['alice', 'eve'], false])
    expect(await like(alice, 'dan.test')).toEqual({ names: ['eve'], isFallback: false })
  })

  it('are the most followed where that says nothing, and never an error', async () => {
    for (const actor of ['bob.test', 'nobody-here.test', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa']) {
      const { names, isFallback } = await like(alice, actor)
      expect(isFallback).toBe(true)
      expect(names.slice(0, 2).sort()).toEqual(['dan', 'frank'])
    }
  })
})

describe('the suggestions of the app’s screens', () => {
  const SCREENS = [
    'getSuggestedUsers',
    'getSuggestedUsersForDiscover',
    'getSuggestedUsersForExplore',
    'getSuggestedUsersForSeeMore',
    'getSuggestedOnboardingUsers',
  ] as const

  it('are the same on all of them', async () => {
    for (const name of SCREENS) {
      const { data } = await alice.app.bsky.unspecced[name]({ limit: 2 })
      lexicons.checkOutput(`app.bsky.unspecced.${name}`, data)
      expect([name, handles(data.actors)]).toEqual([name, ['dan', 'eve']])
      expect((await nobody.app.bsky.unspecced[name]({})).data.actors).toHaveLength(6)
    }
    const { data } = await alice.app.bsky.unspecced.getSuggestedUsers({ category: 'art' })
    expect(handles(data.actors)).toEqual(['dan', 'eve', 'frank'])
  })

  it('have skeletons that tell nothing of mutes', async () => {
    await alice.mute(dan.assertDid)
    for (const name of [
      'getSuggestedUsersSkeleton',
      'getSuggestedUsersForDiscoverSkeleton',
      'getSuggestedUsersForExploreSkeleton',
      'getSuggestedUsersForSeeMoreSkeleton',
      'getOnboardingSuggestedUsersSkeleton',
    ] as const) {
      const { data } = await nobody.app.bsky.unspecced[name]({ viewer: alice.assertDid, limit: 2 })
      lexicons.checkOutput(`app.bsky.unspecced.${name}`, data)
      expect([name, data.dids]).toEqual([name, [dan.assertDid, eve.assertDid]])
    }
    await alice.unmute(dan.assertDid)
  })

  it('have a skeleton in pages, also relative to an actor', async () => {
    const first = await nobody.app.bsky.unspecced.getSuggestionsSkeleton({ viewer: alice.assertDid, limit: 2 })
    lexicons.checkOutput('app.bsky.unspecced.getSuggestionsSkeleton', first.data)
    expect(first.data.actors.map(({ did }) => did)).toEqual([dan.assertDid, eve.assertDid])
    const { cursor } = first.data
    const second = await nobody.app.bsky.unspecced.getSuggestionsSkeleton({ viewer: alice.assertDid, limit: 2, cursor })
    expect(second.data).toEqual({ actors: [{ did: frank.assertDid }] })
    const like = await nobody.app.bsky.unspecced.getSuggestionsSkeleton({ relativeToDid: dan.assertDid, limit: 1 })
    expect(like.data.relativeToDid).toBe(dan.assertDid)
  })
})
