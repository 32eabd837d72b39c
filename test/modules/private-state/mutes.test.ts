import { Database } from '../../../src/modules/database/database.js'
import { Mutes } from '../../../src/modules/private-state/mutes.js'
import { TestServer } from '../../support/account-app.js'
import { type Caller, FIRST, signUp, touchedBy } from './app.js'

const DAN = `did:plc:${'d'.repeat(24)}`
const ERIN = `did:plc:${'e'.repeat(24)}`
const list = (rkey: string, did = DAN) => `at://${did}/app.bsky.graph.list/${rkey}`
const post = (rkey: string, did = DAN) => `at://${did}/app.bsky.feed.post/${rkey}`

let server: TestServer
let mutes: Mutes
let alice: Caller
let bob: Caller
beforeAll(async () => {
  server = await TestServer.start()
  mutes = server.get(Mutes)
  alice = await signUp(server, 'alice')
  bob = await signUp(server, 'bob')
  await server.get(Database).write(async (tx) => {
    await tx.run("INSERT INTO bsky_actor (did, handle, indexed_at) VALUES (?, 'dan.example.com', 1)", DAN)
  })
})
afterAll(() => server.close())

describe('muted actors', () => {
  it('are the viewer’s own affair', async () => {
    expect(await alice.post('app.bsky.graph.muteActor', { actor: bob.did })).toMatchObject({ status: 200 })
    expect(await mutes.muted(alice.did, [bob.did, DAN])).toEqual(new Map([[bob.did, { scope: null }]]))
    expect(await mutes.muted(bob.did, [alice.did, bob.did])).toEqual(new Map())
    await alice.post('app.bsky.graph.unmuteActor', { actor: 'bob.test' })
    expect(await mutes.muted(alice.did, [bob.did])).toEqual(new Map())
  })

  it('can be given by a handle that is known, in any case', async () => {
    await alice.post('app.bsky.graph.muteActor', { actor: 'Dan.Example.com' })
    expect([...(await mutes.muted(alice.did, [DAN])).keys()]).toEqual([DAN])
    await alice.post('app.bsky.graph.unmuteActor', { actor: 'dan.example.com' })
    expect(await alice.post('app.bsky.graph.muteActor', { actor: 'who.example.com' })).toMatchObject({
      status: 400,
      body: { error: 'InvalidRequest', message: 'Actor not found: who.example.com' },
    })
  })

  it('are not oneself', async () => {
    expect(await alice.post('app.bsky.graph.muteActor', { actor: alice.did })).toMatchObject({ status: 400 })
  })

  it('can be muted in part, and the last word holds', async () => {
    const scopeAfter = async (more: object) => {
      await alice.post('app.bsky.graph.muteActor', { actor: DAN, ...more })
      return (await mutes.muted(alice.did, [DAN])).get(DAN)?.scope
    }
    expect(await scopeAfter({ onlyReposts: true })).toEqual(['reposts'])
    expect(await scopeAfter({ onlyReposts: true, onlyQuoteposts: true })).toEqual(['reposts', 'quoteposts'])
    expect(await mutes.list(alice.did, FIRST, 10)).toEqual([])
    expect(await scopeAfter({ onlyReposts: false })).toBeNull()
    expect(await mutes.list(alice.did, FIRST, 10)).toHaveLength(1)
    await alice.post('app.bsky.graph.unmuteActor', { actor: DAN })
  })

  it('are listed newest first, page by page, those of one moment too', async () => {
    const dids = Array.from({ length: 7 }, (_, i) => `did:plc:${String(i).padStart(24, 'm')}`)
    await server.get(Database).write(async (tx) => {
      for (const [i, did] of dids.entries())
        await tx.run('INSERT INTO actor_mute VALUES (?, ?, NULL, ?)', bob.did, did, 1_000 + Math.floor(i / 3))
    })
    const seen: string[] = []
    for (let after = FIRST; ;) {
      const lines = await mutes.list(bob.did, after, 2)
      if (lines.length === 0) break
      seen.push(...lines.map(({ place }) => place.key))
      after = lines.at(-1)!.place
    }
    expect(seen).toEqual([...dids].reverse())
  })
})

it('mutes the lists of the viewer, once each', async () => {
  await alice.post('app.bsky.graph.muteActorList', { list: list('one') })
  await alice.post('app.bsky.graph.muteActorList', { list: list('one', 'dan.example.com') })
  server.advance(1_000)
  await alice.post('app.bsky.graph.muteActorList', { list: list('two', ERIN) })
  expect(await mutes.mutedLists(alice.did)).toEqual([list('one'), list('two', ERIN)])
  expect((await mutes.lists(alice.did, FIRST, 5)).map(({ place }) => place.key)).toEqual([
    list('two', ERIN),
    list('one'),
  ])
  await alice.post('app.bsky.graph.unmuteActorList', { list: list('one') })
  expect(await mutes.mutedLists(alice.did)).toEqual([list('two', ERIN)])
  expect(await alice.post('app.bsky.graph.muteActorList', { list: post('one') })).toMatchObject({ status: 400 })
})

it('mutes threads by their root', async () => {
  await alice.post('app.bsky.graph.muteThread', { root: post('one') })
  expect(await mutes.threadMutes(alice.did, [post('one'), post('two')])).toEqual(new Set([post('one')]))
  expect(await mutes.threadMutes(bob.did, [post('one')])).toEqual(new Set())
  await alice.post('app.bsky.graph.unmuteThread', { root: post('one') })
  expect(await mutes.threadMutes(alice.did, [post('one')])).toEqual(new Set())
  expect(await alice.post('app.bsky.graph.muteThread', { root: `at://${DAN}` })).toMatchObject({ status: 400 })
})

it('answers about as many DIDs as are asked for', async () => {
  const dids = Array.from({ length: 1_000 }, (_, i) => `did:plc:${String(i).padStart(24, 'n')}`)
  await alice.post('app.bsky.graph.muteActor', { actor: dids[999] })
  expect([...(await mutes.muted(alice.did, dids)).keys()]).toEqual([dids[999]])
})

it('tells caches whom it concerns', async () => {
  const mute = () => alice.post('app.bsky.graph.muteActor', { actor: ERIN })
  expect(await touchedBy(server, mute)).toEqual([alice.did, ERIN].sort())
  const muteThread = () => alice.post('app.bsky.graph.muteThread', { root: post('three') })
  expect(await touchedBy(server, muteThread)).toEqual([post('three'), alice.did].sort())
})
