import type { AtpAgent } from '@atproto/api'
import { Secp256k1Keypair } from '@atproto/crypto'
import { blocksToCarFile, getFullRepo, MemoryBlockstore, Repo, WriteOpAction } from '@atproto/repo'
import { decode } from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import { CommitLog } from '../../src/modules/commit-log/commit-log.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { type Answer, call as callAt } from './call.js'
import { carHeader, carOf, cborBlock, repoOf, revAt, section } from './cars.js'
import { blocksOf, exported, signingKeyOf, verified } from './verified.js'
import { eventually } from '../support/eventually.js'

type Client = AtpAgent & { assertDid: string }

const NOTES = 'com.example.note'
const FOLLOWS = 'app.bsky.graph.follow'
const CAR = 'application/vnd.ipld.car'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => stopTestServer(server))

const importInto = (who: Client, car: Uint8Array, type = CAR, at = server): Promise<Answer> =>
  callAt(at, 'com.atproto.repo.importRepo', { as: who, body: car, headers: { 'content-type': type } })
const put = async (who: Client, path: string, record: Record<string, unknown>) => {
  const [collection, rkey] = path.split('/') as [string, string]
  return (await who.com.atproto.repo.putRecord({ repo: who.assertDid, collection, rkey, record })).data
}
const remove = (who: Client, path: string) => {
  const [collection, rkey] = path.split('/') as [string, string]
  return who.com.atproto.repo.deleteRecord({ repo: who.assertDid, collection, rkey })
}
const carOfRepo = async ({ com, assertDid: did }: Client) => (await com.atproto.sync.getRepo({ did })).data
const head = async ({ com, assertDid: did }: Client) => (await com.atproto.sync.getLatestCommit({ did })).data
const notes = (count: number): Record<string, object> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${NOTES}/k${n}`, { $type: NOTES, n }]))
const lastEvents = async (from: number) => server.app.get(CommitLog, { strict: false }).read(from)
const lastSeq = () => server.app.get(CommitLog, { strict: false }).lastSeq()

function expectRefused({ status, json }: Answer, error = 'InvalidRequest', expected = 400): void {
  expect({ status, error: json.error as unknown }).toEqual({ status: expected, error })
}

/** An account with a few records, and a check that nothing of it has changed. */
async function unmoved(name: string): Promise<{ who: Client; check: () => Promise<void> }> {
  const who = await server.signUp(name)
  await put(who, `${NOTES}/kept`, { kept: true })
  const before = await exported(who, who.assertDid)
  const seq = await lastSeq()
  const check = async (): Promise<void> => {
    expect(await exported(who, who.assertDid)).toEqual(before)
    const log = server.app.get(CommitLog, { strict: false })
    expect(await log.readRepo(who.assertDid, seq)).toEqual([])
    expect((await who.com.atproto.repo.describeRepo({ repo: who.assertDid })).data.collections).toEqual([NOTES])
  }
  return { who, check }
}

describe('a repository that comes back', () => {
  it('is what it was, under a new commit that is signed here', async () => {
    const alice = await server.signUp('alice')
    for (let n = 0; n < 40; n++) await put(alice, `${NOTES}/k${n}`, { n })
    await put(alice, 'com.example.other/x', { n: 1 })
    const before = await exported(alice, alice.assertDid)
    const car = await carOfRepo(alice)
    for (let n = 0; n < 20; n++) await remove(alice, `${NOTES}/k${n}`)
    await put(alice, `${NOTES}/k30`, { changed: true })
    await put(alice, `${NOTES}/later`, { later: true })
    const { rev } = await head(alice)

    const { status, bytes } = await importInto(alice, car)
    expect({ status, length: bytes.length }).toEqual({ status: 200, length: 0 })
    const after = await exported(alice, alice.assertDid)
    expect([...after.records]).toEqual([...before.records])
    expect(after.rev > rev).toBe(true)
    expect(await head(alice)).toEqual({ cid: after.head, rev: after.rev })
    const { data } = await alice.com.atproto.repo.getRecord({ repo: alice.assertDid, collection: NOTES, rkey: 'k30' })
    expect(data.value).toEqual({ $type: NOTES, n: 30 })
    await expect(
      alice.com.atproto.repo.getRecord({ repo: alice.assertDid, collection: NOTES, rkey: 'later' }),
    ).rejects.toMatchObject({ error: 'RecordNotFound' })
  })

  it('goes on from there', async () => {
    const bob = await server.signUp('bob')
    await put(bob, `${NOTES}/one`, {})
    const { status } = await importInto(bob, await carOfRepo(bob))
    expect(status).toBe(200)
    const { rev } = await head(bob)
    const { commit } = await put(bob, `${NOTES}/two`, {})
    expect(commit!.rev > rev).toBe(true)
    await remove(bob, `${NOTES}/one`)
    expect([...(await exported(bob, bob.assertDid)).records.keys()]).toEqual([`${NOTES}/two`])
  })

  it('is all new to who asks for what came since', async () => {
    const bert = await server.signUp('bert')
    await put(bert, `${NOTES}/one`, {})
    await put(bert, `${NOTES}/two`, {})
    const { rev: since } = await head(bert)
    expect((await importInto(bert, await carOfRepo(bert))).status).toBe(200)
    await put(bert, `${NOTES}/three`, {})
    const { data } = await bert.com.atproto.sync.getRepo({ did: bert.assertDid, since })
    const { records } = await verified(data, bert.assertDid, await signingKeyOf(bert, bert.assertDid))
    expect(records.size).toBe(3)
  })

  it('may be empty', async () => {
    const carla = await server.signUp('carla')
    const empty = await carOfRepo(carla)
    await put(carla, `${NOTES}/x`, {})
    expect((await importInto(carla, empty)).status).toBe(200)
    expect((await exported(carla, carla.assertDid)).records.size).toBe(0)
    expect((await carla.com.atproto.repo.describeRepo({ repo: carla.assertDid })).data.collections).toEqual([])
  })
})

describe('a repository from elsewhere', () => {
  it('made by another implementation is taken, record by record', async () => {
    const dan = await server.signUp('dan')
    const key = await Secp256k1Keypair.create()
    const writes = Array.from({ length: 300 }, (_, n) => ({
      action: WriteOpAction.Create as const,
      collection: NOTES as never,
      rkey: `k${n}` as never,
      record: { $type: NOTES, n, text: 'Grüße 👋' },
    }))
    const storage = new MemoryBlockstore()
    const repo = await Repo.create(storage, dan.assertDid, key, writes)
    const chunks: Uint8Array[] = []
    for await (const chunk of getFullRepo(storage, repo.cid)) chunks.push(chunk)

    expect((await importInto(dan, Buffer.concat(chunks))).status).toBe(200)
    const { records, rev } = await exported(dan, dan.assertDid)
    expect(rev > repo.commit.rev).toBe(true)
    expect(records.size).toBe(300)
    const { blocks } = await blocksOf(await carOfRepo(dan))
    expect(blocks[0]!.value).toMatchObject({ prev: null, version: 3 })
    expect(String((blocks[0]!.value as { data: CID }).data)).toBe(repo.commit.data.toString())
  })

  it('replaces whatever there was', async () => {
    const erin = await server.signUp('erin')
    await put(erin, `${NOTES}/k1`, { old: true })
    await put(erin, `${NOTES}/old`, { old: true })
    await put(erin, 'com.example.old/x', { old: true })
    expect((await importInto(erin, (await repoOf(erin.assertDid, notes(3))).car)).status).toBe(200)
    expect([...(await exported(erin, erin.assertDid)).records.keys()]).toEqual([0, 1, 2].map((n) => `${NOTES}/k${n}`))
    const { data: description } = await erin.com.atproto.repo.describeRepo({ repo: erin.assertDid })
    expect(description.collections).toEqual([NOTES])
    const { data: list } = await erin.com.atproto.repo.listRecords({
      repo: erin.assertDid,
      collection: NOTES,
      reverse: true,
    })
    expect(list.records.map(({ value }) => value)).toEqual(Object.values(notes(3)))
  })

  it('may come in any order of blocks, with some twice', async () => {
    const frank = await server.signUp('frank')
    const { commit, nodes, records } = await repoOf(frank.assertDid, notes(50))
    const car = carOf([commit.cid], [...records, ...nodes.toReversed(), ...records, commit])
    expect((await importInto(frank, car)).status).toBe(200)
    expect((await exported(frank, frank.assertDid)).records.size).toBe(50)
  })

  it('may have been written by another library', async () => {
    const gina = await server.signUp('gina')
    const storage = new MemoryBlockstore()
    const repo = await Repo.create(storage, gina.assertDid, await Secp256k1Keypair.create())
    const car = await blocksToCarFile(repo.cid, (await storage.getBlocks([repo.cid, repo.commit.data])).blocks)
    expect((await importInto(gina, car)).status).toBe(200)
  })

  it('still has one record a subject', async () => {
    const heidi = await server.signUp('heidi')
    const follow = (did: string) => ({ $type: FOLLOWS, subject: did, createdAt: '2024-01-01T00:00:00.000Z' })
    const { car } = await repoOf(heidi.assertDid, {
      [`${FOLLOWS}/3jzfcijpj2z2a`]: follow('did:web:one.example.com'),
      [`${FOLLOWS}/3jzfcijpj2z2b`]: follow('did:web:two.example.com'),
    })
    await put(heidi, `${FOLLOWS}/3jzfcijpj2z2c`, follow('did:web:three.example.com'))
    expect((await importInto(heidi, car)).status).toBe(200)
    const create = (did: string) =>
      heidi.com.atproto.repo.createRecord({ repo: heidi.assertDid, collection: FOLLOWS, record: follow(did) })
    const one = (await create('did:web:one.example.com')).data.uri.split('/').pop()
    const three = (await create('did:web:three.example.com')).data.uri.split('/').pop()
    const keys = [...(await exported(heidi, heidi.assertDid)).records.keys()]
    expect(keys).toEqual(['3jzfcijpj2z2b', one, three].map((rkey) => `${FOLLOWS}/${rkey}`))
  })
})

describe('the log', () => {
  it('has the import as one event, and on the wire it is the new head', async () => {
    const ivan = await server.signUp('ivan')
    const seq = await lastSeq()
    expect((await importInto(ivan, (await repoOf(ivan.assertDid, notes(10))).car)).status).toBe(200)
    const events = await lastEvents(seq)
    const { cid, rev } = await head(ivan)
    // Its pieces concern this server alone.
    expect(events).toMatchObject([
      { did: ivan.assertDid, kind: 'import', rev },
      { did: ivan.assertDid, kind: 'part', rev: null, frame: null },
    ])
    // A frame is two CBOR values, the header of a fixed length.
    const header = { op: 1, t: '#sync' }
    const headerBytes = cborBlock(header).bytes
    const frame = events[0]!.frame!
    expect(frame.subarray(0, headerBytes.length).equals(headerBytes)).toBe(true)
    const body = decode(frame.subarray(headerBytes.length)) as {
      did: string
      rev: string
      seq: number
      blocks: Uint8Array
    }
    expect(body).toMatchObject({ did: ivan.assertDid, rev, seq: events[0]!.seq })
    const { roots, blocks } = await blocksOf(body.blocks)
    expect({ roots, blocks: blocks.map((block) => block.cid) }).toEqual({ roots: [cid], blocks: [cid] })
  })

  it('keeps it over a restart', async () => {
    let restarted = await startTestServer()
    try {
      const judy = await restarted.signUp('judy')
      await put(judy, `${NOTES}/old`, {})
      const { car } = await repoOf(judy.assertDid, notes(30))
      expect((await importInto(judy, car, CAR, restarted)).status).toBe(200)
      const before = await exported(judy, judy.assertDid)
      restarted = await restarted.restart()
      expect(await exported(restarted.agent(), judy.assertDid)).toEqual(before)
      const body = { repo: judy.assertDid, collection: NOTES, rkey: 'new', record: {} }
      expect((await callAt(restarted, 'com.atproto.repo.putRecord', { as: judy, body })).status).toBe(200)
      expect((await exported(restarted.agent(), judy.assertDid)).records.size).toBe(31)
    } finally {
      await stopTestServer(restarted)
    }
  })
})

describe('what is refused changes nothing', () => {
  it('nobody, and nobody else', async () => {
    const { who, check } = await unmoved('kim')
    const { car } = await repoOf(who.assertDid, notes(3))
    expect(
      (await callAt(server, 'com.atproto.repo.importRepo', { body: car, headers: { 'content-type': CAR } })).status,
    ).toBe(401)
    const other = await server.signUp('leo')
    expectRefused(await importInto(other, car))
    expect([...(await exported(other, other.assertDid)).records]).toEqual([])
    await check()
  })

  it('what is no CAR', async () => {
    const { who, check } = await unmoved('mia')
    const { car } = await repoOf(who.assertDid, notes(3))
    for (const type of ['application/json', 'application/octet-stream', 'text/plain'])
      expect([400, 415]).toContain((await importInto(who, car, type)).status)
    for (const junk of [Buffer.alloc(0), Buffer.from('{}'), Buffer.alloc(1_000), Buffer.alloc(1_000, 0xff)])
      expectRefused(await importInto(who, junk))
    await check()
  })

  it('another DID', async () => {
    const { who, check } = await unmoved('nina')
    const other = await server.signUp('oscar')
    expectRefused(await importInto(who, await carOfRepo(other)))
    expectRefused(await importInto(who, (await repoOf('did:plc:ewvi7nxzyoun6zhxrhs64oiz', notes(3))).car))
    expectRefused(await importInto(who, (await repoOf('did:web:example.com', notes(3))).car))
    await importInto(other, await carOfRepo(other))
    await check()
  })

  it('a CAR that is cut off, wherever', async () => {
    const { who, check } = await unmoved('pat')
    const { car, commit, nodes, records } = await repoOf(who.assertDid, notes(20))
    for (let length = 0; length < car.length; length += 97)
      expectRefused(await importInto(who, car.subarray(0, length)))
    // Also where it looks complete.
    const blocks = [commit, ...nodes, ...records]
    for (let count = 0; count < blocks.length; count++)
      expectRefused(await importInto(who, carOf([commit.cid], blocks.slice(0, count))))
    await check()
  })

  it('a CAR with one byte changed, wherever', async () => {
    const { who, check } = await unmoved('quinn')
    const { car } = await repoOf(who.assertDid, notes(20))
    for (let at = 0; at < car.length; at += 31) {
      const changed = Buffer.from(car)
      changed[at]! ^= 0x01
      expectRefused(await importInto(who, changed))
    }
    await check()
  })

  it('no root, many roots, a root that is not there or no commit', async () => {
    const { who, check } = await unmoved('rita')
    const { commit, nodes, records } = await repoOf(who.assertDid, notes(5))
    const blocks = [commit, ...nodes, ...records]
    for (const roots of [
      [],
      [commit.cid, commit.cid],
      [commit.cid, nodes[0]!.cid],
      [cborBlock({}).cid],
      [nodes[0]!.cid],
      [records[0]!.cid],
    ])
      expectRefused(await importInto(who, carOf(roots, blocks)))
    for (const header of [{ roots: [commit.cid] }, { version: 2, roots: [commit.cid] }, { version: 1 }, {}, [], 1])
      expectRefused(await importInto(who, Buffer.concat([carHeader(header), ...blocks.map(section)])))
    await check()
  })

  it('a rev of the future', async () => {
    const { who, check } = await unmoved('sam')
    for (const ahead of [3_600_000, 365 * 86_400_000])
      expectRefused(
        await importInto(who, (await repoOf(who.assertDid, notes(3), { rev: revAt(Date.now() + ahead) })).car),
      )
    for (const rev of ['zzzzzzzzzzzzz', 'x', '', 7, undefined])
      expectRefused(
        await importInto(
          who,
          (await repoOf(who.assertDid, notes(3), rev === undefined ? { version: 4 } : { rev })).car,
        ),
      )
    await check()
  })

  it('records that are no records', async () => {
    const { who, check } = await unmoved('tara')
    for (const record of [[], 'text', 7, null, cborBlock({}).cid])
      expectRefused(await importInto(who, (await repoOf(who.assertDid, { ...notes(3), [`${NOTES}/bad`]: record })).car))
    await check()
  })

  it('keys that are no paths', async () => {
    const { who, check } = await unmoved('uma')
    for (const path of [
      'nopath',
      '/x',
      `${NOTES}/`,
      `${NOTES}/a/b`,
      `${NOTES}/a b`,
      `${NOTES}/ü`,
      `${NOTES}/${'x'.repeat(1_100)}`,
    ])
      expectRefused(await importInto(who, (await repoOf(who.assertDid, { ...notes(3), [path]: { $type: NOTES } })).car))
    await check()
  })

  it('however large, and leaves the connection usable', async () => {
    const { who, check } = await unmoved('wendy')
    for (const size of [200_000, 20_000_000]) {
      expectRefused(await importInto(who, Buffer.alloc(size, 0xff)))
      await check()
    }
    const other = { as: 'no token', body: Buffer.alloc(20_000_000), headers: { 'content-type': CAR } }
    expect((await callAt(server, 'com.atproto.repo.importRepo', other)).status).toBeGreaterThanOrEqual(400)
    await check()
  })

  it('anything at all where imports are not taken', async () => {
    const closed = await startTestServer({ PDS_ACCEPTING_REPO_IMPORTS: 'false' })
    try {
      const vera = await closed.signUp('vera')
      expectRefused(await importInto(vera, (await repoOf(vera.assertDid, notes(3))).car, CAR, closed))
      expect((await exported(vera, vera.assertDid)).records.size).toBe(0)
    } finally {
      await stopTestServer(closed)
    }
  })
})

describe('a large repository', () => {
  const COUNT = 5_000

  it('comes in while everything else is answered, and one at a time', async () => {
    const walter = await server.signUp('walter')
    const xena = await server.signUp('xena')
    await put(xena, `${NOTES}/x`, { n: 0 })
    const text = 'x'.repeat(1_000)
    const records = Object.fromEntries(Object.entries(notes(COUNT)).map(([path, value]) => [path, { ...value, text }]))
    const { car } = await repoOf(walter.assertDid, records)
    expect(car.length).toBeGreaterThan(4 << 20)

    let done = false
    const importing = importInto(walter, car).finally(() => (done = true))
    const second = importInto(walter, car)
    let answered = 0
    for (let n = 0; !done; n++) {
      await xena.com.atproto.repo.getRecord({ repo: xena.assertDid, collection: NOTES, rkey: 'x' })
      await put(xena, `${NOTES}/x`, { n })
      answered++
    }
    const statuses = [(await importing).status, (await second).status].sort()
    expect(statuses).toEqual([200, 409])
    expect(answered).toBeGreaterThan(3)
    const { records: held } = await exported(walter, walter.assertDid)
    expect(held.size).toBe(COUNT)
  })

  it('and a write that meets it is there, before it or after it', async () => {
    const yuri = await server.signUp('yuri')
    const { car } = await repoOf(yuri.assertDid, notes(2_000))
    let done = false
    const importing = importInto(yuri, car).finally(() => (done = true))
    const written: { path: string; rev: string }[] = []
    for (let n = 0; !done; n++) {
      const { commit } = await put(yuri, `${NOTES}/meanwhile${n}`, { n })
      written.push({ path: `${NOTES}/meanwhile${n}`, rev: commit!.rev })
    }
    expect((await importing).status).toBe(200)
    await put(yuri, `${NOTES}/after`, {})
    const events = (await server.app.get(CommitLog, { strict: false }).readRepo(yuri.assertDid, 0, 10_000)).filter(
      ({ rev }) => rev,
    )
    const revs = events.map(({ rev }) => rev!)
    expect(revs).toEqual([...revs].sort())
    const imported = events.find(({ kind }) => kind === 'import')!.rev!
    const expected = written.filter(({ rev }) => rev > imported).map(({ path }) => path)
    const { records } = await exported(yuri, yuri.assertDid)
    expect([...records.keys()].filter((path) => path.includes('meanwhile')).sort()).toEqual(expected.sort())
    expect(records.size).toBe(2_000 + expected.length + 1)
  })

  it('is refused beyond the limit that is set, and nothing of it is kept', async () => {
    const small = await startTestServer({ PDS_MAX_REPO_IMPORT_SIZE: '20000' })
    try {
      const zoe = await small.signUp('zoe')
      const { car } = await repoOf(zoe.assertDid, notes(1_000))
      expect(car.length).toBeGreaterThan(20_000)
      expect([400, 413]).toContain((await importInto(zoe, car, CAR, small)).status)
      expect((await exported(zoe, zoe.assertDid)).records.size).toBe(0)
      expect((await importInto(zoe, (await repoOf(zoe.assertDid, notes(10))).car, CAR, small)).status).toBe(200)
    } finally {
      await stopTestServer(small)
    }
  })

  it('goes on record in a second import, once the first has failed or finished', async () => {
    const amy = await server.signUp('amy')
    const { car } = await repoOf(amy.assertDid, notes(100))
    expectRefused(await importInto(amy, car.subarray(0, car.length - 5)))
    expect((await importInto(amy, car)).status).toBe(200)
    expect((await importInto(amy, car)).status).toBe(200)
    expect((await exported(amy, amy.assertDid)).records.size).toBe(100)
  })

  it('whose sender goes away half-way leaves nothing behind and blocks nobody', async () => {
    const ben = await server.signUp('ben')
    const { car } = await repoOf(ben.assertDid, notes(500))
    const gone = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(car.subarray(0, 5_000))
        setTimeout(() => gone.abort(), 50)
        return new Promise(() => undefined)
      },
    })
    await expect(
      fetch(`${server.url}/xrpc/com.atproto.repo.importRepo`, {
        method: 'POST',
        headers: { 'content-type': CAR, authorization: `Bearer ${ben.session!.accessJwt}` },
        body,
        duplex: 'half',
        signal: gone.signal,
      } as RequestInit),
    ).rejects.toThrow()
    await eventually(async () => {
      const { status } = await importInto(ben, car)
      expect([200, 409]).toContain(status)
      return status === 200
    })
    expect((await exported(ben, ben.assertDid)).records.size).toBe(500)
  })
})

describe('keys of today', () => {
  it('sign what is exported, whoever signed what came in', async () => {
    const cleo = await server.signUp('cleo')
    const { commit, car } = await repoOf(cleo.assertDid, notes(5))
    expect((await importInto(cleo, car)).status).toBe(200)
    const { head: now } = await exported(cleo, cleo.assertDid)
    expect(now).not.toBe(commit.cid.toString())
    expect(await signingKeyOf(cleo, cleo.assertDid)).toMatch(/^did:key:zQ3s/)
  })
})
