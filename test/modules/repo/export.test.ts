/** getRepo while the repository changes: always one state, never a mixture of two. */
import { verifyRepoCar } from '@atproto/repo'
import { Database } from '../../../src/modules/database/database.js'
import { checkInvariants } from '../../support/invariants.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const NOTE = 'com.example.note'
type Client = Awaited<ReturnType<TestServer['signUp']>>

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await startTestServer()
  alice = await server.signUp('alice')
})
afterAll(() => stopTestServer(server))

const database = (): Database => server.app.get(Database, { strict: false })

async function signingKey(): Promise<string> {
  return (await database().read.get<{ public_key: string }>(
    'SELECT public_key FROM signing_key WHERE did = ?',
    alice.assertDid,
  ))!.public_key
}

/** Every record of an export, by path, after the whole CAR has been verified by other people's code. */
async function exported(): Promise<{ rev: string; cid: string; records: Map<string, string> }> {
  const { data } = await alice.com.atproto.sync.getRepo({ did: alice.assertDid })
  const { creates, commit } = await verifyRepoCar(data, alice.assertDid, await signingKey())
  return {
    rev: commit.rev,
    cid: commit.cid.toString(),
    records: new Map(creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, cid.toString()])),
  }
}

async function applyWrites(
  writes: { action: 'create' | 'update' | 'delete'; rkey: string; text?: string }[],
): Promise<void> {
  await alice.com.atproto.repo.applyWrites({
    repo: alice.assertDid,
    writes: writes.map(({ action, rkey, text }) => ({
      $type: `com.atproto.repo.applyWrites#${action}` as 'com.atproto.repo.applyWrites#create',
      collection: NOTE,
      rkey,
      value: text === undefined ? (undefined as never) : { $type: NOTE, text, createdAt: '2026-01-01T00:00:00.000Z' },
    })),
  })
}

it('I6 getRepo(head) = fold(events of that did)', async () => {
  for (let round = 0; round < 6; round++) {
    await applyWrites(
      Array.from({ length: 60 }, (_, i) => ({ action: 'create', rkey: `r${round}-${i}`, text: `${round} ${i}` })),
    )
    if (round > 0)
      await applyWrites(Array.from({ length: 30 }, (_, i) => ({ action: 'delete', rkey: `r${round - 1}-${i * 2}` })))
    await applyWrites([{ action: 'update', rkey: `r${round}-1`, text: 'changed' }])
    const fold = await checkInvariants(database().read)
    const { head, rev, records } = fold.repos.get(alice.assertDid)!
    const repo = await exported()
    expect(repo).toMatchObject({ rev, cid: head.toString() })
    expect(repo.records).toEqual(new Map([...records].map(([path, { cid }]) => [path, cid.toString()])))
  }
})

it('a getRepo during deletes is never torn', async () => {
  // Every commit deletes a pair or brings it back: an export that saw half of one shows a lone half.
  const PAIRS = 300
  for (let i = 0; i < PAIRS; i += 100)
    await applyWrites(
      Array.from({ length: 100 }, (_, n) => i + n).flatMap((n) => [
        { action: 'create', rkey: `a-${n}`, text: 'a'.repeat(200) },
        { action: 'create', rkey: `z-${n}`, text: 'z'.repeat(200) },
      ]),
    )
  let busy = true
  const writing = (async () => {
    for (let n = 0; busy; n = (n + 1) % PAIRS) {
      await applyWrites([
        { action: 'delete', rkey: `a-${n}` },
        { action: 'delete', rkey: `z-${n}` },
      ])
      if (n % 2) continue
      await applyWrites([
        { action: 'create', rkey: `a-${n}`, text: 'again' },
        { action: 'create', rkey: `z-${n}`, text: 'again' },
      ])
    }
  })()
  const stopped = writing.catch((error: unknown) => error)
  try {
    const revs = new Set<string>()
    for (let round = 0; round < 6; round++) {
      const states = await Promise.all([exported(), exported(), exported()])
      for (const { rev, records } of states) {
        revs.add(rev)
        const half = (letter: string): string[] =>
          [...records.keys()].filter((path) => path.startsWith(`${NOTE}/${letter}-`)).map((path) => path.split('-')[1]!)
        expect(half('a')).toEqual(half('z'))
        expect(half('a').length).toBeGreaterThan(100)
      }
    }
    expect(revs.size).toBeGreaterThan(3)
  } finally {
    busy = false
  }
  await stopped
  await checkInvariants(database().read)
})
