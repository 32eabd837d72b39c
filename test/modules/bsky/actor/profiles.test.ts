import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { ADMIN_PASSWORD, operator, takeDown } from '../operator.js'

const UNKNOWN = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const lexicons = new Lexicons()
const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'], {
  PDS_ADMIN_PASSWORD: ADMIN_PASSWORD,
})

async function profile(client: AtpAgent, actor: string) {
  const { data } = await client.getProfile({ actor })
  lexicons.checkOutput('app.bsky.actor.getProfile', data)
  return data
}

beforeAll(async () => {
  await alice.upsertProfile(() => ({
    displayName: 'Alice',
    description: 'gardener',
    createdAt: new Date().toISOString(),
  }))
  await alice.follow(bob.assertDid)
  await alice.follow(carla.assertDid)
  await bob.follow(dan.assertDid)
  await carla.follow(dan.assertDid)
  await bob.post({ text: 'hello' })
})
afterAll(() => stopTestServer(server))

describe('a profile', () => {
  it('is told in full, by handle in any case and by DID', async () => {
    const view = await profile(nobody, 'ALICE.test')
    expect(view).toMatchObject({
      did: alice.assertDid,
      handle: 'alice.test',
      displayName: 'Alice',
      description: 'gardener',
      followersCount: 0,
      followsCount: 2,
      postsCount: 0,
      associated: { lists: 0, feedgens: 0, starterPacks: 0, labeler: false },
    })
    expect(view.viewer).toBeUndefined()
    expect((await profile(nobody, alice.assertDid)).handle).toBe('alice.test')
    expect((await profile(nobody, 'bob.test')).postsCount).toBe(1)
  })

  it('shows what its owner has just written', async () => {
    await alice.upsertProfile((existing) => ({ ...existing, displayName: 'Alice again' }))
    expect((await profile(alice, 'alice.test')).displayName).toBe('Alice again')
  })

  it('tells the viewer who of those it follows follows it, too', async () => {
    const { viewer } = await profile(alice, 'dan.test')
    expect(viewer?.knownFollowers?.count).toBe(2)
    expect(viewer?.knownFollowers?.followers.map(({ handle }) => handle).sort()).toEqual(['bob.test', 'carla.test'])
    expect((await profile(dan, 'alice.test')).viewer?.knownFollowers).toBeUndefined()
  })

  it('forgets known followers who follow no more, on either side', async () => {
    const count = async (): Promise<number> => (await profile(alice, 'dan.test')).viewer?.knownFollowers?.count ?? 0
    const again = await carla.follow(dan.assertDid)
    await carla.deleteFollow(again.uri)
    expect(await count()).toBe(1)
    await carla.follow(dan.assertDid)
    expect(await count()).toBe(2)
    const follow = await alice.follow(bob.assertDid)
    await alice.deleteFollow(follow.uri)
    expect(await count()).toBe(1)
    await alice.follow(bob.assertDid)
    expect(await count()).toBe(2)
  })

  it('does not name known followers with whom the viewer has a block', async () => {
    const block = await bob.app.bsky.graph.block.create(
      { repo: bob.assertDid },
      { subject: alice.assertDid, createdAt: new Date().toISOString() },
    )
    const { viewer } = await profile(alice, 'dan.test')
    expect(viewer?.knownFollowers?.followers.map(({ handle }) => handle)).toEqual(['carla.test'])
    expect((await profile(alice, 'bob.test')).viewer).toMatchObject({ blockedBy: true })
    expect((await profile(alice, 'bob.test')).viewer?.following).toBeUndefined()
    await bob.app.bsky.graph.block.delete({ repo: bob.assertDid, rkey: block.uri.split('/').at(-1)! })
  })

  it('that is not there is not found', async () => {
    for (const actor of ['eve.test', UNKNOWN, 'handle.invalid'])
      await expect(profile(nobody, actor)).rejects.toMatchObject({
        status: 400,
        error: 'InvalidRequest',
        message: 'Profile not found',
      })
    await expect(profile(nobody, 'not an actor')).rejects.toMatchObject({ status: 400 })
  })

  it('of an account that is taken down says so, except to the operator', async () => {
    await takeDown(server, dan.assertDid, true)
    await expect(profile(nobody, 'dan.test')).rejects.toMatchObject({ status: 400, error: 'AccountTakedown' })
    expect((await profile(operator(server), 'dan.test')).handle).toBe('dan.test')
    const { data } = await nobody.getProfiles({ actors: ['dan.test', 'alice.test'] })
    expect(data.profiles.map(({ handle }) => handle)).toEqual(['alice.test'])
    await takeDown(server, dan.assertDid, false)
    expect((await profile(nobody, 'dan.test')).handle).toBe('dan.test')
  })
})

describe('profiles', () => {
  it('come in the order asked for, without those that are not there', async () => {
    const { data } = await alice.getProfiles({ actors: ['dan.test', UNKNOWN, bob.assertDid, 'eve.test', 'alice.test'] })
    lexicons.checkOutput('app.bsky.actor.getProfiles', data)
    expect(data.profiles.map(({ handle }) => handle)).toEqual(['dan.test', 'bob.test', 'alice.test'])
    expect(data.profiles[0]!.viewer?.knownFollowers?.count).toBe(2)
  })
})
