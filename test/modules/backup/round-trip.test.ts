/** What is backed up comes back: everything, once, and readable by its owner alone. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeNewIdentity } from '../../../src/modules/backup/backup-identity.js'
import { checkRepos } from '../../../src/modules/cli/check-repos.js'
import { verifyBackup } from '../../../src/modules/cli/backup-anywhere.js'
import { Config } from '../../../src/modules/config/config.js'
import { Database } from '../../../src/modules/database/database.js'
import { Rebuild, ALONE } from '../../../src/projections/replay/rebuild.js'
import { write } from '../account/owners.js'
import { startS3 } from '../../e2e/s3-server.js'
import { TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { backUp, restore, scratch } from './backing-up.js'

let s3: Awaited<ReturnType<typeof startS3>>
let server: TestServer
let alice: Awaited<ReturnType<TestServer['createAccount']>>
const identity = join(scratch(), 'backup.age')
const picture = Buffer.from('89504e470d0a1a0a0000', 'hex')

beforeAll(async () => {
  await writeNewIdentity(identity, '2026-01-01T00:00:00Z')
  s3 = await startS3()
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  await server.createAccount('bob')
  for (let n = 0; n < 20; n++) await write(server, alice, `note ${n}`)
  const agent = server.agent()
  await agent.login({ identifier: 'alice.test', password: 'alice-password' })
  const { data } = await agent.uploadBlob(picture, { encoding: 'image/png' })
  await agent.post({ text: 'look', embed: { $type: 'app.bsky.embed.images', images: [{ alt: '', image: data.blob }] } })
  await agent.app.bsky.graph.muteActor({ actor: 'bob.test' })
  writeFileSync(join(server.directory, 'motd.txt'), 'hello')
  // What is written seldom is most of a database.
  await server.get(Database).write(async (tx) => {
    await tx.run('CREATE TABLE old (bytes BLOB)')
    for (let n = 0; n < 40; n++) await tx.run('INSERT INTO old VALUES (randomblob(100000))')
  })
})
afterAll(async () => {
  await server.close()
  await s3.close()
})

const names = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))

describe.each([
  ['a folder, encrypted', { BACKUP_IDENTITY_FILE: identity }],
  ['a bucket, encrypted', { BACKUP_IDENTITY_FILE: identity }],
  ['a folder', {}],
  ['a bucket', {}],
])('%s', (kind, key: Record<string, string>) => {
  const isFolder = kind.startsWith('a folder')
  const env = (): Record<string, string> => ({
    ...key,
    ...(!isFolder && { BACKUP_S3_ENDPOINT: s3.env.PDS_BLOBSTORE_S3_ENDPOINT!, AWS_REGION: 'us-east-1' }),
  })
  let target: string
  beforeAll(async () => {
    process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'S3RVER'
    target = isFolder
      ? join(scratch(), 'backup')
      : `s3://blobs/of/alice${'BACKUP_IDENTITY_FILE' in key ? '/sealed' : ''}`
    server = await server.restart(env())
  })
  afterAll(() => {
    delete process.env.AWS_ACCESS_KEY_ID
    delete process.env.AWS_SECRET_ACCESS_KEY
  })

  it('keeps what there is, and of a second time only what is new', async () => {
    const first = await backUp(server, target)
    expect(first).toMatchObject({
      encrypted: 'BACKUP_IDENTITY_FILE' in key,
      blobs: { count: 1, new: 1, newBytes: picture.length },
    })
    expect(first.newChunks).toBeGreaterThan(3)
    const again = await backUp(server, target)
    expect(again).toMatchObject({ blobs: { count: 1, new: 0, newBytes: 0 } })
    expect(again.newChunks).toBeLessThan(3)
    await write(server, alice, 'after')
    const third = await backUp(server, target)
    expect(third.newBytes).toBeLessThan(first.newBytes / 10)
    expect(third.seq).toBeGreaterThan(again.seq)
  })

  it('is found sound', async () => {
    const verdict = await verifyBackup(target, null, Config.fromEnv(env()))
    expect(verdict).toMatchObject({ snapshots: 3, blobs: 1, repos: 2, problems: { count: 0 } })
  })

  it('comes back', async () => {
    const restored = await restore(target, { env: env() })
    expect(restored).toMatchObject({
      ...{ isAll: false, problems: [], repos: 2 },
      blobs: { restored: 1, present: 0, missing: { count: 0 } },
      mended: { signedAnew: 2, gone: [], withoutKey: [] },
    })
    const { directory } = restored
    for (const file of ['secrets.json', 'motd.txt', 'skylog.sqlite']) {
      expect([file, statSync(join(directory, file)).mode & 0o777]).toEqual([file, 0o600])
      if (file !== 'skylog.sqlite')
        expect(readFileSync(join(directory, file))).toEqual(readFileSync(join(server.directory, file)))
    }
    expect(await checkRepos(directory, () => undefined)).toEqual({ repos: 2, problems: [] })

    const copy = await TestServer.start({}, directory)
    try {
      // The session of before is still good, and so is what only this server knows.
      const { status, body } = await copy.query('app.bsky.graph.getMutes', { auth: alice.accessJwt })
      expect(status).toBe(200)
      expect((body.mutes as { handle: string }[]).map(({ handle }) => handle)).toEqual(['bob.test'])
      await write(copy, alice, 'goes on')
      await checkInvariants(copy.get(Database).read)
      const { differences } = await copy.get(Rebuild).run([], { verify: true, pace: ALONE })
      expect(differences).toEqual([])
    } finally {
      await copy.stop()
    }
  })
})

it('leaves the log file out, which would be in every segment', async () => {
  const log = join(server.directory, 'skylog.log')
  writeFileSync(log, 'a line')
  server = await server.restart({ LOG_DESTINATION: log })
  const target = join(scratch(), 'backup')
  await backUp(server, target)
  const { directory } = await restore(target)
  expect(readdirSync(directory)).toContain('motd.txt')
  expect(readdirSync(directory)).not.toContain('skylog.log')
})

it('lets nobody else read what is kept', async () => {
  const target = join(scratch(), 'backup')
  await backUp(server, target)
  const files = names(target)
  expect(files.length).toBeGreaterThan(5)
  for (const name of files) expect([name, statSync(join(target, name)).mode & 0o077]).toEqual([name, 0])
  expect(files.filter((name) => name.startsWith('tmp'))).toEqual([])
})

it('goes over nothing', async () => {
  const target = join(scratch(), 'backup')
  await backUp(server, target)
  const directory = scratch()
  writeFileSync(join(directory, 'mine'), 'mine')
  await expect(restore(target, { directory })).rejects.toThrow(/is not empty/)
  expect(readdirSync(directory)).toEqual(['mine'])
  const { movedTo } = await restore(target, { directory, moveAside: true })
  expect(readdirSync(movedTo!)).toEqual(['mine'])
  rmSync(movedTo!, { recursive: true })
})

it('fills an empty folder from within, which may be a disk of its own', async () => {
  const target = join(scratch(), 'backup')
  writeFileSync(join(server.directory, 'large.bin'), Buffer.alloc(3_000_000, 'large'))
  await backUp(server, target)
  const directory = scratch()
  const { ino } = statSync(directory)
  expect((await restore(target, { directory })).directory).toBe(directory)
  expect(statSync(directory).ino).toBe(ino)
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(['skylog.sqlite', 'secrets.json', 'blobs']))
  expect(readdirSync(directory).filter((name) => name.startsWith('restoring'))).toEqual([])
  const [one, other] = [directory, server.directory].map((folder) => readFileSync(join(folder, 'large.bin')))
  expect(one!.equals(other!)).toBe(true)
  rmSync(join(server.directory, 'large.bin'))
})

it('leaves a data directory alone that a server runs on', async () => {
  const target = join(scratch(), 'backup')
  await backUp(server, target)
  const { directory } = server
  await expect(restore(target, { directory, moveAside: true })).rejects.toThrow(/a server runs on/)
  await expect(restore(target, { lost: directory })).rejects.toThrow(/a server runs on/)
  expect(readdirSync(directory)).toContain('skylog.sqlite')
})

it('is refused where it would be lost with the data, or is not of this server', async () => {
  await expect(backUp(server, join(server.directory, 'backup'))).rejects.toThrow(/is in the data directory/)
  const target = join(scratch(), 'backup')
  await backUp(server, target)
  const env = { PDS_HOSTNAME: 'other.example', PDS_DID_PLC_URL: 'http://localhost:1' }
  await expect(restore(target, { env })).rejects.toThrow(/of did:web:localhost, this is did:web:other.example/)
})
