import type { AtpAgent } from '@atproto/api'
import {
  MemoryBlockstore,
  readCarWithRoot,
  Repo,
  verifyDiffCar,
  verifyProofs,
  verifyRecords,
  verifyRepoCar,
} from '@atproto/repo'
import { parseCid } from '@atproto/lex-data'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { type Answer, call as callAt, type Call } from './call.js'
import { blocksOf, exported, signingKeyOf, verified, walkOf } from './verified.js'

type Client = AtpAgent & { assertDid: string }

const NOTES = 'com.example.note'
const ABSENT = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

let server: TestServer
let alice: Client
let key: string
beforeAll(async () => {
  server = await startTestServer()
  alice = await server.signUp('alice')
  key = await signingKeyOf(alice, alice.assertDid)
  for (const collection of ['com.example.other', NOTES])
    await create(
      alice,
      Array.from({ length: 150 }, (_, n) => [`${collection}/k${n}`, { n }]),
    )
})
afterAll(() => stopTestServer(server))

const call = (name: string, options?: Call): Promise<Answer> => callAt(server, `com.atproto.sync.${name}`, options)
const head = async (did: string) => (await alice.com.atproto.sync.getLatestCommit({ did })).data

async function create(who: Client, records: [string, Record<string, unknown>][]): Promise<void> {
  const writes = records.map(([path, value]) => {
    const [collection, rkey] = path.split('/') as [`${string}.${string}.${string}`, string]
    return { $type: 'com.atproto.repo.applyWrites#create' as const, collection, rkey, value }
  })
  await who.com.atproto.repo.applyWrites({ repo: who.assertDid, writes })
}

async function remove(who: Client, paths: string[]): Promise<void> {
  const writes = paths.map((path) => {
    const [collection, rkey] = path.split('/') as [`${string}.${string}.${string}`, string]
    return { $type: 'com.atproto.repo.applyWrites#delete' as const, collection, rkey }
  })
  await who.com.atproto.repo.applyWrites({ repo: who.assertDid, writes })
}

const put = (who: Client, rkey: string, record: Record<string, unknown>) =>
  who.com.atproto.repo.putRecord({ repo: who.assertDid, collection: NOTES, rkey, record })

function expectRefused({ status, json }: Answer, error = 'InvalidRequest', expected = 400): void {
  expect({ status, error: json.error as unknown }).toEqual({ status: expected, error })
}

async function carOf(did: string, params: Call['params'] = {}): Promise<Buffer> {
  const { status, headers, bytes } = await call('getRepo', { params: { did, ...params } })
  expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/vnd.ipld.car' })
  return bytes
}

describe('getRepo', () => {
  it('is a repository to another implementation: every block, the tree, and the signature', async () => {
    const repo = await verified(await carOf(alice.assertDid), alice.assertDid, key)
    const { cid, rev } = await head(alice.assertDid)
    expect(repo).toMatchObject({ head: cid, rev })
    expect(repo.records.size).toBe(300)
    for (const [path, recordCid] of [...repo.records].slice(0, 20)) {
      const [collection, rkey] = path.split('/') as [string, string]
      const { data } = await alice.com.atproto.repo.getRecord({ repo: alice.assertDid, collection, rkey })
      expect(data.cid).toBe(recordCid)
    }
  })

  it('is signed by nobody else', async () => {
    const bob = await server.signUp('bob')
    const car = await carOf(alice.assertDid)
    await expect(verified(car, alice.assertDid, await signingKeyOf(bob, bob.assertDid))).rejects.toThrow('signature')
    await expect(verified(car, bob.assertDid, key)).rejects.toThrow('did')
  })

  it('holds nothing but the repository, in streamable order', async () => {
    const { roots, blocks } = await blocksOf(await carOf(alice.assertDid))
    const { cid } = await head(alice.assertDid)
    expect(roots).toEqual([cid])
    expect(blocks.map((block) => block.cid)).toEqual(walkOf(cid, blocks))
  })

  it('of an account that has just begun is whole too', async () => {
    const carla = await server.signUp('carla')
    expect((await exported(carla, carla.assertDid)).records.size).toBe(0)
    const { blocks } = await blocksOf(await carOf(carla.assertDid))
    expect(blocks).toMatchObject([
      { value: { version: 3, did: carla.assertDid, prev: null } },
      { value: { l: null, e: [] } },
    ])
  })

  it('comes back to that when everything is deleted', async () => {
    const dan = await server.signUp('dan')
    const paths = Array.from({ length: 60 }, (_, n) => `${NOTES}/${n}`)
    await create(
      dan,
      paths.map((path) => [path, { path }]),
    )
    await remove(dan, paths)
    const { blocks } = await blocksOf(await carOf(dan.assertDid))
    expect(blocks.slice(1)).toMatchObject([{ value: { l: null, e: [] } }])
  })

  it('answers HEAD without a body', async () => {
    const response = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${alice.assertDid}`, {
      method: 'HEAD',
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/vnd.ipld.car')
  })

  it('getCheckout is the same', async () => {
    const { bytes } = await call('getCheckout', { params: { did: alice.assertDid } })
    expect(bytes.equals(await carOf(alice.assertDid))).toBe(true)
  })

  it('goes out to many at once', async () => {
    const cars = await Promise.all(Array.from({ length: 20 }, () => carOf(alice.assertDid)))
    for (const car of cars) expect(car.equals(cars[0]!)).toBe(true)
  })
})

describe('getRepo since', () => {
  let erin: Client
  let erinKey: string
  beforeAll(async () => {
    erin = await server.signUp('erin')
    erinKey = await signingKeyOf(erin, erin.assertDid)
    await create(
      erin,
      Array.from({ length: 150 }, (_, n) => [`${NOTES}/k${n}`, { n }]),
    )
  })

  it('is what another implementation needs to follow', async () => {
    const before = await head(erin.assertDid)
    const old = await readCarWithRoot(await carOf(erin.assertDid))
    await put(erin, 'k7', { n: 'seven' })
    await put(erin, 'new', { n: 'new' })
    await remove(erin, [`${NOTES}/k100`, `${NOTES}/k101`])
    const car = await carOf(erin.assertDid, { since: before.rev })
    const repo = await Repo.load(new MemoryBlockstore(old.blocks), old.root)
    const { writes, commit } = await verifyDiffCar(repo, car, erin.assertDid, erinKey)
    expect(writes.map(({ action, rkey }) => `${action} ${rkey}`).sort()).toEqual([
      'create new',
      'delete k100',
      'delete k101',
      'update k7',
    ])
    expect(commit.rev).toBe((await head(erin.assertDid)).rev)
    // And not what it has already.
    const { blocks } = await blocksOf(car)
    expect(blocks.filter(({ value }) => (value as { $type?: string }).$type === NOTES)).toHaveLength(2)
    expect(car.length).toBeLessThan((await carOf(erin.assertDid)).length / 3)
  })

  it('the head is the commit alone', async () => {
    const { cid, rev } = await head(erin.assertDid)
    for (const since of [rev, 'zzzzzzzzzzzzz'.replace(/^z/, 'j')]) {
      const { roots, blocks } = await blocksOf(await carOf(erin.assertDid, { since }))
      expect({ roots, blocks: blocks.map((block) => block.cid) }).toEqual({ roots: [cid], blocks: [cid] })
    }
  })

  it('before everything is everything', async () => {
    const whole = await carOf(erin.assertDid, { since: '2222222222222' })
    await verified(whole, erin.assertDid, erinKey)
  })

  it('needs a rev', async () => {
    for (const since of ['x', '0000000000000', 'bafyrei'])
      expectRefused(await call('getRepo', { params: { did: erin.assertDid, since } }))
  })
})

describe('getLatestCommit and getHead', () => {
  it('are what the last write answered', async () => {
    const { data } = await put(alice, 'latest', {})
    expect(await head(alice.assertDid)).toEqual(data.commit)
    expect((await call('getHead', { params: { did: alice.assertDid } })).json).toEqual({ root: data.commit!.cid })
  })
})

describe('getRecord', () => {
  const proofOf = async (did: string, rkey: string): Promise<Buffer> => {
    const { status, headers, bytes } = await call('getRecord', { params: { did, collection: NOTES, rkey } })
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/vnd.ipld.car' })
    return bytes
  }
  const claim = (rkey: string, cid: string | null) =>
    ({ collection: NOTES, rkey, cid: cid === null ? null : parseCid(cid) }) as const
  const check = async (proof: Uint8Array, rkey: string, cid: string | null): Promise<boolean> => {
    const { verified: held, unverified } = await verifyProofs(proof, [claim(rkey, cid) as never], alice.assertDid, key)
    expect(held.length + unverified.length).toBe(1)
    return held.length === 1
  }

  it('proves what is there', async () => {
    const { records } = await exported(alice, alice.assertDid)
    for (const rkey of ['k0', 'k1', 'k17', 'k99', 'k149']) {
      const proof = await proofOf(alice.assertDid, rkey)
      const cid = records.get(`${NOTES}/${rkey}`)!
      expect(await check(proof, rkey, cid)).toBe(true)
      expect(await check(proof, rkey, null)).toBe(false)
      expect(await check(proof, rkey, records.get(`${NOTES}/k2`)!)).toBe(false)
      const found = await verifyRecords(proof, alice.assertDid, key)
      const value = { $type: NOTES, n: Number(rkey.slice(1)) }
      expect(found).toEqual(expect.arrayContaining([{ collection: NOTES, rkey, record: value }]))
      const { blocks } = await blocksOf(proof)
      expect(blocks.filter((block) => (block.value as { $type?: string }).$type === NOTES)).toHaveLength(1)
      expect(proof.length).toBeLessThan(10_000)
    }
  })

  it('proves what is not', async () => {
    const { cid } = (await alice.com.atproto.repo.getRecord({ repo: alice.assertDid, collection: NOTES, rkey: 'k1' }))
      .data
    for (const rkey of ['absent', '0', '~', 'k1x', 'k', ':']) {
      const proof = await proofOf(alice.assertDid, rkey)
      expect(await check(proof, rkey, null)).toBe(true)
      expect(await check(proof, rkey, cid!)).toBe(false)
    }
  })

  it('proves it of an empty repository', async () => {
    const frank = await server.signUp('frank')
    const proof = await proofOf(frank.assertDid, 'absent')
    const frankKey = await signingKeyOf(frank, frank.assertDid)
    const { verified: held } = await verifyProofs(proof, [claim('absent', null) as never], frank.assertDid, frankKey)
    expect(held).toHaveLength(1)
  })

  it('proves neither to who trusts another key', async () => {
    const proof = await proofOf(alice.assertDid, 'k1')
    const frank = await server.signUp('frank2')
    const other = await signingKeyOf(frank, frank.assertDid)
    await expect(verifyProofs(proof, [claim('k1', null) as never], alice.assertDid, other)).rejects.toThrow('signature')
  })

  it('needs a path', async () => {
    const params = { did: alice.assertDid, collection: NOTES, rkey: 'k1' }
    expectRefused(await call('getRecord', { params: { ...params, collection: 'x' } }))
    expectRefused(await call('getRecord', { params: { ...params, rkey: 'a/b' } }))
    expectRefused(await call('getRecord', { params: { did: alice.assertDid, collection: NOTES } }))
  })
})

describe('getBlocks', () => {
  it('gives the commit, nodes and records that are asked for', async () => {
    const { blocks } = await blocksOf(await carOf(alice.assertDid))
    const cids = [blocks[0], blocks[1], blocks[5], blocks.at(-1), blocks[100]].map((block) => block!.cid)
    const { status, bytes } = await call('getBlocks', { params: { did: alice.assertDid, cids } })
    expect(status).toBe(200)
    const found = await blocksOf(bytes)
    expect(found.blocks.map(({ cid }) => cid).sort()).toEqual([...cids].sort())
    const values = new Map(blocks.map(({ cid, value }) => [cid, value]))
    for (const { cid, value } of found.blocks) expect(value).toEqual(values.get(cid))
  })

  it('gives a block once, however often it is asked for', async () => {
    const { cid } = await head(alice.assertDid)
    const { bytes } = await call('getBlocks', { params: { did: alice.assertDid, cids: [cid, cid] } })
    expect((await blocksOf(bytes)).blocks).toHaveLength(1)
  })

  it('refuses what is not there, or no longer', async () => {
    const { cid: old } = await head(alice.assertDid)
    const { data } = await put(alice, 'blocks', { text: 'one' })
    await put(alice, 'blocks', { text: 'two' })
    for (const cid of [old, data.cid, 'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454']) {
      const answer = await call('getBlocks', { params: { did: alice.assertDid, cids: [cid] } })
      expectRefused(answer, 'BlockNotFound')
      expect(answer.json.message).toContain(cid)
    }
  })

  it('gives nothing of another repository', async () => {
    const grace = await server.signUp('grace')
    const { cid } = await head(grace.assertDid)
    expectRefused(await call('getBlocks', { params: { did: alice.assertDid, cids: [cid] } }), 'BlockNotFound')
  })

  it('needs CIDs', async () => {
    expectRefused(await call('getBlocks', { params: { did: alice.assertDid } }))
    expectRefused(await call('getBlocks', { params: { did: alice.assertDid, cids: ['x'] } }))
  })
})

describe('listRepos and getRepoStatus', () => {
  it('list every repository once, whatever the size of the pages', async () => {
    await server.signUp('heidi')
    const { json: all } = await call('listRepos')
    expect(all.cursor).toBeUndefined()
    const dids = (all.repos as { did: string }[]).map(({ did }) => did)
    expect(new Set(dids).size).toBe(dids.length)
    expect(dids).toContain(alice.assertDid)
    for (const limit of [1, 2, dids.length, 1_000]) {
      const found: unknown[] = []
      for (let cursor: string | undefined; ;) {
        const { status, json } = await call('listRepos', { params: { limit, ...(cursor !== undefined && { cursor }) } })
        expect(status).toBe(200)
        found.push(...(json.repos as unknown[]))
        cursor = json.cursor as string | undefined
        if (cursor === undefined) break
      }
      expect(found).toEqual(all.repos)
    }
  })

  it('say head, rev and status', async () => {
    const { json } = await call('listRepos')
    const { cid, rev } = await head(alice.assertDid)
    expect(json.repos).toContainEqual({ did: alice.assertDid, head: cid, rev, active: true })
    const { json: status } = await call('getRepoStatus', { params: { did: alice.assertDid } })
    expect(status).toEqual({ did: alice.assertDid, active: true, rev })
  })

  it.each(['x', '-1', '1.5', '1e99', 'NaN', "1' OR 1=1"])('refuse the cursor %s', async (cursor) => {
    expectRefused(await call('listRepos', { params: { cursor } }))
  })

  it.each([0, 1_001, -5])('refuse the limit %i', async (limit) => {
    expectRefused(await call('listRepos', { params: { limit } }))
  })
})

describe('a repository that is not here', () => {
  const methods: [string, Call['params']][] = [
    ['getRepo', {}],
    ['getRepo', { since: '2222222222222' }],
    ['getCheckout', {}],
    ['getLatestCommit', {}],
    ['getHead', {}],
    ['getRecord', { collection: NOTES, rkey: 'a' }],
    ['getBlocks', { cids: ['bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454'] }],
    ['getRepoStatus', {}],
  ]

  it.each(methods)('%s %j', async (name, params) => {
    const answer = await call(name, { params: { did: ABSENT, ...params } })
    expectRefused(answer, 'RepoNotFound')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    for (const did of ['alice.test', 'x', 'did:plc:', `${ABSENT}/x`])
      expectRefused(await call(name, { params: { did, ...params } }))
    expectRefused(await call(name, { params }))
  })
})

describe('one snapshot', () => {
  /** Reads an answer, pausing after its first piece while `meanwhile` runs. */
  async function readSlowly(did: string, meanwhile: () => Promise<void>): Promise<Buffer> {
    const response = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const chunks: Uint8Array[] = []
    for (let waited = false; ;) {
      const { done, value } = await reader.read()
      if (done) return Buffer.concat(chunks)
      chunks.push(value)
      if (!waited) await meanwhile()
      waited = true
    }
  }

  it('getRepo is never torn, whatever is deleted and written meanwhile', async () => {
    const ivan = await server.signUp('ivan')
    const { assertDid: did } = ivan
    const ivanKey = await signingKeyOf(ivan, did)
    const text = 'x'.repeat(4_000)
    const paths = Array.from({ length: 1_200 }, (_, n) => `${NOTES}/k${n}`)
    for (let at = 0; at < paths.length; at += 200)
      await create(
        ivan,
        paths.slice(at, at + 200).map((path) => [path, { text, path }]),
      )
    for (let round = 0; round < 6; round++) {
      const before = await head(did)
      const car = await readSlowly(did, async () => {
        await remove(ivan, paths.slice(round * 200, round * 200 + 200))
        await put(ivan, `after${round}`, { round })
      })
      const repo = await verified(car, did, ivanKey)
      expect(repo.head).toBe(before.cid)
      expect(repo.records.size).toBe(1_200 - round * 200 + round)
    }
    expect((await exported(ivan, did)).records.size).toBe(6)
  })

  it('nor are proofs, blocks and lists', async () => {
    const judy = await server.signUp('judy')
    const { assertDid: did } = judy
    const judyKey = await signingKeyOf(judy, did)
    const paths = Array.from({ length: 150 }, (_, n) => `${NOTES}/k${n}`)
    await create(
      judy,
      paths.map((path) => [path, { path }]),
    )
    let done = false
    const deleting = (async () => {
      for (const path of paths) await remove(judy, [path])
      done = true
    })()
    for (let n = 0; !done; n++) {
      const rkey = `k${n % 150}`
      const { bytes } = await call('getRecord', { params: { did, collection: NOTES, rkey } })
      await verifyRecords(bytes, did, judyKey)
      await verifyRepoCar(await carOf(did), did, judyKey)
    }
    await deleting
  })
})

describe('records that are the same', () => {
  it('stand each under its own path', async () => {
    const kim = await server.signUp('kim')
    const { assertDid: did } = kim
    await create(kim, [
      [`${NOTES}/a`, { same: true }],
      [`${NOTES}/b`, { same: true }],
      [`${NOTES}/c`, { same: true }],
    ])
    const { records } = await exported(kim, did)
    expect(records.size).toBe(3)
    expect(new Set(records.values()).size).toBe(1)
    const { rev } = await head(did)

    await remove(kim, [`${NOTES}/b`])
    expect([...(await exported(kim, did)).records.keys()]).toEqual([`${NOTES}/a`, `${NOTES}/c`])
    await put(kim, 'd', { same: true })
    const { blocks } = await blocksOf(await carOf(did, { since: rev }))
    expect(blocks.map(({ cid }) => cid)).toContain([...records.values()][0])
    await put(kim, 'a', { same: false })
    await put(kim, 'c', { same: false })
    expect([...(await exported(kim, did)).records.keys()]).toEqual([`${NOTES}/a`, `${NOTES}/c`, `${NOTES}/d`])
    const { json } = await callAt(server, 'com.atproto.repo.getRecord', {
      params: { repo: did, collection: NOTES, rkey: 'd' },
    })
    expect(json.value).toEqual({ $type: NOTES, same: true })
    const proof = (await call('getRecord', { params: { did, collection: NOTES, rkey: 'd' } })).bytes
    expect(await verifyRecords(proof, did, await signingKeyOf(kim, did))).toEqual(
      expect.arrayContaining([{ collection: NOTES, rkey: 'd', record: { $type: NOTES, same: true } }]),
    )
  })
})
