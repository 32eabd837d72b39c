import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { ADMIN_PASSWORD, operator, takeDown } from '../operator.js'

const lexicons = new Lexicons()
const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'], {
  PDS_ADMIN_PASSWORD: ADMIN_PASSWORD,
})

afterAll(() => stopTestServer(server))

const handles = (actors: { handle: string }[]): string[] => actors.map(({ handle }) => handle.replace('.test', ''))

async function followers(client: AtpAgent, actor: string, limit?: number, cursor?: string) {
  const { data } = await client.app.bsky.graph.getFollowers({ actor, limit, cursor })
  lexicons.checkOutput('app.bsky.graph.getFollowers', data)
  return data
}

async function follows(client: AtpAgent, actor: string, limit?: number, cursor?: string) {
  const { data } = await client.app.bsky.graph.getFollows({ actor, limit, cursor })
  lexicons.checkOutput('app.bsky.graph.getFollows', data)
  return data
}

describe('followers and follows', () => {
  beforeAll(async () => {
    await bob.follow(alice.assertDid)
    await carla.follow(alice.assertDid)
    await dan.follow(alice.assertDid)
    await alice.follow(bob.assertDid)
    await alice.follow(carla.assertDid)
  })

  it('are told with their subject, the newest first', async () => {
    const page = await followers(nobody, 'alice.test')
    expect(page.subject.did).toBe(alice.assertDid)
    expect(handles(page.followers)).toEqual(['dan', 'carla', 'bob'])
    expect(page.cursor).toBeUndefined()
    expect(handles((await follows(nobody, alice.assertDid)).follows)).toEqual(['carla', 'bob'])
  })

  it('come in pages, with a cursor exactly when more follow', async () => {
    const first = await followers(nobody, 'alice.test', 2)
    expect(handles(first.followers)).toEqual(['dan', 'carla'])
    const last = await followers(nobody, 'alice.test', 2, first.cursor)
    expect(handles(last.followers)).toEqual(['bob'])
    expect(last.cursor).toBeUndefined()
    const one = await follows(nobody, 'alice.test', 1)
    expect(handles((await follows(nobody, 'alice.test', 1, one.cursor)).follows)).toEqual(['bob'])
  })

  it('say how the viewer stands to each', async () => {
    const page = await followers(alice, 'alice.test')
    expect(page.followers.find(({ did }) => did === bob.assertDid)?.viewer).toMatchObject({
      following: expect.stringContaining(alice.assertDid),
      followedBy: expect.stringContaining(bob.assertDid),
    })
  })

  it('refuse whom nobody knows, and a malformed cursor', async () => {
    const unknown = { status: 400, error: 'InvalidRequest', message: 'Actor not found: eve.test' }
    await expect(followers(nobody, 'eve.test')).rejects.toMatchObject(unknown)
    await expect(follows(nobody, 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')).rejects.toMatchObject({ status: 400 })
    await expect(followers(nobody, 'alice.test', 5, 'nonsense')).rejects.toMatchObject({ error: 'InvalidRequest' })
  })

  it('leave out whoever has a block with the viewer or with the one they follow', async () => {
    const block = await bob.app.bsky.graph.block.create(
      { repo: bob.assertDid },
      { subject: carla.assertDid, createdAt: new Date().toISOString() },
    )
    expect(handles((await followers(bob, 'alice.test')).followers)).toEqual(['dan', 'bob'])
    expect(handles((await followers(carla, 'alice.test')).followers)).toEqual(['dan', 'carla'])
    expect(handles((await follows(carla, 'alice.test')).follows)).toEqual(['carla'])
    expect(handles((await followers(nobody, 'alice.test')).followers)).toEqual(['dan', 'carla', 'bob'])
    await bob.com.atproto.repo.deleteRecord({
      repo: bob.assertDid,
      collection: 'app.bsky.graph.block',
      rkey: block.uri.split('/').at(-1)!,
    })
    const against = await alice.app.bsky.graph.block.create(
      { repo: alice.assertDid },
      { subject: bob.assertDid, createdAt: new Date().toISOString() },
    )
    expect(handles((await followers(nobody, 'alice.test')).followers)).toEqual(['dan', 'carla'])
    expect(handles((await follows(nobody, 'alice.test')).follows)).toEqual(['carla'])
    await alice.app.bsky.graph.block.delete({ repo: alice.assertDid, rkey: against.uri.split('/').at(-1)! })
    expect(handles((await followers(nobody, 'alice.test')).followers)).toEqual(['dan', 'carla', 'bob'])
  })

  it('leave out accounts that are taken down, except for the operator', async () => {
    await takeDown(server, dan.assertDid, true)
    expect(handles((await followers(nobody, 'alice.test')).followers)).toEqual(['carla', 'bob'])
    await expect(followers(nobody, 'dan.test')).rejects.toMatchObject({ status: 400 })
    expect(handles((await followers(operator(server), 'alice.test')).followers)).toEqual(['dan', 'carla', 'bob'])
    await takeDown(server, dan.assertDid, false)
    expect(handles((await followers(nobody, 'alice.test')).followers)).toEqual(['dan', 'carla', 'bob'])
  })
})

describe('known followers', () => {
  const known = async (client: AtpAgent, actor: string, limit?: number, cursor?: string) => {
    const { data } = await client.app.bsky.graph.getKnownFollowers({ actor, limit, cursor })
    lexicons.checkOutput('app.bsky.graph.getKnownFollowers', data)
    return data
  }

  it('are those followers whom the viewer follows, in pages', async () => {
    await bob.follow(dan.assertDid)
    await carla.follow(dan.assertDid)
    const all = await known(alice, 'dan.test')
    expect(all.subject.handle).toBe('dan.test')
    expect(handles(all.followers).sort()).toEqual(['bob', 'carla'])
    const first = await known(alice, 'dan.test', 1)
    const second = await known(alice, 'dan.test', 1, first.cursor)
    expect(second.cursor).toBeUndefined()
    expect([...first.followers, ...second.followers].map(({ did }) => did)).toEqual(all.followers.map(({ did }) => did))
    expect((await known(carla, 'dan.test')).followers).toEqual([])
  })

  it('are asked for by somebody', async () => {
    await expect(known(nobody, 'dan.test')).rejects.toMatchObject({ status: 401, error: 'AuthMissing' })
  })
})

describe('relationships', () => {
  it('are told for anybody, and unknown actors are not found', async () => {
    const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
    const { data } = await nobody.app.bsky.graph.getRelationships({
      actor: 'alice.test',
      others: [bob.assertDid, 'dan.test', unknown, 'eve.test'],
    })
    lexicons.checkOutput('app.bsky.graph.getRelationships', data)
    expect(data.actor).toBe(alice.assertDid)
    expect(data.relationships).toEqual([
      {
        $type: 'app.bsky.graph.defs#relationship',
        did: bob.assertDid,
        following: expect.stringContaining(alice.assertDid),
        followedBy: expect.stringContaining(bob.assertDid),
      },
      {
        $type: 'app.bsky.graph.defs#relationship',
        did: dan.assertDid,
        followedBy: expect.stringContaining(dan.assertDid),
      },
      { $type: 'app.bsky.graph.defs#notFoundActor', actor: unknown, notFound: true },
      { $type: 'app.bsky.graph.defs#notFoundActor', actor: 'eve.test', notFound: true },
    ])
  })

  it('say nothing of mutes', async () => {
    await alice.mute(bob.assertDid)
    const { data } = await nobody.app.bsky.graph.getRelationships({ actor: alice.assertDid, others: [bob.assertDid] })
    expect(Object.keys(data.relationships[0]!).sort()).toEqual(['$type', 'did', 'followedBy', 'following'])
    await alice.unmute(bob.assertDid)
  })

  it('answer for an actor whom nobody knows', async () => {
    const { data } = await nobody.app.bsky.graph.getRelationships({ actor: 'eve.test', others: ['bob.test'] })
    expect(data.actor).toBeUndefined()
    expect(data.relationships[0]).toMatchObject({ notFound: true })
  })
})

describe('blocks and mutes of the viewer', () => {
  it('are listed newest first, each once', async () => {
    const createdAt = new Date().toISOString()
    await alice.app.bsky.graph.block.create({ repo: alice.assertDid }, { subject: bob.assertDid, createdAt })
    await alice.app.bsky.graph.block.create(
      { repo: alice.assertDid },
      { subject: dan.assertDid, createdAt: new Date().toISOString() },
    )
    const { data } = await alice.app.bsky.graph.getBlocks()
    lexicons.checkOutput('app.bsky.graph.getBlocks', data)
    expect(handles(data.blocks)).toEqual(['dan', 'bob'])
    expect(data.blocks[0]!.viewer?.blocking).toContain('app.bsky.graph.block')
    await alice.mute(carla.assertDid)
    await alice.mute(dan.assertDid)
    const first = await alice.app.bsky.graph.getMutes({ limit: 1 })
    lexicons.checkOutput('app.bsky.graph.getMutes', first.data)
    expect(handles(first.data.mutes)).toEqual(['dan'])
    expect(first.data.mutes[0]!.viewer?.muted).toBe(true)
    const second = await alice.app.bsky.graph.getMutes({ limit: 1, cursor: first.data.cursor })
    expect(handles(second.data.mutes)).toEqual(['carla'])
    expect(second.data.cursor).toBeUndefined()
  })

  it('are nobody else’s', async () => {
    expect((await bob.app.bsky.graph.getBlocks()).data.blocks).toEqual([])
    expect((await bob.app.bsky.graph.getMutes()).data.mutes).toEqual([])
    await expect(nobody.app.bsky.graph.getBlocks()).rejects.toMatchObject({ status: 401 })
    await expect(nobody.app.bsky.graph.getMutes()).rejects.toMatchObject({ status: 401 })
  })
})
