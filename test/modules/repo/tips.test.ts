/** Many writers on one repository and on many: the compare-and-swap of the head, and what a failed commit takes with it. */
import { Logger } from '@nestjs/common'
import { Database } from '../../../src/modules/database/database.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { failWrites } from '../../support/crash.js'
import { ask, Refused, signIn, signUp } from '../../durability/load.js'
import { checkInvariants } from '../../support/invariants.js'
import { startCommunity, stopTestServer, type TestServer, startTestServer } from '../../support/server.js'

const NOTE = 'com.example.note'
type Client = Awaited<ReturnType<TestServer['signUp']>>

const { server, alice, bob } = await startCommunity(['alice', 'bob'])

afterAll(() => stopTestServer(server))
const checked = async (): Promise<void> => {
  await checkInvariants(database().read)
}

const database = (): Database => server.app.get(Database, { strict: false })
const record = (text: string): { $type: string; text: string } => ({ $type: NOTE, text })
const create = (client: Client, rkey: string, text = rkey) =>
  client.com.atproto.repo.createRecord({ repo: client.assertDid, collection: NOTE, rkey, record: record(text) })
const put = (
  client: Client,
  rkey: string,
  text: string,
  swap: { swapRecord?: string | null; swapCommit?: string } = {},
) =>
  client.com.atproto.repo.putRecord({ repo: client.assertDid, collection: NOTE, rkey, record: record(text), ...swap })
const remove = (client: Client, rkey: string) =>
  client.com.atproto.repo.deleteRecord({ repo: client.assertDid, collection: NOTE, rkey })
const read = (client: Client, rkey: string): Promise<string | null> =>
  client.com.atproto.repo.getRecord({ repo: client.assertDid, collection: NOTE, rkey }).then(
    ({ data }) => (data.value as { text: string }).text,
    () => null,
  )
const head = async (client: Client): Promise<{ cid: string; rev: string }> =>
  (await client.com.atproto.sync.getLatestCommit({ did: client.assertDid })).data
const commits = async (client: Client): Promise<{ rev: string }[]> =>
  database().read.all<{ rev: string }>(
    "SELECT rev FROM commit_log WHERE did = ? AND kind = 'commit' ORDER BY seq",
    client.assertDid,
  )
const times = <T>(count: number, fn: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => fn(i))

describe('16 writers', () => {
  afterAll(checked)

  it('on one repository: every write has its commit, none is lost, revs ascend', async () => {
    const before = (await commits(alice)).length
    await Promise.all(
      times(16, async (writer) => {
        for (let i = 0; i < 15; i++) await create(alice, `one-${writer}-${i}`)
      }),
    )
    for (const rkey of ['one-0-0', 'one-15-14', 'one-7-7']) expect(await read(alice, rkey)).toBe(rkey)
    const revs = (await commits(alice)).slice(before).map(({ rev }) => rev)
    expect(revs).toHaveLength(16 * 15)
    expect(revs).toEqual([...new Set(revs)].sort())
  })

  it('on many repositories', async () => {
    const clients = await Promise.all(times(4, (i) => server.signUp(`many${i}`)))
    await Promise.all(
      times(16, async (writer) => {
        for (let i = 0; i < 10; i++) {
          await create(clients[writer % 4]!, `w${writer}-${i}`)
          if (i % 3 === 2) await remove(clients[writer % 4]!, `w${writer}-${i - 1}`)
        }
      }),
    )
    for (const client of clients) expect(await commits(client)).toHaveLength(1 + 4 * 13)
  })

  it('that count by compare-and-swap count right: no update is lost', async () => {
    await put(alice, 'counter', '0')
    let refused = 0
    const increment = async (): Promise<void> => {
      for (;;) {
        const { data } = await alice.com.atproto.repo.getRecord({
          repo: alice.assertDid,
          collection: NOTE,
          rkey: 'counter',
        })
        const next = String(Number((data.value as unknown as { text: string }).text) + 1)
        try {
          await put(alice, 'counter', next, { swapRecord: data.cid! })
          return
        } catch (error) {
          expect(error).toMatchObject({ status: 400, error: 'InvalidSwap' })
          refused++
        }
      }
    }
    await Promise.all(times(16, increment))
    expect(await read(alice, 'counter')).toBe('16')
    expect(refused).toBeGreaterThan(0)
  })

  it('that all name the same head: one of them has it', async () => {
    const { cid: swapCommit } = await head(bob)
    const results = await Promise.allSettled(times(16, (i) => put(bob, `swap-${i}`, 'x', { swapCommit })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ error: 'InvalidSwap' })
  })

  it('that create the same record: one of them does', async () => {
    const results = await Promise.allSettled(times(16, (i) => create(bob, 'contested', `by ${i}`)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

it('I3 per-repo revs strictly increase, even when the clock goes back, and across a restart', async () => {
  let own = await startTestServer()
  const yesterday = (): void => {
    own.app.get(Clock, { strict: false }).now = () => Date.now() - 24 * 60 * 60 * 1000
  }
  try {
    const { did } = await signUp(own.url, 'dan')
    const note = async (rkey: string): Promise<void> => {
      const { accessJwt } = await signIn(own.url, 'dan')
      await ask(
        own.url,
        'com.atproto.repo.createRecord',
        { repo: did, collection: NOTE, rkey, record: record(rkey) },
        accessJwt,
      )
    }
    await note('today')
    yesterday()
    await Promise.all(times(5, (i) => note(`back-${i}`)))
    own = await own.restart()
    yesterday()
    await note('back-after-restart')
    const { read } = own.app.get(Database, { strict: false })
    const rows = await read.all<{ rev: string }>(
      "SELECT rev FROM commit_log WHERE did = ? AND kind = 'commit' ORDER BY seq",
      did,
    )
    expect(rows).toHaveLength(8)
    expect(rows.map(({ rev }) => rev)).toEqual([...new Set(rows.map(({ rev }) => rev))].sort())
    await checkInvariants(read)
  } finally {
    await stopTestServer(own)
  }
})

describe('a commit that cannot be written', () => {
  // The server says what it could not write; here that is no news.
  beforeAll(() => Logger.overrideLogger(['fatal']))
  afterAll(() => Logger.overrideLogger(['error', 'fatal']))
  afterEach(checked)

  it('fails alone: those formatted on top of it are formatted anew', async () => {
    failWrites(database(), 1)
    const results = await Promise.allSettled(times(16, (i) => create(alice, `broken-${i}`)))
    expect(results.map(({ status }) => status)).toEqual(times(16, (i) => (i === 0 ? 'rejected' : 'fulfilled')))
    expect(results[0]).toMatchObject({ reason: { status: 500 } })
    for (let i = 0; i < 16; i++) expect(await read(alice, `broken-${i}`)).toBe(i === 0 ? null : `broken-${i}`)
  })

  it('fails alone, however many wait behind it', async () => {
    failWrites(database(), 1)
    const results = await Promise.allSettled(times(400, (i) => create(bob, `long-${i}`)))
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  })

  it('and the next, and the next: each fails alone', async () => {
    failWrites(database(), 3)
    const results = await Promise.allSettled(times(10, (i) => create(bob, `three-${i}`)))
    const stored = await Promise.all(times(10, (i) => read(bob, `three-${i}`)))
    expect(stored.map((text) => text !== null)).toEqual(results.map(({ status }) => status === 'fulfilled'))
  })

  // Nobody may be told yes on the strength of a commit that never came to be.
  it('takes back what was built on it: a delete that found nothing left to delete', async () => {
    await create(alice, 'shared')
    failWrites(database(), 1)
    const [first, second] = await Promise.allSettled([remove(alice, 'shared'), remove(alice, 'shared')])
    expect(first!.status).toBe('rejected')
    expect(await read(alice, 'shared')).toBe(second!.status === 'fulfilled' ? null : 'shared')
  })

  it('takes back what was built on it: a put that found its record there', async () => {
    failWrites(database(), 1)
    const [first, second] = await Promise.allSettled([put(alice, 'same', 'text'), put(alice, 'same', 'text')])
    expect(first!.status).toBe('rejected')
    expect(await read(alice, 'same')).toBe(second!.status === 'fulfilled' ? 'text' : null)
  })

  it('takes back what was built on it: a create refused because the record is there', async () => {
    failWrites(database(), 1)
    const [first, second] = await Promise.allSettled([create(alice, 'refused', 'a'), create(alice, 'refused', 'b')])
    expect(first).toMatchObject({ status: 'rejected', reason: { status: 500 } })
    expect(second!.status).toBe('fulfilled')
    expect(await read(alice, 'refused')).toBe('b')
  })

  it('takes back what was built on it: a swap refused because of its head', async () => {
    const { cid: swapCommit } = await head(alice)
    failWrites(database(), 1)
    const [first, second] = await Promise.allSettled([
      create(alice, 'ahead'),
      put(alice, 'swapped', 'x', { swapCommit }),
    ])
    expect(first).toMatchObject({ status: 'rejected', reason: { status: 500 } })
    expect(second!.status).toBe('fulfilled')
  })
})

describe('the status of a repository', () => {
  afterAll(checked)

  it.each(['deactivated', 'takendown', 'suspended'])(
    '%s stops its writers, and they go on when it ends',
    async (status) => {
      const { did, accessJwt } = await signUp(server.url, status)
      const note = (rkey: string): Promise<object> =>
        ask(
          server.url,
          'com.atproto.repo.createRecord',
          { repo: did, collection: NOTE, rkey, record: record(rkey) },
          accessJwt,
        )
      const setStatus = (value: string | null): Promise<number> =>
        database().write(async (tx) => tx.run('UPDATE repo SET status = ? WHERE did = ?', value, did))
      await note('before')
      await setStatus(status)
      for (let i = 0; i < 2; i++) await expect(note('while')).rejects.toBeInstanceOf(Refused)
      await setStatus(null)
      await note('after')
      const rows = await database().read.all<{ path: string }>(
        'SELECT path FROM record JOIN repo USING (tree) WHERE did = ?',
        did,
      )
      expect(rows.map(({ path }) => path)).toEqual([`${NOTE}/after`, `${NOTE}/before`])
    },
  )
})
