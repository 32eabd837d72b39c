/** Records brought back to what they were: over random histories, and in what can go wrong. */
import { setTimeout as delay } from 'node:timers/promises'
import type { BlobRef } from '@atproto/api'
import { CommandBus } from '@nestjs/cqrs'
import { ActionLog } from '../../../src/modules/audit/action-log.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { CompactLog } from '../../../src/modules/repo/compact-log.js'
import { type RestoredRecords, RestoreRecords } from '../../../src/modules/repo/restore-records.js'
import { Rebuild } from '../../../src/projections/replay/rebuild.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { RandomHistory } from '../../projections/random-history.js'
import { Chance } from '../../projections/random-records.js'
import { dump } from '../../support/dump.js'
import { checkInvariants } from '../../support/invariants.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const POST = 'app.bsky.feed.post'

describe('over random histories', () => {
  it.each([1, 2, 3, 4])('an account is what it was, whatever happened since: seed %i', async (seed) => {
    const server = await startTestServer()
    try {
      const house = new House(server)
      const chance = new Chance(seed + 500)
      // Given a history, with looks at everybody now and then
      const history = await RandomHistory.begin(server, seed)
      const looks: { at: string; states: Map<Did, State> }[] = []
      for (let step = 0; step < 90; step++) {
        await history.step()
        if (chance.is(0.9)) continue
        await history.erasing
        const at = await house.moment()
        looks.push({ at, states: new Map(await Promise.all(history.dids.map((did) => house.entry(did)))) })
      }
      await history.erasing
      // When somebody is brought back to one of these moments, then another to another
      let tried = 0
      for (const { at, states } of looks.filter(() => chance.is(0.5)).slice(-6)) {
        const did = chance.of(history.dids)
        const [then, before] = [states.get(did), await house.state(did)]
        if (!then || !(await house.isRestorable(did, at))) continue
        tried++
        const looked = await house.restore(did, at, { dryRun: true })
        expect(await house.state(did)).toEqual(before)
        const restored = await house.restore(did, at)
        // Then all is as it was then, but for what is named
        const skipped = new Map(restored.skipped.records.map(({ path, why }) => [path, why]))
        const expected = new Map([...then].filter(([path]) => !skipped.has(path)))
        for (const path of skipped.keys()) if (before.has(path)) expected.set(path, before.get(path)!)
        expect(await house.state(did)).toEqual(inOrder(expected))
        for (const why of skipped.values()) expect(why).toMatch(/log was compacted|Could not find blob/)
        // and what was foretold is what was done
        const { commits, ...done } = restored
        expect({ ...looked, commits }).toEqual({ ...done, commits })
        expect(await house.restore(did, at)).toMatchObject({ commits: 0, created: 0, updated: 0, deleted: 0 })
      }
      expect(tried).toBeGreaterThan(0)
      // and the projections are what the log makes of it
      const live = await dump(house.database)
      await server.app.get(Rebuild, { strict: false }).run([])
      expect(await dump(house.database)).toBe(live)
    } finally {
      await stopTestServer(server)
    }
  })
})

describe('in a server of its own', () => {
  let server: TestServer
  let house: House
  beforeAll(async () => {
    server = await startTestServer()
    house = new House(server)
  })
  afterAll(() => stopTestServer(server))

  it('one record alone, also one that is gone, and one that was not there', async () => {
    const alice = await server.signUp('alice')
    const [did, repo] = [alice.assertDid as Did, alice.assertDid]
    const post = (rkey: string, text: string) =>
      alice.com.atproto.repo.putRecord({ repo, collection: POST, rkey, record: note(text) })
    await post('3kaaaaaaaaa2a', 'first')
    await post('3kaaaaaaaab2b', 'other')
    const at = await house.moment()
    const was = await house.state(did)
    await post('3kaaaaaaaaa2a', 'second')
    await post('3kaaaaaaaab2b', 'changed, and to stay so')
    await alice.com.atproto.repo.deleteRecord({ repo, collection: POST, rkey: '3kaaaaaaaaa2a' })
    await post('3kaaaaaaaac2c', 'new')

    const first = `${POST}/3kaaaaaaaaa2a`
    expect(await house.restore(did, at, { path: first })).toMatchObject({ created: 1, commits: 1, same: 0 })
    const added = `${POST}/3kaaaaaaaac2c`
    expect(await house.restore(did, at, { path: added })).toMatchObject({ deleted: 1, commits: 1 })
    const now = await house.state(did)
    expect(now.get(first)).toBe(was.get(first))
    expect([...now.keys()]).toEqual([...was.keys()])
    expect(now.get(`${POST}/3kaaaaaaaab2b`)).not.toBe(was.get(`${POST}/3kaaaaaaaab2b`))
    expect((await alice.getTimeline()).data.feed.map(({ post }) => post.record.text).sort()).toEqual([
      'changed, and to stay so',
      'first',
    ])
    const { actions } = await house.actions(`at://${did}/${first}`)
    expect(actions).toMatchObject([
      { actor: 'test', action: 'restore-records', reason: `to ${at}: 1 created, 0 updated, 0 deleted` },
    ])
    await checkInvariants(house.database.read)
  })

  it('more than one commit can have, of records of any size, in as many as it takes', async () => {
    const bob = await server.signUp('bob')
    const [did, repo] = [bob.assertDid as Did, bob.assertDid]
    const create = (n: number, text: string, collection = 'com.example.note') =>
      bob.com.atproto.repo.applyWrites({
        repo,
        writes: Array.from({ length: n }, (_, i) => ({
          $type: 'com.atproto.repo.applyWrites#create' as const,
          ...{ collection, rkey: `${text.length}-${i}`, value: { $type: collection, text } },
        })),
      })
    for (let i = 0; i < 3; i++) await create(200, 'x'.repeat(i))
    for (let i = 0; i < 2; i++) await create(3, 'x'.repeat(300_000 + i))
    const at = await house.moment()
    const was = await house.state(did)
    for (const paths of inRuns([...was.keys()], 150))
      await bob.com.atproto.repo.applyWrites({
        repo,
        writes: paths.map((path) => ({
          $type: 'com.atproto.repo.applyWrites#delete' as const,
          ...{ collection: path.split('/')[0]!, rkey: path.split('/')[1]! },
        })),
      })
    await create(200, 'since', 'com.example.other')
    const restored = await house.restore(did, at)
    expect(restored).toMatchObject({ created: 606, deleted: 200, updated: 0, skipped: { count: 0 } })
    expect(restored.commits).toBeGreaterThanOrEqual(5)
    expect(await house.state(did)).toEqual(was)
    await checkInvariants(house.database.read)
  })

  it('a record whose blob is gone is named, and left out; the others come back', async () => {
    const carla = await server.signUp('carla')
    const [did, repo] = [carla.assertDid as Did, carla.assertDid]
    const upload = async (text: string): Promise<BlobRef> =>
      (await carla.uploadBlob(Buffer.from(text), { encoding: 'text/plain' })).data.blob
    const [gone, here] = [await upload('gone'), await upload('here')]
    const put = (rkey: string, record: object) =>
      carla.com.atproto.repo.putRecord({ repo, collection: 'com.example.file', rkey, record: { ...record } })
    await put('a', { $type: 'com.example.file', blob: gone })
    await put('b', { $type: 'com.example.file', blob: here })
    await put('c', { $type: 'com.example.file' })
    const at = await house.moment()
    for (const rkey of ['a', 'b', 'c'])
      await carla.com.atproto.repo.deleteRecord({ repo, collection: 'com.example.file', rkey })
    await house.database.write(async (tx) => void (await tx.run('DELETE FROM blob WHERE cid = ?', gone.ref.bytes)))

    const restored = await house.restore(did, at)
    expect(restored).toMatchObject({ created: 2, commits: 1 })
    const why = `Could not find blob: ${gone.ref.toString()}`
    expect(restored.skipped).toEqual({ count: 1, records: [{ path: 'com.example.file/a', why }] })
    expect([...(await house.state(did)).keys()]).toEqual(['com.example.file/b', 'com.example.file/c'])
    expect((await carla.com.atproto.sync.listBlobs({ did })).data.cids).toEqual([here.ref.toString()])
  })

  it('what was dropped from the log is named, and left as it is', async () => {
    const dan = await server.signUp('dan')
    const [did, repo] = [dan.assertDid as Did, dan.assertDid]
    const post = (rkey: string, text: string) =>
      dan.com.atproto.repo.putRecord({ repo, collection: POST, rkey, record: note(text) })
    await post('3kaaaaaaaaa2a', 'lost')
    await post('3kaaaaaaaab2b', 'had again')
    await post('3kaaaaaaaac2c', 'stays')
    const at = await house.moment()
    await post('3kaaaaaaaaa2a', 'later')
    await post('3kaaaaaaaab2b', 'other')
    const compacted = await house.moment()
    await post('3kaaaaaaaab2b', 'had again')
    await post('3kaaaaaaaab2b', 'at last')
    await server.app.get(CommandBus, { strict: false }).execute(new CompactLog(compacted))
    const restored = await house.restore(did, at)
    expect(restored).toMatchObject({ updated: 1, same: 1, skipped: { count: 1 } })
    expect(restored.skipped.records).toEqual([
      { path: `${POST}/3kaaaaaaaaa2a`, why: 'its value is not kept: the log was compacted' },
    ])
    const { data } = await dan.com.atproto.repo.listRecords({ repo, collection: POST })
    expect(data.records.map(({ value }) => value.text)).toEqual(['stays', 'had again', 'later'])
  })

  it('only of accounts that are hosted here and active, and not before there was one', async () => {
    const erin = await server.signUp('erin')
    const did = erin.assertDid as Did
    await expect(house.restore(did, '2020-01-01T00:00:00.000Z')).rejects.toThrow('there was no repository')
    await expect(house.restore('did:web:nobody.test' as Did, await house.moment())).rejects.toThrow(
      'there is no repository of did:web:nobody.test here',
    )
    await erin.com.atproto.server.deactivateAccount({})
    await expect(house.restore(did, await house.moment())).rejects.toThrow(`${did} is deactivated`)
  })

  it('one at a time', async () => {
    const frank = await server.signUp('frank')
    const at = await house.moment()
    const both = [house.restore(frank.assertDid as Did, at), house.restore(frank.assertDid as Did, at)]
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await expect(both[1]).rejects.toThrow('another restore is under way')
  })

  it('is for the operator alone, who has to say what', async () => {
    const url = `${server.url}/admin/records/restore`
    expect((await fetch(url, { method: 'POST' })).status).toBe(401)
    const authorization = `Basic ${Buffer.from(`admin:${server.app.get(Secrets, { strict: false }).adminPassword}`).toString('base64')}`
    const did = 'did:web:alice.test'
    for (const body of [
      {},
      { did },
      { did, at: 'noon' },
      { did, at: '2026-01-01', path: 'a' },
      { did: 'alice.test' },
    ]) {
      const headers = { authorization, 'content-type': 'application/json' }
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      expect([answer.status, body]).toEqual([400, body])
    }
  })
})

/** CIDs of records by path, in their order. */
type State = Map<string, string>

/** What is stored in a server, and what brings it back. */
class House {
  readonly database: Database

  constructor(private readonly server: TestServer) {
    this.database = server.app.get(Database, { strict: false })
  }

  restore(did: Did, at: string, more: { path?: string; dryRun?: boolean } = {}): Promise<RestoredRecords> {
    const command = new RestoreRecords({ did, at, dryRun: false, actor: 'test', ...more })
    return this.server.app.get(CommandBus, { strict: false }).execute(command)
  }

  /** Now, as the log has it; whatever comes next is later. */
  async moment(): Promise<string> {
    const row = await this.database.read.get<{ time: string }>('SELECT time FROM commit_log ORDER BY seq DESC LIMIT 1')
    while (new Date().toISOString() <= row!.time) await delay(1)
    return row!.time
  }

  async state(did: Did): Promise<State> {
    const rows = await this.database.read.all<{ path: string; cid: Buffer }>(
      'SELECT path, cid FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ?) ORDER BY path',
      did,
    )
    return new Map(rows.map(({ path, cid }) => [path, cid.toString('hex')]))
  }

  async entry(did: Did): Promise<[Did, State]> {
    return [did, await this.state(did)]
  }

  /** An account that was deleted, and came back, begins anew. */
  async isRestorable(did: Did, at: string): Promise<boolean> {
    const row = await this.database.read.get(
      `SELECT 1 FROM repo WHERE did = ? AND status IS NULL
       AND EXISTS (SELECT 1 FROM commit_log WHERE did = repo.did AND time <= ? AND kind IN ('commit', 'import'))`,
      did,
      at,
    )
    return row !== undefined
  }

  async actions(subject: string): Promise<{ actions: Awaited<ReturnType<ActionLog['list']>> }> {
    return { actions: await this.server.app.get(ActionLog, { strict: false }).list({ subject, limit: 10 }) }
  }
}

function note(text: string): Record<string, unknown> {
  return { $type: POST, text, createdAt: '2026-01-01T00:00:00Z' }
}

function inOrder(state: State): State {
  return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function inRuns<T>(all: T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / length) }, (_, i) => all.slice(i * length, (i + 1) * length))
}
