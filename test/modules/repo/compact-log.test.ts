/** A log that is compacted tells the same history with fewer bytes: nothing but superseded records is gone from it. */
import { CommandBus } from '@nestjs/cqrs'
import { CommitLog, type LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { Database, type Reader } from '../../../src/modules/database/database.js'
import { Config } from '../../../src/modules/config/config.js'
import { reportOn } from '../../../src/modules/cli/repo-report.js'
import { CompactLog, type CompactedLog } from '../../../src/modules/repo/compact-log.js'
import { readCommitEvent, readImportEvent, readImportPart } from '../../../src/modules/repo/fold-log.js'
import { decodeCbor } from '../../../src/repo-engine/index.js'
import { ask, carOf, NOTE, type Owner, signUp } from '../../durability/load.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

let server: TestServer
let alice: Owner

beforeEach(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: 'admin-password' })
  alice = await signUp(server.url, 'alice')
})
afterEach(() => stopTestServer(server))

const read = (): Reader => server.app.get(Database, { strict: false }).read
const log = (): CommitLog => server.app.get(CommitLog, { strict: false })
const compact = (before = '9999', onProgress?: (done: number, total: number) => void): Promise<CompactedLog> =>
  server.app.get(CommandBus, { strict: false }).execute(new CompactLog(before, onProgress))
const put = (rkey: string, text: string, collection = NOTE): Promise<unknown> => {
  const record = { $type: collection, text }
  return ask(server.url, 'com.atproto.repo.putRecord', { repo: alice.did, collection, rkey, record }, alice.accessJwt)
}
const remove = (rkey: string, collection = NOTE): Promise<unknown> =>
  ask(server.url, 'com.atproto.repo.deleteRecord', { repo: alice.did, collection, rkey }, alice.accessJwt)
const rows = async (): Promise<LogRow[]> => read().all<LogRow>('SELECT * FROM commit_log ORDER BY seq')
const textOf = ({ bytes }: { bytes: Uint8Array }): string => (decodeCbor(bytes) as { text: string }).text

/** The texts that the log still has, by kind of place. */
async function kept(): Promise<{ commits: string[]; parts: (string | null)[] }> {
  const all = await rows()
  const commits = all.filter(({ kind }) => kind === 'commit').flatMap((row) => readCommitEvent(row).records.map(textOf))
  const parts: (string | null)[] = []
  for (const row of all.filter(({ kind }) => kind === 'import')) {
    const pieces = await read().all<{ bytes: Buffer }>(
      'SELECT bytes FROM commit_log_part WHERE part_of = ? ORDER BY n',
      readImportEvent(row).partOf,
    )
    for (const { bytes } of pieces)
      for (const { bytes: record } of readImportPart(bytes)) parts.push(record && textOf({ bytes: record }))
  }
  return { commits, parts }
}

/** What `skylog verify` finds wrong. */
async function problems(): Promise<string[]> {
  const report = await reportOn(alice.did, Config.fromEnv({ PDS_DATA_DIRECTORY: server.directory }), { foldLog: true })
  expect(report.log!.data).not.toBeNull()
  return report.problems.lines()
}

it('drops versions that no longer stand under their path, and no others', async () => {
  await put('a', 'a1')
  await put('a', 'a2')
  await put('b', 'b1')
  await remove('b')
  await put('c', 'c1')
  await put('d', 'd1')
  await put('d', 'd2')
  // The bytes of d1 stand under another path; those of c1 stand again under their own.
  await put('e', 'd1')
  await remove('c')
  await put('c', 'c1')
  const before = await rows()
  const { events, parts, freed, until } = await compact()
  expect(await kept()).toEqual({ commits: ['a2', 'c1', 'd2', 'd1', 'c1'], parts: [] })
  const after = await rows()
  const size = (all: LogRow[]): number =>
    all.reduce((sum, { frame, event }) => sum + (frame?.length ?? 0) + (event?.length ?? 0), 0)
  expect({ events, parts, freed, until }).toEqual({
    events: before.filter(({ kind }) => kind === 'commit').length,
    parts: 0,
    freed: size(before) - size(after),
    until: before.at(-1)!.seq,
  })
  // What happened is told as before.
  for (const [i, row] of before.entries()) {
    expect(after[i]).toMatchObject({ seq: row.seq, did: row.did, kind: row.kind, time: row.time, rev: row.rev })
    if (row.kind !== 'commit') expect(after[i]).toEqual(row)
    else {
      const { records: _, ...told } = readCommitEvent(row)
      expect(readCommitEvent(after[i]!)).toMatchObject(told)
    }
  }
  expect(await problems()).toEqual([])
})

it('does so in old imports too', async () => {
  await ask(server.url, 'com.atproto.repo.importRepo', carOf(alice.did, 1, 900), alice.accessJwt)
  await put('k00002', 'other')
  await ask(server.url, 'com.atproto.repo.importRepo', carOf(alice.did, 2, 900), alice.accessJwt)
  await remove('k00000')
  await put('k00001', 'other')
  const { parts, freed } = await compact()
  expect(parts).toBeGreaterThan(3)
  expect(freed).toBeGreaterThan(0)
  const texts = (await kept()).parts
  expect(texts.slice(0, 900)).toEqual(Array<null>(900).fill(null))
  expect(texts.slice(900, 904)).toEqual([null, null, '2 2', '2 3'])
  expect(await problems()).toEqual([])
})

it('keeps the past of collections where it matters to projections', async () => {
  const [createdAt, subject] = [new Date().toISOString(), 'did:plc:ewvi7nxzyoun6zhxrhs64oiz']
  const follow = { $type: 'app.bsky.graph.follow', subject, createdAt }
  const at = { repo: alice.did, collection: 'app.bsky.graph.follow', rkey: '3jt5tsfbx2s2a' }
  await ask(server.url, 'com.atproto.repo.createRecord', { ...at, record: follow }, alice.accessJwt)
  await ask(server.url, 'com.atproto.repo.deleteRecord', at, alice.accessJwt)
  await compact()
  const all = (await rows()).filter(({ kind }) => kind === 'commit').flatMap((row) => readCommitEvent(row).records)
  expect(all.map(({ bytes }) => decodeCbor(bytes))).toEqual([follow])
  expect(await problems()).toEqual([])
})

it('done twice changes nothing; done later it drops what has been superseded since', async () => {
  await put('a', 'a1')
  await put('b', 'b1')
  await ask(server.url, 'com.atproto.repo.importRepo', carOf(alice.did, 1, 500), alice.accessJwt)
  await put('c', 'c1')
  await compact()
  const once = await rows()
  expect(await compact()).toEqual({ until: once.at(-1)!.seq, events: 0, parts: 0, freed: 0 })
  expect(await rows()).toEqual(once)
  await put('c', 'c2')
  await put('k00003', 'other')
  const again = await compact()
  expect(again).toMatchObject({ events: 3, parts: 1 })
  expect((await kept()).commits).toEqual(['c2', 'other'])
  expect(await problems()).toEqual([])
})

it('stops at the moment that it is given, and knows from where on events are whole', async () => {
  const first = (await rows())[0]!.seq
  expect(await log().wholeFrom()).toBe(first)
  const seqs: number[] = []
  const times: string[] = []
  for (let i = 0; i < 6; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    times.push(new Date().toISOString())
    await put('a', `a${i}`)
    seqs.push((await rows()).at(-1)!.seq)
  }
  expect(await compact(times[0])).toMatchObject({ until: seqs[0]! - 1, freed: expect.any(Number) as number })
  expect(await log().wholeFrom()).toBeLessThan(seqs[0]!)
  expect((await kept()).commits).toHaveLength(6)
  for (const [i, time] of times.entries()) {
    const { until } = await compact(time)
    expect(until).toBe(seqs[i]! - 1)
    const from = await log().wholeFrom()
    for (const row of await rows())
      if (row.kind === 'commit') expect([row.seq, row.frame !== null]).toEqual([row.seq, row.seq >= from])
  }
  expect(await compact('2000')).toEqual({ until: 0, events: 0, parts: 0, freed: 0 })
  expect(await problems()).toEqual([])
})

it('lets the repository be written, read and opened anew meanwhile and afterwards', async () => {
  for (let i = 0; i < 150; i++) await put(`k${i % 20}`, `text ${i}`)
  const told: number[] = []
  let busy = true
  const writing = (async () => {
    for (let i = 0; busy; i++) await put(`n${i}`, 'new')
  })()
  await compact(undefined, (done, total) => told.push(done / total))
  busy = false
  await writing
  expect(told.at(-1)).toBe(1)
  expect(told).toEqual([...told].sort((a, b) => a - b))
  server = await server.restart()
  await put('k1', 'later')
  expect(await problems()).toEqual([])
  const car = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${alice.did}`)
  expect(car.status).toBe(200)
})

it('is done by the operator over HTTP, with progress', async () => {
  for (let i = 0; i < 30; i++) await put('a', `text ${i}`)
  const post = (body: object, password = 'admin-password'): Promise<Response> =>
    fetch(`${server.url}/admin/log/compact`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })
  expect((await post({ before: '2100-01-01' }, 'wrong')).status).toBe(401)
  expect((await post({ before: 'some day' })).status).toBe(400)
  expect((await post({})).status).toBe(400)
  const response = await post({ before: '2100-01-01' })
  expect(response.headers.get('content-type')).toBe('application/jsonl')
  const lines = (await response.text()).trim().split('\n')
  const { seq } = (await rows()).at(-1)!
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ result: { until: seq, events: 31, parts: 0 } })
})
