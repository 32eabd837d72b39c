/** Tables made anew from the log are those that were kept all along, whatever comes in between. */
import { setTimeout as delay } from 'node:timers/promises'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { community, databaseOf, dumpOf, leftovers, type Member, rebuildOf } from './community.js'

/** Many small slices. */
const SLOW = { sliceMs: 0, pauseMs: 0 }

let server: TestServer
let members: Member[]

beforeAll(async () => {
  server = await startTestServer()
  members = await community(server)
})
afterAll(() => stopTestServer(server))

it('I5 what is rebuilt is what was there', async () => {
  const before = await dumpOf(server)
  expect(before.split('\n').length).toBeGreaterThan(50)
  const rebuilt = await rebuildOf(server).run([])
  expect(rebuilt.projections).toContain('like')
  expect(rebuilt.events).toBeGreaterThan(50)
  expect(await dumpOf(server)).toBe(before)
  expect(await leftovers(server)).toEqual([])
})

it('again and again, in slices of any length, and the server goes on from there', async () => {
  await rebuildOf(server).run([], { pace: SLOW })
  const before = await dumpOf(server)
  await rebuildOf(server).run(['like'])
  expect(await dumpOf(server)).toBe(before)
  await members[0]!.post({ text: 'after it' })
  const after = await dumpOf(server)
  expect(after).not.toBe(before)
  await rebuildOf(server).run([])
  expect(await dumpOf(server)).toBe(after)
})

it('tables that were emptied come back, and readers see them at once', async () => {
  const { read } = databaseOf(server)
  const count = async (): Promise<number> => (await read.get<{ n: number }>('SELECT count(*) AS n FROM bsky_like'))!.n
  const before = await dumpOf(server)
  const likes = await count()
  await databaseOf(server).write(async (tx) => tx.run('DELETE FROM bsky_like'))
  expect(await count()).toBe(0)
  await rebuildOf(server).run(['like'])
  expect(await count()).toBe(likes)
  expect(await dumpOf(server)).toBe(before)
})

it('goes on beside writers, who need not wait for it', async () => {
  let busy = true
  let written = 0
  const writing = (async () => {
    while (busy) {
      await members[1]!.post({ text: 'meanwhile' })
      written++
      await delay(5)
    }
  })()
  const writtenMeanwhile: number[] = []
  for (let n = 0; n < 3; n++) {
    const before = written
    await rebuildOf(server).run([])
    writtenMeanwhile.push(written - before)
  }
  busy = false
  await writing
  // Who had to wait for the end would have written one at most.
  expect(Math.min(...writtenMeanwhile)).toBeGreaterThan(2)
  const live = await dumpOf(server)
  await rebuildOf(server).run([])
  expect(await dumpOf(server)).toBe(live)
})

it('goes on where it was when the server was stopped in the middle', async () => {
  const before = await dumpOf(server)
  const started = rebuildOf(server).run([], { pace: { sliceMs: 0, pauseMs: 5 } })
  const stopped = expect(started).rejects.toThrow('goes on')
  while (rebuildOf(server).status().done < 20) await delay(5)
  await server.close()
  await stopped
  server = await server.restart()
  while (rebuildOf(server).status().running) await delay(5)
  const { last } = rebuildOf(server).status()
  const { seq } = (await databaseOf(server).read.get<{ seq: number }>('SELECT count(*) AS seq FROM commit_log'))!
  expect(last).toMatchObject({ differences: null })
  expect((last as { events: number }).events).toBeLessThan(seq - 19)
  expect(await dumpOf(server)).toBe(before)
  expect(await leftovers(server)).toEqual([])
})

it('a version that was raised is rebuilt at the next start, with all that shares its tables', async () => {
  const before = await dumpOf(server)
  await databaseOf(server).write(async (tx) => {
    await tx.run("UPDATE projection SET version = 0 WHERE name = 'like'")
    await tx.run('DELETE FROM bsky_like')
    await tx.run('DELETE FROM bsky_notification')
  })
  server = await server.restart()
  expect(await dumpOf(server)).toBe(before)
  const { version } = (await databaseOf(server).read.get<{ version: number }>(
    "SELECT version FROM projection WHERE name = 'like'",
  ))!
  expect(version).toBeGreaterThan(0)
})

it('a log that was written without projections is caught up with', async () => {
  const before = await dumpOf(server)
  await databaseOf(server).write(async (tx) => {
    await tx.run('DELETE FROM projection')
    await tx.run('DELETE FROM projection_position')
    for (const table of ['bsky_like', 'bsky_post', 'bsky_follow', 'bsky_actor']) await tx.run(`DELETE FROM ${table}`)
  })
  server = await server.restart()
  expect(await dumpOf(server)).toBe(before)
})

describe('a verification', () => {
  it('finds nothing where nothing is wrong, and leaves nothing behind', async () => {
    const { differences } = await rebuildOf(server).run([], { verify: true })
    expect(differences).toEqual([])
    expect(await leftovers(server)).toEqual([])
  })

  it.each([
    [
      'a row that is missing',
      'DELETE FROM bsky_like WHERE uri = (SELECT min(uri) FROM bsky_like)',
      'bsky_like',
      [0, 1],
    ],
    [
      'a row too many',
      "INSERT INTO bsky_post_stat (uri, likes) VALUES ('at://did:web:nobody.test/x/y', 7)",
      'bsky_post_stat',
      [1, 0],
    ],
    [
      'a row that was changed',
      'UPDATE bsky_notification SET indexed_at = 1 WHERE uri = (SELECT max(uri) FROM bsky_notification)',
      'bsky_notification',
      [1, 1],
    ],
  ])('finds %s', async (_, sql, table, [live, rebuilt]) => {
    const before = await dumpOf(server)
    await databaseOf(server).write(async (tx) => tx.run(sql))
    const tampered = await dumpOf(server)
    const { differences } = await rebuildOf(server).run([], { verify: true })
    expect(differences).toMatchObject([{ table, live: { count: live }, rebuilt: { count: rebuilt } }])
    expect(differences![0]![live ? 'live' : 'rebuilt'].rows).toHaveLength(1)
    expect(await dumpOf(server)).toBe(tampered)
    await rebuildOf(server).run([])
    expect(await dumpOf(server)).toBe(before)
  })
})

it('a projection that there is not is told from those that there are', async () => {
  await expect(rebuildOf(server).run(['likes'])).rejects.toThrow(/no projection likes; there are .*like/)
})

it('one at a time, and whoever asks for the same joins', async () => {
  const both = Promise.all([rebuildOf(server).run([]), rebuildOf(server).run([])])
  const other = expect(rebuildOf(server).run([], { verify: true })).rejects.toMatchObject({
    error: 'RebuildInProgress',
  })
  const [one, two] = await both
  expect(one).toBe(two)
  await other
})
