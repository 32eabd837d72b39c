/** Peers as they are stored, and the commands by which the operator says who they are. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandBus } from '@nestjs/cqrs'
import { Clock } from '../../../src/modules/config/clock.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import type { AskedPeer } from '../../../src/modules/replication/asked-peer.js'
import { PeerStates } from '../../../src/modules/replication/peer-states.js'
import { type Direction, type NewPeer, type Peer, Peers } from '../../../src/modules/replication/peers.js'
import { RemovePeer } from '../../../src/modules/replication/remove-peer.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { leavePeersAlone } from '../../support/unpeered.js'

const ALICE = 'did:plc:aliceaaaaaaaaaaaaaaaaaaa' as Did
const BOB = 'did:plc:bobbbbbbbbbbbbbbbbbbbbbb' as Did
const NO_QUOTAS = { maxAccounts: null, maxBytes: null, maxRate: null }
const ALL: NewPeer = { url: 'https://b.example', direction: 'pull', repos: 'all', dids: [], relay: false, ...NO_QUOTAS }
const LISTED: NewPeer = { ...ALL, repos: 'listed', dids: [ALICE] }

describe('the store', () => {
  let directory: string
  let database: SqliteDatabase
  let peers: Peers
  const add = (peer: NewPeer): Promise<number> => database.write((tx) => peers.add(tx, peer))

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'skylog-peers-'))
    database = await SqliteDatabase.open(join(directory, 'test.sqlite'))
    peers = new Peers(database, new Clock())
  })
  afterEach(async () => {
    await database.close()
    rmSync(directory, { recursive: true })
  })

  it('gives back what it was given, in that order', async () => {
    const asked: NewPeer[] = [
      { ...LISTED, dids: [ALICE, BOB], maxAccounts: 3, maxBytes: 2 ** 40, maxRate: 7 },
      { ...ALL, direction: 'push' },
      { ...ALL, url: 'https://a.example', repos: 'followed', relay: true },
    ]
    const ids: number[] = []
    for (const peer of asked) ids.push(await add(peer))
    const fresh = { position: null, scanned: false, lastError: null, errorAt: null }
    expect(await peers.list()).toEqual(asked.map((peer, i) => ({ id: ids[i], ...peer, ...fresh })))
    expect(await peers.list('push')).toMatchObject([asked[1]!])
    expect(await peers.find('https://b.example', 'pull')).toMatchObject(asked[0]!)
    expect(await peers.find('https://b.example', 'accept')).toBeNull()
  })

  it('tells of changes once they are committed, and not of those that are undone', async () => {
    const seen: number[] = []
    peers.subscribe(() => void seen.push(seen.length))
    await add(ALL)
    expect(seen).toHaveLength(1)
    const undone = database.write(async (tx) => {
      await peers.add(tx, { ...ALL, direction: 'push' })
      throw new Error('changed my mind')
    })
    await expect(undone).rejects.toThrow('changed my mind')
    await database.write((tx) => peers.remove(tx, 'https://c.example', 'pull'))
    expect(seen).toHaveLength(1)
    await database.write((tx) => peers.remove(tx, ALL.url, 'pull'))
    expect(seen).toHaveLength(2)
  })

  it('lists more DIDs of a peer that it follows, which goes on where it is', async () => {
    const id = await add({ ...LISTED, maxRate: 5 })
    await database.write(async (tx) => {
      await peers.move(tx, id, 17)
      await tx.run('UPDATE peer SET scanned = 1')
    })
    expect(await add(LISTED)).toBe(id)
    expect(await peers.find(LISTED.url, 'pull')).toMatchObject({ dids: [ALICE], scanned: true })
    expect(await add({ ...LISTED, dids: [BOB, ALICE] })).toBe(id)
    const now = { id, dids: [ALICE, BOB], maxRate: 5, position: 17, scanned: false }
    expect(await peers.find(LISTED.url, 'pull')).toMatchObject(now)
  })

  it('lists more DIDs of a peer that it sends to, which begins anew, whatever is noted late for the shorter list', async () => {
    const before = await add({ ...LISTED, direction: 'push' })
    await database.write((tx) => peers.move(tx, before, 17))
    const id = await add({ ...LISTED, direction: 'push', dids: [BOB] })
    await database.write((tx) => peers.move(tx, before, 18))
    expect(await peers.list()).toMatchObject([{ id, direction: 'push', dids: [ALICE, BOB], position: null }])
    expect(id).not.toBe(before)
  })

  it('has one peer of a URL and a direction, and says how to have it otherwise', async () => {
    await add(ALL)
    await add({ ...LISTED, direction: 'accept', maxRate: 5 })
    const others: NewPeer[] = [
      ALL,
      LISTED,
      { ...ALL, direction: 'accept' },
      { ...LISTED, direction: 'accept', dids: [BOB], maxRate: 6 },
      { ...LISTED, direction: 'accept', dids: [BOB], relay: true },
    ]
    for (const other of others)
      await expect(add(other)).rejects.toMatchObject({
        status: 400,
        error: 'PeerExists',
        message: `there is a peer https://b.example to ${other.direction} already: remove it first to have it otherwise`,
      })
    expect(await peers.list()).toMatchObject([ALL, { ...LISTED, direction: 'accept', maxRate: 5 }])
  })

  it('counts what is here of each, and forgets that with the peer', async () => {
    const [id, other] = [await add(LISTED), await add({ ...ALL, url: 'https://a.example' })]
    const mirror = `INSERT INTO mirror (did, peer, state, bytes, attempts, due_at) VALUES (?, ?, ?, ?, 0, 0)`
    await database.write(async (tx) => {
      await tx.run(mirror, ALICE, id, 'current', 100)
      await tx.run(mirror, BOB, id, 'wanted', 20)
    })
    expect(await peers.listWithUsage()).toMatchObject([
      { id, accounts: 2, bytes: 120, wanted: 1 },
      { id: other, accounts: 0, bytes: 0, wanted: 0 },
    ])
    expect(await database.write((tx) => peers.remove(tx, LISTED.url, 'pull'))).toBe(true)
    expect(await database.write((tx) => peers.remove(tx, LISTED.url, 'pull'))).toBe(false)
    expect(await database.read.all('SELECT peer FROM peer_repo UNION ALL SELECT peer FROM mirror')).toEqual([])
    expect(await peers.usage(id)).toEqual({ accounts: 0, bytes: 0, wanted: 0 })
  })

  it('keeps as much of an error as anyone reads', async () => {
    const id = await add(ALL)
    await database.write((tx) => peers.fail(tx, id, 'x'.repeat(10_000), 1_700_000_000_000))
    const [peer] = await peers.list()
    expect(peer).toMatchObject({ lastError: 'x'.repeat(500), errorAt: 1_700_000_000_000 })
  })
})

describe('the commands', () => {
  /** Has the PLC directory, and an account. */
  let there: TestServer
  let here: TestServer
  /** Has a public name. */
  let published: TestServer
  let alice: Did
  const peers = (): Peers => here.app.get(Peers, { strict: false })

  beforeAll(async () => {
    there = await startTestServer()
    const outside = { PDS_DID_PLC_URL: there.url }
    here = await startTestServer(outside)
    await leavePeersAlone(here)
    published = await startTestServer({ ...outside, PDS_HOSTNAME: 'pds.example' })
    alice = (await there.signUp('alice')).assertDid as Did
  })
  afterAll(() => Promise.all([there, here, published].map(stopTestServer)))
  afterEach(async () => {
    for (const { url, direction } of await peers().list()) await remove(url, direction)
  })

  const add = (asked: AskedPeer, server = here): Promise<Peer> =>
    server.app.get(CommandBus, { strict: false }).execute(new AddPeer(asked))
  const remove = (who: string, direction: Direction | null = null): Promise<Peer> =>
    here.app.get(CommandBus, { strict: false }).execute(new RemovePeer(who, direction))

  it('follow all of a host unless told otherwise', async () => {
    const made = { ...ALL, url: 'https://b.example', position: null }
    expect(await add({ who: 'B.example' })).toMatchObject(made)
    expect(await peers().list()).toMatchObject([made])
  })

  it('take an account from the host in its DID document, and add others to the list', async () => {
    const first = await add({ who: alice, maxAccounts: 5 })
    expect(first).toMatchObject({ url: there.url, direction: 'pull', repos: 'listed', dids: [alice], maxAccounts: 5 })
    const bob = (await there.signUp('bob')).assertDid as Did
    for (const asked of [{ who: bob }, { who: there.url, dids: [ALICE] }, { who: alice }]) await add(asked)
    expect(await peers().list()).toMatchObject([{ ...first, dids: [alice, bob, ALICE].sort() }])
    expect(await add({ who: alice, direction: 'accept' })).toMatchObject({ url: there.url, dids: [alice] })
    await expect(add({ who: there.url })).rejects.toMatchObject({ status: 400, error: 'PeerExists' })
  })

  it('send all or some of what is here, from its beginning', async () => {
    expect(await add({ who: there.url, direction: 'push' })).toMatchObject({ repos: 'all', position: null })
    expect(await add({ who: 'c.example', direction: 'push', dids: [BOB, BOB] })).toMatchObject({ dids: [BOB] })
  })

  it('say what is wrong with a DID that has no host', async () => {
    await expect(add({ who: BOB })).rejects.toMatchObject({ status: 400, error: 'DidNotFound' })
    // The document of a server names the server.
    await expect(add({ who: 'did:web:localhost' })).rejects.toThrow('this server itself')
  })

  it.each<[contradiction: AskedPeer, message: string]>([
    [{ who: '' }, 'who must be'],
    [{ who: 'https://b.example/path' }, 'not the address of a server'],
    [{ who: 'ftp://b.example' }, 'not the address of a server'],
    [{ who: 'https://user:secret@b.example' }, 'not the address of a server'],
    [{ who: 'b.example', direction: 'both' as never }, 'direction must be'],
    [{ who: 'b.example', repos: 'some' as never }, 'repos must be'],
    [{ who: 'b.example', dids: ['alice.test' as never] }, 'dids must be'],
    [{ who: 'b.example', dids: [] }, 'at least one DID'],
    [{ who: 'b.example', repos: 'listed' }, 'at least one DID'],
    [{ who: 'b.example', repos: 'all', dids: [ALICE] }, 'all or a list of DIDs'],
    [{ who: 'b.example', repos: 'followed', dids: [ALICE] }, 'followed or a list of DIDs'],
    [{ who: ALICE, repos: 'all' }, 'all or a list of DIDs'],
    [{ who: 'b.example', repos: 'followed', direction: 'push' }, 'only a pull'],
    [{ who: 'b.example', repos: 'followed', direction: 'accept' }, 'only a pull'],
    [{ who: 'b.example', relay: true, direction: 'accept' }, 'only a pull'],
    [{ who: 'b.example', relay: 'yes' as never }, 'relay must be'],
    [{ who: ALICE, relay: true }, 'the address of the relay is needed'],
    [{ who: ALICE, direction: 'push' }, 'its address is needed'],
    [{ who: 'b.example', direction: 'push', maxBytes: 1 }, 'a push has no quotas'],
    [{ who: 'b.example', maxAccounts: 0 }, 'maxAccounts must be'],
    [{ who: 'b.example', maxRate: 1.5 }, 'maxRate must be'],
    [{ who: 'b.example', maxBytes: '500MB' as never }, 'maxBytes must be'],
    [{ who: 'b.example', maxbytes: 500 } as never, 'no field maxbytes'],
  ])('refuse %j', async (asked, message) => {
    await expect(add(asked)).rejects.toMatchObject({ status: 400, error: 'InvalidRequest' })
    await expect(add(asked)).rejects.toThrow(message)
    expect(await peers().list()).toEqual([])
  })

  it('refuse more DIDs than anyone names', async () => {
    await expect(add({ who: 'b.example', dids: Array<Did>(10_001).fill(ALICE) })).rejects.toThrow('at most 10000')
  })

  it('refuse this server itself, under each of its names', async () => {
    const { port } = new URL(here.url)
    for (const who of [here.url, `http://127.0.0.1:${port}`, `http://[::1]:${port}`, `https://LOCALHOST:${port}/`])
      await expect(add({ who })).rejects.toMatchObject({ status: 400, message: expect.stringContaining('itself') })
    await expect(add({ who: 'pds.example' }, published)).rejects.toThrow('https://pds.example is this server itself')
  })

  it('refuse what is not public, but in development mode', async () => {
    const refused = [
      ['http://b.example', 'without https'],
      ['192.168.0.1', 'not a public address'],
      ['https://[fd00::1]', 'not a public address'],
      ['https://2130706433', 'not a public address'],
      ['localhost:2584', 'not a public address'],
      // By a document that somebody else has written.
      [alice, 'without https'],
    ] as const
    for (const [who, message] of refused)
      await expect(add({ who }, published)).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining(message),
      })
    expect(await add({ who: '8.8.8.8' }, published)).toMatchObject({ url: 'https://8.8.8.8' })
    expect(await add({ who: 'http://192.168.0.1:2583' })).toMatchObject({ url: 'http://192.168.0.1:2583' })
  })

  it('remove a peer, of which the direction has to be told where it has several', async () => {
    const states = here.app.get(PeerStates, { strict: false })
    const { id } = await add({ who: 'b.example' })
    await add({ who: 'b.example', direction: 'push' })
    states.set(id, { events: 3 })
    await expect(remove('b.example')).rejects.toMatchObject({
      status: 400,
      message: 'https://b.example is a peer to pull and to push: say which of these',
    })
    expect(await remove('https://b.example', 'pull')).toMatchObject({ id, direction: 'pull' })
    expect(states.of(id).events).toBe(0)
    await expect(remove('b.example', 'pull')).rejects.toMatchObject({ status: 400, error: 'PeerNotFound' })
    expect(await remove('b.example')).toMatchObject({ direction: 'push' })
    await expect(remove('b.example')).rejects.toMatchObject({ status: 400, error: 'PeerNotFound' })
    await expect(remove('not an address')).rejects.toMatchObject({ status: 400, error: 'InvalidRequest' })
  })
})
