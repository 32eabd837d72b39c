import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { type Member, startCommunity, stopTestServer } from '../../../support/server.js'

const lexicons = new Lexicons()
const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'])
let tidy: string
let friends: string

async function makeList(client: Member, name: string, purpose: string): Promise<string> {
  const { uri } = await client.app.bsky.graph.list.create(
    { repo: client.assertDid },
    { name, purpose: `app.bsky.graph.defs#${purpose}`, createdAt: new Date().toISOString() },
  )
  return uri
}

async function put(client: Member, list: string, subject: string): Promise<string> {
  const { uri } = await client.app.bsky.graph.listitem.create(
    { repo: client.assertDid },
    { list, subject, createdAt: new Date().toISOString() },
  )
  return uri
}

async function membersOf(client: AtpAgent, list: string, limit?: number, cursor?: string) {
  const { data } = await client.app.bsky.graph.getList({ list, limit, cursor })
  lexicons.checkOutput('app.bsky.graph.getList', data)
  return { ...data, names: data.items.map(({ subject }) => subject.handle.replace('.test', '')) }
}

async function remove(client: Member, uri: string): Promise<void> {
  const [, , repo, collection, rkey] = uri.split('/') as [string, string, string, string, string]
  await client.com.atproto.repo.deleteRecord({ repo, collection, rkey })
}

beforeAll(async () => {
  tidy = await makeList(alice, 'tidy', 'modlist')
  friends = await makeList(alice, 'friends', 'curatelist')
  for (const list of [tidy, friends]) for (const { assertDid } of [bob, carla]) await put(alice, list, assertDid)
})
afterAll(() => stopTestServer(server))

describe('a list', () => {
  it('is told with its members, the newest first, in pages', async () => {
    const all = await membersOf(nobody, friends)
    expect(all.list).toMatchObject({
      uri: friends,
      name: 'friends',
      listItemCount: 2,
      creator: { handle: 'alice.test' },
    })
    expect(all.names).toEqual(['carla', 'bob'])
    expect(all.cursor).toBeUndefined()
    const first = await membersOf(nobody, friends, 1)
    const second = await membersOf(nobody, friends, 1, first.cursor)
    expect([...first.names, ...second.names]).toEqual(['carla', 'bob'])
    expect(second.cursor).toBeUndefined()
  })

  it('is found under its creator’s handle', async () => {
    const page = await membersOf(nobody, friends.replace(alice.assertDid, 'alice.test'))
    expect(page.list.uri).toBe(friends)
  })

  it('shows a member once, however many items there are', async () => {
    const again = await put(alice, friends, bob.assertDid)
    expect((await membersOf(nobody, friends)).names).toEqual(['carla', 'bob'])
    await remove(alice, again)
  })

  it('hides from others whoever has a block with its creator, unless it is for moderation', async () => {
    const { uri } = await carla.app.bsky.graph.block.create(
      { repo: carla.assertDid },
      { subject: alice.assertDid, createdAt: new Date().toISOString() },
    )
    expect((await membersOf(nobody, friends)).names).toEqual(['bob'])
    expect((await membersOf(nobody, tidy)).names).toEqual(['carla', 'bob'])
    expect((await membersOf(alice, friends)).names).toEqual(['carla', 'bob'])
    await remove(carla, uri)
  })

  it('of a starter pack is left by those who do not want to be on it', async () => {
    const reference = await makeList(alice, 'starters', 'referencelist')
    for (const { assertDid } of [bob, carla]) await put(alice, reference, assertDid)
    await carla.com.atproto.repo.createRecord({
      repo: carla.assertDid,
      collection: 'app.bsky.graph.referencelistoptout',
      record: { subject: reference, createdAt: new Date().toISOString() },
    })
    expect((await membersOf(nobody, reference)).names).toEqual(['bob'])
    const own = await membersOf(alice, reference)
    expect(own.items.map((item) => (item as { subjectOptedOut?: boolean }).subjectOptedOut)).toEqual([true, undefined])
  })

  it('that is not there is not found', async () => {
    for (const list of [
      `at://${alice.assertDid}/app.bsky.graph.list/none`,
      'at://eve.test/app.bsky.graph.list/none',
      'at://alice.test',
    ])
      await expect(membersOf(nobody, list)).rejects.toMatchObject({ status: 400, error: 'InvalidRequest' })
  })
})

describe('the lists of an actor', () => {
  const namesOf = async (purposes?: string[]): Promise<string[]> => {
    const { data } = await nobody.app.bsky.graph.getLists({ actor: 'alice.test', purposes })
    lexicons.checkOutput('app.bsky.graph.getLists', data)
    return data.lists.map(({ name }) => name)
  }

  it('are those for moderation and curation, or of the purposes asked for', async () => {
    expect(await namesOf()).toEqual(['friends', 'tidy'])
    expect(await namesOf(['modlist'])).toEqual(['tidy'])
    expect(await namesOf(['app.bsky.graph.defs#curatelist'])).toEqual(['friends'])
    expect(await namesOf(['referencelist'])).toEqual([])
  })

  it('come in pages', async () => {
    const first = await nobody.app.bsky.graph.getLists({ actor: alice.assertDid, limit: 1 })
    const second = await nobody.app.bsky.graph.getLists({ actor: alice.assertDid, limit: 1, cursor: first.data.cursor })
    expect(second.data.lists[0]!.name).toBe('tidy')
    expect(second.data.cursor).toBeUndefined()
  })

  it('refuse a handle that nobody has', async () => {
    await expect(nobody.app.bsky.graph.getLists({ actor: 'eve.test' })).rejects.toMatchObject({
      status: 400,
      message: 'Profile not found',
    })
  })

  it('say on which of them somebody is', async () => {
    const { data } = await alice.app.bsky.graph.getListsWithMembership({ actor: 'bob.test' })
    lexicons.checkOutput('app.bsky.graph.getListsWithMembership', data)
    expect(data.listsWithMembership.map(({ list, listItem }) => [list.name, listItem?.subject.did])).toEqual([
      ['friends', bob.assertDid],
      ['tidy', bob.assertDid],
    ])
    const none = await alice.app.bsky.graph.getListsWithMembership({ actor: dan.assertDid, limit: 1 })
    expect(none.data.listsWithMembership[0]!.listItem).toBeUndefined()
    expect(none.data.cursor).toBeDefined()
  })
})

describe('lists that a viewer blocks and mutes', () => {
  it('are listed, and act on their members in both directions', async () => {
    await dan.muteModList(tidy)
    const block = await dan.blockModList(tidy)
    const blocked = await dan.app.bsky.graph.getListBlocks()
    lexicons.checkOutput('app.bsky.graph.getListBlocks', blocked.data)
    expect(blocked.data.lists).toMatchObject([{ uri: tidy, viewer: { muted: true, blocked: block.uri } }])
    const muted = await dan.app.bsky.graph.getListMutes()
    lexicons.checkOutput('app.bsky.graph.getListMutes', muted.data)
    expect(muted.data.lists.map(({ uri }) => uri)).toEqual([tidy])
    const { data } = await dan.getProfile({ actor: 'bob.test' })
    expect(data.viewer).toMatchObject({ muted: true, mutedByList: { uri: tidy }, blockingByList: { uri: tidy } })
    expect((await bob.getProfile({ actor: 'dan.test' })).data.viewer).toMatchObject({ blockedBy: true })
    const { data: public_ } = await nobody.app.bsky.graph.getRelationships({
      actor: dan.assertDid,
      others: [bob.assertDid],
    })
    expect(public_.relationships[0]).toMatchObject({ blockingByList: tidy })
  })

  it('do nothing when they are gone or not for moderation, and do again when they are back', async () => {
    const record = { name: 'tidy', createdAt: new Date().toISOString() }
    const rkey = tidy.split('/').at(-1)!
    const write = (purpose: string) =>
      alice.com.atproto.repo.putRecord({
        repo: alice.assertDid,
        collection: 'app.bsky.graph.list',
        rkey,
        record: { ...record, purpose: `app.bsky.graph.defs#${purpose}` },
      })
    const viewer = async () => (await dan.getProfile({ actor: 'bob.test' })).data.viewer
    await write('curatelist')
    expect(await viewer()).toEqual({ muted: false, blockedBy: false })
    await write('modlist')
    expect(await viewer()).toMatchObject({ muted: true, blockingByList: { uri: tidy } })
    await remove(alice, tidy)
    expect(await viewer()).toEqual({ muted: false, blockedBy: false })
    expect((await bob.getProfile({ actor: 'dan.test' })).data.viewer).toMatchObject({ blockedBy: false })
    await write('modlist')
    expect(await viewer()).toMatchObject({ muted: true, blockingByList: { uri: tidy } })
  })

  it('are told to nobody else', async () => {
    expect((await bob.app.bsky.graph.getListBlocks()).data.lists).toEqual([])
    await expect(nobody.app.bsky.graph.getListMutes()).rejects.toMatchObject({ status: 401 })
  })
})
