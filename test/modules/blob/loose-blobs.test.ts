/** How blobs go that no record refers to, and who does not lose any by that. */
import { existsSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { BlobRef } from '@atproto/api'
import { BlobScrub } from '../../../src/modules/blob/blob-scrub.js'
import { BlobStore } from '../../../src/modules/blob/blob-store.js'
import { LooseBlobs, QUARANTINE_MS } from '../../../src/modules/blob/loose-blobs.js'
import { offline } from '../../../src/modules/cli/offline.js'
import { Config } from '../../../src/modules/config/config.js'
import { Database } from '../../../src/modules/database/database.js'
import { Cid } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { getBlob, operator, signUp, stored, temps, upload, withImage } from './hosted.js'
import { png } from './other-pds.js'
import { eventually } from '../../support/eventually.js'

type Account = Awaited<ReturnType<typeof signUp>>

let server: TestServer
let accounts = 0
let alice: Account
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server.close())
beforeEach(async () => {
  alice = await signUp(server, `alice${++accounts}`)
})

const hour = (): void => server.advance(QUARANTINE_MS + 1)
const isStored = ({ ref }: BlobRef): boolean => stored(server.directory).includes(String(ref))
const collect = (): Promise<number> => server.get(LooseBlobs).collect()
const settled = async (): Promise<void> =>
  eventually(async () => {
    const row = await server.get(Database).read.get("SELECT 1 FROM outbox WHERE kind = 'delete-blobs'")
    return row === undefined
  })

it('an upload waits an hour for its record', async () => {
  const [used, loose] = [await upload(alice, png(100)), await upload(alice, png(101))]
  expect(await collect()).toBe(0)
  await alice.post(withImage(used))
  expect([isStored(used), isStored(loose)]).toEqual([true, true])
  hour()
  expect(await collect()).toBe(1)
  await settled()
  expect([isStored(used), isStored(loose)]).toEqual([true, false])
  await expect(alice.post(withImage(loose))).rejects.toMatchObject({ error: 'BlobNotFound' })
})

it('who uploads it again has another hour', async () => {
  const bytes = png(100)
  const blob = await upload(alice, bytes)
  hour()
  await upload(alice, bytes)
  expect(await collect()).toBe(0)
  await alice.post(withImage(blob))
})

it('the last record takes its blob with it, an hour later', async () => {
  const blob = await upload(alice, png(100))
  const { uri } = await alice.post(withImage(blob))
  hour()
  await alice.deletePost(uri)
  expect(await collect()).toBe(0)
  expect(isStored(blob)).toBe(true)
  hour()
  expect(await collect()).toBe(1)
  await settled()
  expect(isStored(blob)).toBe(false)
})

it('24 bytes that somebody else has stay', async () => {
  const bob = await signUp(server, `bob${accounts}`)
  const bytes = png(100)
  const blob = await upload(alice, bytes)
  await upload(bob, bytes)
  await bob.post(withImage(blob))
  hour()
  expect(await collect()).toBe(1)
  await settled()
  expect((await getBlob(server, bob.assertDid, String(blob.ref))).bytes.equals(bytes)).toBe(true)
})

it('what an account that is moving in has brought waits for its records', async () => {
  const blob = await upload(alice, png(100))
  const setStatus = (status: string | null): Promise<unknown> =>
    server
      .get(Database)
      .write(async (tx) => tx.run('UPDATE repo SET status = ? WHERE did = ?', status, alice.assertDid))
  await setStatus('deactivated')
  hour()
  expect(await collect()).toBe(0)
  expect(isStored(blob)).toBe(true)
  await setStatus(null)
  hour()
  expect(await collect()).toBe(1)
})

it('more than fit into one write go all the same', async () => {
  const blobs = []
  for (let i = 0; i < 230; i++) blobs.push(await upload(alice, Buffer.from(`${alice.assertDid} ${i}`), 'text/plain'))
  for (const [i, file] of blobs.entries())
    if (i % 3 === 0)
      await alice.com.atproto.repo.createRecord({
        repo: alice.assertDid,
        collection: 'com.example.file',
        record: { file },
      })
  hour()
  expect(await collect()).toBe(153)
  await settled()
  expect(blobs.map(isStored)).toEqual(blobs.map((_, i) => i % 3 === 0))
})

it('24 an upload of the same bytes while they are being collected loses nothing', async () => {
  const bytes = png(50_000)
  for (let round = 0; round < 25; round++) {
    const blob = await upload(alice, bytes)
    hour()
    const [, again] = await Promise.all([collect(), upload(alice, bytes)])
    await settled()
    expect(isStored(again)).toBe(true)
    await alice.post(withImage(blob))
    expect((await getBlob(server, alice.assertDid, String(blob.ref))).bytes.equals(bytes)).toBe(true)
    const { posts } = { posts: (await alice.getAuthorFeed({ actor: alice.assertDid })).data.feed }
    await alice.deletePost(posts[0]!.post.uri)
  }
})

it('24 a record that comes while its blob is being collected is refused, or has its blob', async () => {
  for (let round = 0; round < 25; round++) {
    const blob = await upload(alice, png(60))
    hour()
    const [, posted] = await Promise.allSettled([collect(), alice.post(withImage(blob))])
    await settled()
    expect(isStored(blob)).toBe(posted.status === 'fulfilled')
    if (posted.status === 'rejected') expect(posted.reason).toMatchObject({ error: 'BlobNotFound' })
  }
})

it('a deleted account leaves no bytes, but those that others have', async () => {
  const bob = await signUp(server, `bob${accounts}`)
  const [own, shared] = [png(100), png(101)]
  const [mine, ours] = [await upload(alice, own), await upload(alice, shared)]
  await alice.post(withImage(mine))
  await bob.post(withImage(await upload(bob, shared)))
  const { authorization } = operator(server)
  await server.post('com.atproto.admin.deleteAccount', { auth: authorization, body: { did: alice.assertDid } })
  const { read } = server.get(Database)
  await eventually(async () => (await read.get('SELECT 1 FROM repo WHERE did = ?', alice.assertDid)) === undefined)
  await settled()
  expect([isStored(mine), isStored(ours)]).toEqual([false, true])
  expect(await read.get('SELECT 1 FROM blob WHERE did = ?', alice.assertDid)).toBeUndefined()
})

describe('24 after a crash', () => {
  it('between the row and the bytes, the bytes go at the next start', async () => {
    const blob = await upload(alice, png(100))
    hour()
    const store = server.get(BlobStore)
    store.delete = () => Promise.reject(new Error('the power fails'))
    expect(await collect()).toBe(1)
    await eventually(async () => {
      const sql = "SELECT 1 FROM outbox WHERE kind = 'delete-blobs' AND attempts > 0"
      return (await server.get(Database).read.get(sql)) !== undefined
    })
    expect(isStored(blob)).toBe(true)
    server = await server.restart()
    await eventually(() => !isStored(blob))
  })

  it('bytes that have come without a row are swept, unless they are new', async () => {
    const scrub = server.get(BlobScrub)
    const bytes = png(100)
    const blob = await upload(alice, bytes)
    const { database } = { database: server.get(Database) }
    await database.write(async (tx) => tx.run('DELETE FROM blob WHERE did = ?', alice.assertDid))
    expect(await scrub.sweepOrphans(QUARANTINE_MS, () => false)).toBe(0)
    hour()
    expect(await scrub.sweepOrphans(QUARANTINE_MS, () => false)).toBe(1)
    expect(isStored(blob)).toBe(false)
  })

  it('nothing is swept where most of the store is of another database, unless the operator says so', async () => {
    const [scrub, store] = [server.get(BlobScrub), server.get(BlobStore)]
    const foreign = Array.from({ length: 150 }, (_, i) => Buffer.from(`of somebody else ${i}`))
    for (const bytes of foreign)
      await store.makePermanent(await store.putTemp(Readable.from([bytes])), Cid.ofRaw(bytes))
    hour()
    expect(await scrub.sweepOrphans(QUARANTINE_MS, () => false)).toBe(0)
    expect((await scrub.run({ removeOlderThan: QUARANTINE_MS })).removed).toBe(150)
  })

  it('what was half received is gone, but not by a second server that cannot start beside the first', async () => {
    const folder = join(server.directory, 'blobs', 'tmp')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'half'), 'half')
    await expect(offline(server.get(Config), () => Promise.resolve())).rejects.toThrow('another skylog process')
    expect(temps(server.directory)).toEqual(['half'])
    server = await server.restart()
    expect(existsSync(folder) ? temps(server.directory) : []).toEqual([])
  })
})
