/**
 * A history of a repository, sent in pieces of every size, in any order and again and again: what is here is always what was
 * there at some moment, never goes back, and is the newest as soon as that has come.
 */
import type { AtpAgent } from '@atproto/api'
import { CommitLog, type LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { foldLog, readCommitBlocks } from '../../../src/modules/repo/fold-log.js'
import { tidFromMicros } from '../../../src/repo-engine/index.js'
import { Chance } from '../../projections/random-records.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { addPeer, partOf } from './mirroring.js'
import { repoOf } from './settled.js'

type Client = AtpAgent & { assertDid: string }

/** The repository at one moment. */
interface Moment {
  rev: string
  car: Buffer
}

/** Something that is sent. */
interface Slice {
  what: string
  /** The moment that it leads to. */
  to: number
  car: Uint8Array
}

const NOTES = 'com.example.note'
const LIKES = 'app.bsky.feed.like'
/** What may become of a slice that does not fit what is here. */
const REFUSALS = ['CommitReplayed', 'CommitStale', 'CommitGap', 'CommitTooLarge']

let b: TestServer
let c: TestServer
let made = 0
beforeAll(async () => {
  b = await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.b.test' })
  c = await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.c.test', PDS_DID_PLC_URL: b.url })
  await addPeer(c, { who: b.url, direction: 'accept' })
})
afterAll(async () => {
  await stopTestServer(c)
  await stopTestServer(b)
})

/** Writes something by chance: now and then more than one event can tell, or less than nothing. */
async function writeSome(who: Client, chance: Chance, held: Map<string, string>): Promise<void> {
  const count = chance.is(0.1) ? 150 : 1 + chance.below(5)
  const writes = new Map<string, object>()
  for (let n = 0; n < count; n++) {
    const known = [...held.keys()]
    const path =
      known.length > 0 && chance.is(0.5)
        ? chance.of(known)
        : `${chance.of([NOTES, LIKES])}/${keyOf(chance.below(1_000))}`
    const [collection, rkey] = path.split('/') as [string, string]
    const subject = { uri: `at://${who.assertDid}/${NOTES}/${keyOf(chance.below(9))}`, cid: CID }
    const value = { $type: collection, subject, n: chance.below(3), createdAt: '2026-01-02T03:04:05.678Z' }
    const action = !held.has(path) ? 'create' : chance.is(0.5) ? 'update' : 'delete'
    writes.set(path, {
      $type: `com.atproto.repo.applyWrites#${action}`,
      collection,
      rkey,
      ...(action !== 'delete' && { value }),
    })
  }
  await who.com.atproto.repo.applyWrites({
    repo: who.assertDid,
    validate: false,
    writes: [...writes.values()] as never,
  })
  held.clear()
  for (const collection of [NOTES, LIKES])
    for (let cursor: string | undefined; ;) {
      const { data } = await who.com.atproto.repo.listRecords({ repo: who.assertDid, collection, limit: 100, cursor })
      for (const { uri, cid } of data.records) held.set(uri.split('/').slice(3).join('/'), cid)
      cursor = data.cursor
      if (cursor === undefined) break
    }
}
const keyOf = (n: number): string => tidFromMicros(1_700_000_000_000_000 + n, 0)
const CID = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'

async function momentOf(did: string): Promise<Moment> {
  const { data } = await b.agent().com.atproto.sync.getLatestCommit({ did })
  return { rev: data.rev, car: (await repoOf(b, did))! }
}

async function changesSince(did: string, rev: string): Promise<Buffer> {
  const response = await fetch(`${b.url}/xrpc/com.atproto.sync.getRepo?did=${did}&since=${rev}`)
  return Buffer.from(await response.arrayBuffer())
}

async function push(did: string, car: Uint8Array): Promise<string> {
  const response = await fetch(`${c.url}/xrpc/com.atproto.syncUpdateRepo?did=${did}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor' },
    body: car as BodyInit,
  })
  const text = await response.text()
  return response.status === 200 ? 'taken' : (JSON.parse(text) as { error: string }).error
}

async function* events(did: string): AsyncGenerator<LogRow> {
  yield* await partOf(c, CommitLog).readRepo(did)
}

async function* parts(name: string): AsyncGenerator<Uint8Array> {
  const sql = 'SELECT bytes FROM commit_log_part WHERE part_of = ? ORDER BY n'
  for (const { bytes } of await partOf(c, Database).read.all<{ bytes: Buffer }>(sql, name)) yield bytes
}

it.each([1, 2, 3, 4, 5, 6])('history %i', async (seed) => {
  const chance = new Chance(seed)
  const who = await b.signUp(`user${++made}x.b`)
  const did = who.assertDid
  const moments = [await momentOf(did)]
  const slices: Slice[] = []
  const held = new Map<string, string>()
  for (let to = 1; to <= 20; to++) {
    await writeSome(who, chance, held)
    moments.push(await momentOf(did))
    const { car } = moments[to]!
    if (chance.is(0.4)) slices.push({ what: `all at ${to}`, to, car })
    const from = chance.below(to)
    slices.push({ what: `${from} to ${to}`, to, car: await changesSince(did, moments[from]!.rev) })
  }
  const revs = moments.map(({ rev }) => rev)
  for (const row of await partOf(b, CommitLog).readRepo(did))
    if (row.kind === 'commit') {
      const to = revs.indexOf(row.rev!)
      slices.push({ what: `commit ${to}`, to, car: readCommitBlocks(row) })
    }

  const log: string[] = []
  let at = -1
  let isHere = false
  for (let n = 0; n < slices.length * 2 || !isHere; n++) {
    // Mostly in about their order, so that many fit; in the end whatever is left, until the newest is here.
    const near = slices.filter(({ to }) => Math.abs(to - at) < 4)
    const slice =
      n > slices.length * 3
        ? { what: 'all', to: 20, car: moments[20]!.car }
        : chance.of(near.length && chance.is(0.8) ? near : slices)
    const answer = await push(did, slice.car)
    log.push(`${slice.what}: ${answer}`)
    if (answer !== 'taken') expect({ answer: REFUSALS.includes(answer), log }).toEqual({ answer: true, log })
    const here = await repoOf(c, did)
    const now = here ? moments.findIndex(({ car }) => car.equals(here)) : -1
    if (here) expect({ now: now >= at, log }).toEqual({ now: true, log })
    if (answer === 'taken') expect({ now, log }).toEqual({ now: slice.to, log })
    else expect({ now, log }).toEqual({ now: at, log })
    at = now
    isHere = at === 20
  }
  expect(log.filter((line) => line.endsWith('taken')).length).toBeGreaterThan(2)
  // I6: and so says the log.
  const folded = await foldLog(events(did), parts)
  expect(folded!.rev).toBe(moments.at(-1)!.rev)
})
