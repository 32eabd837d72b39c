/** A server that backs itself up as it runs: whatever happens to its target, and to itself, it goes on. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from '@ipld/dag-cbor'
import Sqlite from 'better-sqlite3'
import { BackupStatus, type BackupFigures } from '../../../src/modules/backup/backup-status.js'
import { Backups } from '../../../src/modules/backup/backups.js'
import { BlobStore } from '../../../src/modules/blob/blob-store.js'
import { LooseBlobs, QUARANTINE_MS } from '../../../src/modules/blob/loose-blobs.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { verifyBackup } from '../../../src/modules/cli/backup-anywhere.js'
import { DirectoryTarget } from '../../../src/modules/backup/directory-target.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Config } from '../../../src/modules/config/config.js'
import { Cid } from '../../../src/repo-engine/index.js'
import { startS3 } from '../../e2e/s3-server.js'
import { TestServer } from '../../support/account-app.js'
import { write } from '../account/owners.js'
import { backUp, restore, scratch } from './backing-up.js'
import { eventually } from '../../support/eventually.js'

let server: TestServer | undefined
let target: string
beforeEach(() => (target = join(scratch(), 'backup')))
afterEach(async () => {
  await server?.close()
  server = undefined
})

const start = async (more: Record<string, string> = {}): Promise<TestServer> =>
  (server = await TestServer.start({ BACKUP_TARGET: target, BACKUP_INTERVAL: '100', ...more }))
const figures = (): BackupFigures => server!.get(BackupStatus).figures()
const shipped = (): Promise<void> =>
  eventually(
    async () => figures().snapshot !== null && figures().shippedSeq === (await server!.get(CommitLog).lastSeq()),
  )
const generations = (): string[] => readdirSync(join(target, 'manifests'))

/** Texts of the posts in a data directory. */
async function posts(directory: string): Promise<string[]> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  const rows = await database.read.all<{ bytes: Buffer }>("SELECT bytes FROM record WHERE path LIKE '%.post/%'")
  await database.close()
  return rows.map(({ bytes }) => decode<{ text: string }>(bytes).text).sort()
}

it('ships to a bucket, blobs and secrets with what names them, and says its last word', async () => {
  const s3 = await startS3()
  process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'S3RVER'
  try {
    // Its own blobs stay on the disk.
    const own = { BACKUP_TARGET: 's3://blobs/backup', BACKUP_S3_ENDPOINT: s3.env.PDS_BLOBSTORE_S3_ENDPOINT! }
    await start(own)
    await shipped()
    const alice = await server!.createAccount('alice')
    const agent = server!.agent()
    await agent.login({ identifier: 'alice.test', password: 'alice-password' })
    const { data } = await agent.uploadBlob(Buffer.from('a picture'), { encoding: 'image/png' })
    const images = [{ alt: '', image: data.blob }]
    await agent.post({ text: 'with a picture', embed: { $type: 'app.bsky.embed.images', images } })
    writeFileSync(join(server!.directory, 'new.txt'), 'new')
    await write(server!, alice, 'last')
    await server!.stop()
    const restored = await restore('s3://blobs/backup', { env: own })
    expect(restored).toMatchObject({ isAll: true, blobs: { restored: 1, missing: { count: 0 } } })
    expect(await posts(restored.directory)).toEqual(['last', 'with a picture'])
    expect(readFileSync(join(restored.directory, 'new.txt'), 'utf8')).toBe('new')
    const { problems } = await verifyBackup('s3://blobs/backup', null, Config.fromEnv(own))
    expect(problems.told).toEqual([])
  } finally {
    delete process.env.AWS_ACCESS_KEY_ID
    delete process.env.AWS_SECRET_ACCESS_KEY
    await s3.close()
  }
})

it('blobs in a bucket are referred to, and not copied', async () => {
  const s3 = await startS3()
  try {
    await start(s3.env)
    await server!.createAccount('alice')
    const agent = server!.agent()
    await agent.login({ identifier: 'alice.test', password: 'alice-password' })
    const { data } = await agent.uploadBlob(Buffer.from('a picture'), { encoding: 'image/png' })
    const images = [{ alt: '', image: data.blob }]
    await agent.post({ text: 'with a picture', embed: { $type: 'app.bsky.embed.images', images } })
    await shipped()
    await server!.stop()
    expect(existsSync(join(target, 'blobs'))).toBe(false)
    const name = generations()[0]!
    const { manifest } = JSON.parse(readFileSync(join(target, 'manifests', name), 'utf8')) as { manifest: object }
    expect(manifest).toMatchObject({ blobs: { store: 's3', bucket: 'blobs' } })
    expect((await restore(target, { env: s3.env })).blobs).toMatchObject({ present: 1, missing: { count: 0 } })
    expect((await restore(target)).blobs).toMatchObject({ restored: 0, missing: { count: 1 } })
  } finally {
    await s3.close()
  }
})

it('serves while its target is away, and makes up for it', async () => {
  const elsewhere = `${target}-away`
  await start()
  const alice = await server!.createAccount('alice')
  await shipped()
  renameSync(target, elsewhere)
  writeFileSync(target, 'no folder')
  expect((await write(server!, alice, 'meanwhile')).status).toBe(200)
  await eventually(() => Promise.resolve(figures().failuresInARow > 0))
  expect(figures().lastError).toMatch(/ENOTDIR|EEXIST|not a directory/i)
  rmSync(target)
  renameSync(elsewhere, target)
  await shipped()
  expect(figures().failuresInARow).toBe(0)
  await server!.stop()
  const restored = await restore(target)
  expect(restored.isAll).toBe(true)
  expect(await posts(restored.directory)).toEqual(['meanwhile'])
})

it('what another program has done to its log makes it begin anew', async () => {
  await start()
  const alice = await server!.createAccount('alice')
  await shipped()
  const before = generations().length
  for (let n = 0; n < 5; n++) {
    const outside = new Sqlite(join(server!.directory, 'skylog.sqlite'))
    await write(server!, alice, `note ${n}`)
    outside.pragma('wal_checkpoint(TRUNCATE)')
    outside.close()
  }
  await write(server!, alice, 'last')
  await eventually(() => Promise.resolve(generations().length > before))
  await shipped()
  await server!.stop()
  const restored = await restore(target)
  expect(restored).toMatchObject({ isAll: true, problems: [] })
  expect(await posts(restored.directory)).toHaveLength(6)
})

it('a snapshot that is asked for is one of its own, and nothing is missed between the two', async () => {
  await start({ BACKUP_KEEP: '2' })
  const alice = await server!.createAccount('alice')
  await shipped()
  let stop = false
  const writing = (async () => {
    for (let n = 0; !stop; n++) await write(server!, alice, `note ${n}`)
  })()
  for (let n = 0; n < 2; n++) {
    const asked = { target: n % 2 ? target : null, keep: null, endpoint: null, identityFile: null }
    await server!.get(Backups).run(asked, () => undefined)
    await backUp(server!, join(scratch(), 'elsewhere'))
  }
  stop = true
  await writing
  const { directory } = server!
  await server!.stop()
  expect(generations()).toHaveLength(2)
  const restored = await restore(target)
  expect(restored).toMatchObject({ isAll: true, problems: [], mended: { signedAnew: 0 } })
  expect(await posts(restored.directory)).toEqual(await posts(directory))
})

it('a server that has run since has the last word, whether it could ship it or not', async () => {
  await start()
  const alice = await server!.createAccount('alice')
  await shipped()
  await server!.stop()
  expect((await restore(target)).isAll).toBe(true)
  server = await TestServer.start({ BACKUP_TARGET: target, BACKUP_INTERVAL: '3600000' }, server!.directory)
  await shipped()
  await write(server, alice, 'not shipped')
  expect(await restore(target)).toMatchObject({ isAll: false, mended: { signedAnew: 1 } })
  // By another process: whoever closes a file of a database takes the locks on it from his own.
  const wreck = join(scratch(), 'wreck')
  execFileSync('cp', ['-r', server.directory, wreck])
  rmSync(join(wreck, 'skylog.sqlite.lock'))
  const lost = await restore(target, { lost: wreck })
  expect(lost).toMatchObject({ isAll: true, mended: { signedAnew: 1 } })
})

it('mail that was owed is not sent, unless nothing can have happened since', async () => {
  const mail = { PDS_EMAIL_SMTP_URL: 'smtp://localhost:1', PDS_EMAIL_FROM_ADDRESS: 'pds@example.com' }
  await start(mail)
  await server!.createAccount('alice')
  await server!.post('com.atproto.server.requestPasswordReset', { body: { email: 'alice@example.com' } })
  const once = join(scratch(), 'once')
  await backUp(server!, once)
  await server!.stop()
  expect((await restore(once)).mended.mailsDropped).toBeGreaterThan(0)
  expect((await restore(target)).mended.mailsDropped).toBe(0)
})

/** Has the target do something else with what is put under names that begin so, until that is called which is given. */
function onPut(folder: string, meanwhile: () => Promise<void>): () => void {
  const { putStream } = DirectoryTarget.prototype
  DirectoryTarget.prototype.putStream = async function (name, source) {
    if (name.startsWith(folder)) await meanwhile()
    return putStream.call(this, name, source)
  }
  return () => (DirectoryTarget.prototype.putStream = putStream)
}

it('a snapshot whose target was taken over by another comes to nothing, and nothing is missed', async () => {
  await start()
  const alice = await server!.createAccount('alice')
  const agent = server!.agent()
  await agent.login({ identifier: 'alice.test', password: 'alice-password' })
  await shipped()
  const { data } = await agent.uploadBlob(Buffer.from('a picture'), { encoding: 'image/png' })
  const images = [{ alt: '', image: data.blob }]
  await agent.post({ text: 'with a picture', embed: { $type: 'app.bsky.embed.images', images } })
  await shipped()
  rmSync(join(target, 'blobs'), { recursive: true })
  let [go, isCopying]: [() => void, boolean] = [() => undefined, false]
  const held = new Promise<void>((resolve) => (go = resolve))
  const undo = onPut('blobs/', () => ((isCopying = true), held))
  try {
    const asked = server!
      .get(Backups)
      .run({ target: null, keep: null, endpoint: null, identityFile: null }, () => undefined)
    const outcome = expect(asked).rejects.toThrow(/given up/)
    await eventually(() => Promise.resolve(isCopying))
    const lock = join(target, 'lock.json')
    writeFileSync(lock, JSON.stringify({ owner: 'x', host: 'elsewhere', pid: 1, until: Date.now() + 1e9 }))
    server!.advance(5 * 60_000)
    await eventually(() => Promise.resolve(/taken over|in use/.test(figures().lastError ?? '')))
    rmSync(lock)
    go()
    await outcome
  } finally {
    undo()
  }
  const before = generations().length
  await eventually(() => Promise.resolve(generations().length > before))
  await write(server!, alice, 'last')
  await shipped()
  await server!.stop()
  expect(await posts((await restore(target)).directory)).toEqual(['last', 'with a picture'])
})

it('ends at once in the middle of a snapshot, with its last piece shipped to the generation before', async () => {
  await start()
  const alice = await server!.createAccount('alice')
  await shipped()
  let isCopying = false
  const undo = onPut('chunks/', () => ((isCopying = true), new Promise(() => undefined)))
  try {
    const asked = server!
      .get(Backups)
      .run({ target: null, keep: null, endpoint: null, identityFile: null }, () => undefined)
    asked.catch(() => undefined)
    await eventually(() => Promise.resolve(isCopying))
    await write(server!, alice, 'last')
    await server!.stop()
  } finally {
    undo()
  }
  const restored = await restore(target)
  expect(restored).toMatchObject({ isAll: true, problems: [] })
  expect(await posts(restored.directory)).toEqual(['last'])
})

it('goes on shipping when what is old is damaged and cannot be deleted, and says why', async () => {
  await start()
  const alice = await server!.createAccount('alice')
  await shipped()
  await server!.get(Backups).run({ target: null, keep: null, endpoint: null, identityFile: null }, () => undefined)
  await server!.stop()
  writeFileSync(join(target, 'manifests', generations().sort()[1]!), 'not a manifest')
  server = await TestServer.start(
    { BACKUP_TARGET: target, BACKUP_INTERVAL: '100', BACKUP_KEEP: '2' },
    server!.directory,
  )
  await shipped()
  expect(figures().lastError).toMatch(/nothing old is deleted: manifests\/\S+ is damaged/)
  await write(server, alice, 'last')
  await shipped()
  await server.stop()
  expect(generations()).toHaveLength(3)
  expect(await restore(target)).toMatchObject({ isAll: true, problems: [] })
})

it('a picture that comes a second time is kept as long as the moments at which it was there', async () => {
  await start()
  await server!.createAccount('alice')
  const agent = server!.agent()
  await agent.login({ identifier: 'alice.test', password: 'alice-password' })
  const snapshot = (keep: string | null) =>
    server!.get(Backups).run({ target: null, keep, endpoint: null, identityFile: null }, () => undefined)
  const post = async (): Promise<{ uri: string; gone: () => Promise<boolean> }> => {
    const { data } = await agent.uploadBlob(Buffer.from('a picture'), { encoding: 'image/png' })
    const images = [{ alt: '', image: data.blob }]
    const { uri } = await agent.post({ text: 'with a picture', embed: { $type: 'app.bsky.embed.images', images } })
    const cid = Cid.parse(data.blob.ref.toString())
    return { uri, gone: async () => (await server!.get(BlobStore).stat(cid)) === null }
  }
  const remove = async ({ uri, gone }: Awaited<ReturnType<typeof post>>): Promise<void> => {
    await agent.deletePost(uri)
    // Until its quarantine is over.
    server!.advance(QUARANTINE_MS + 1)
    await server!.get(LooseBlobs).collect()
    await eventually(gone)
  }
  const first = await post()
  await snapshot(null)
  await remove(first)
  await snapshot(null)
  // It was put there long before the snapshot that will be the oldest.
  const [blob] = readdirSync(join(target, 'blobs'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.length > 60,
  )
  const longAgo = Date.now() / 1000 - 3 * 24 * 60 * 60
  utimesSync(join(target, 'blobs', blob!), longAgo, longAgo)
  const second = await post()
  await shipped()
  const at = server!.get(Clock).now()
  await remove(second)
  expect((await snapshot('2')).pruned.snapshots).toBeGreaterThan(0)
  await server!.stop()
  expect(await restore(target, { at })).toMatchObject({ blobs: { restored: 1, missing: { count: 0 } } })
})
