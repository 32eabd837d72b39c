/** What is damaged in a target, missing from it, or made up by somebody else, is found by whoever reads it, and is said. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { verifyBackup } from '../../../src/modules/cli/backup-anywhere.js'
import type { Manifest } from '../../../src/modules/backup/manifest.js'
import { Config } from '../../../src/modules/config/config.js'
import { write } from '../account/owners.js'
import { TestServer } from '../../support/account-app.js'
import { BackupStatus } from '../../../src/modules/backup/backup-status.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { restore, scratch } from './backing-up.js'
import { eventually } from '../../support/eventually.js'

/** A target with a snapshot and some segments, which nobody touches, and one that is. */
let whole: string
let target: string

beforeAll(async () => {
  whole = join(scratch(), 'whole')
  const server = await TestServer.start({ BACKUP_TARGET: whole, BACKUP_INTERVAL: '100' })
  const alice = await server.createAccount('alice')
  const agent = server.agent()
  await agent.login({ identifier: 'alice.test', password: 'alice-password' })
  const shipped = () =>
    eventually(async () => {
      const { shippedSeq, lagMs } = server.get(BackupStatus).figures()
      return shippedSeq === (await server.get(CommitLog).lastSeq()) && lagMs !== null
    })
  await shipped()
  for (let n = 0; n < 4; n++) {
    await write(server, alice, `note ${n}`)
    await shipped()
  }
  const { data } = await agent.uploadBlob(Buffer.from('a picture'), { encoding: 'image/png' })
  await agent.post({ text: 'look', embed: { $type: 'app.bsky.embed.images', images: [{ alt: '', image: data.blob }] } })
  await server.close()
})
beforeEach(() => {
  target = join(scratch(), 'target')
  cpSync(whole, target, { recursive: true })
})

const files = (folder: string): string[] =>
  readdirSync(join(target, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
const verify = () => verifyBackup(target, null, Config.fromEnv({}))

const readManifest = (): Manifest =>
  (JSON.parse(readFileSync(files('manifests')[0]!, 'utf8')) as { manifest: Manifest }).manifest

/** The file of a chunk that no restore can do without: the list of blobs is in chunks, too, and their names are hashes. */
function chunkOfTheDatabase(): string {
  const [chunk] = readManifest().database.chunks
  return files('chunks').find((file) => file.endsWith(chunk!))!
}

/** Changes one byte in the middle. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(file, bytes)
}

it('is sound to begin with, and says that the server has stopped', async () => {
  expect((await verify()).problems).toEqual({ count: 0, told: [] })
  const { isAll, blobs, mended } = await restore(target)
  expect({ isAll, blobs, mended }).toMatchObject({
    ...{ isAll: true, blobs: { restored: 1, missing: { count: 0 } } },
    mended: { signedAnew: 0, mailsDropped: 0 },
  })
  // Where that is not so, whoever restores it says it.
  expect(await restore(target, { ranSince: true })).toMatchObject({ isAll: false, mended: { signedAnew: 1 } })
})

it.each([
  ['chunks', /^chunks\/\S+ is damaged/],
  ['manifests', /^manifests\/\S+ is damaged/],
  ['segments', /^segments\/\S+ is damaged/],
])('finds a byte that is another one: %s', async (folder, message) => {
  damage(folder === 'chunks' ? chunkOfTheDatabase() : files(folder)[0]!)
  const { problems } = await verify()
  expect(problems.count).toBeGreaterThan(0)
  expect(problems.told[0]).toMatch(message)
  const place = join(scratch(), 'data')
  await expect(restore(target, { directory: place })).rejects.toThrow(message)
  expect(readdirSync(dirname(place))).toEqual([])
})

it('lists blobs that are damaged or missing, and restores the rest', async () => {
  damage(files('blobs')[0]!)
  expect((await verify()).problems.told).toEqual([expect.stringMatching(/^blobs\/\S+ is damaged/)])
  const { blobs, directory } = await restore(target)
  expect(blobs).toMatchObject({ restored: 0, missing: { count: 1 } })
  expect(existsSync(join(directory, 'skylog.sqlite'))).toBe(true)
  rmSync(files('blobs')[0]!)
  expect((await verify()).problems.told).toEqual([expect.stringMatching(/^blobs\/\S+ is missing/)])
})

it('a segment that is missing ends what can be restored, and until when that is, is said', async () => {
  const segments = files('segments')
  expect(segments.length).toBeGreaterThan(4)
  rmSync(segments[2]!)
  expect((await verify()).problems.told[0]).toMatch(/0000000003 is missing; what was before can be restored: --at \S+Z/)
  const [, at] = /--at (\S+)/.exec(((await restore(target).catch((error: unknown) => error)) as Error).message)!
  // What has come after cannot be read, so anything may have.
  expect(await restore(target, { at: Date.parse(at!) })).toMatchObject({
    ...{ isAll: false, endProblem: expect.stringMatching(/0000000003 is missing/) as string, problems: [] },
    mended: { signedAnew: 1 },
  })
})

it('segments in another order, or of another generation, do not follow', async () => {
  const [, second, third] = files('segments')
  cpSync(third!, second!)
  expect((await verify()).problems.told[0]).toMatch(/0000000002 cannot be used: it belongs elsewhere/)
})

describe('a manifest that somebody has made up', () => {
  function forge(change: (manifest: Manifest) => void): void {
    const manifest = readManifest()
    change(manifest)
    const sha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex')
    writeFileSync(files('manifests')[0]!, JSON.stringify({ manifest, sha256 }))
  }

  it.each(['../evil', '/etc/evil', 'a/../../evil', 'a//b', 'skylog.sqlite-wal', 'seq.floor', 'a\\b', 'a\u0000b', '.'])(
    'puts no file outside of its folder, nor where none belongs: %j',
    async (path) => {
      forge(({ files: [file] }) => (file!.path = path))
      await expect(restore(target)).rejects.toThrow(/cannot be used: it has a file/)
      expect((await verify()).problems.told[0]).toMatch(/cannot be used: it has a file/)
    },
  )

  it.each<[string, (manifest: Manifest) => void]>([
    ['a size that its chunks do not have', ({ database }) => (database.bytes = 2 ** 50)],
    ['a size below zero', ({ database }) => (database.bytes = -1)],
    ['pages of no bytes', ({ database }) => (database.pageSize = 0)],
    ['chunks with names that lead elsewhere', ({ database }) => (database.chunks[0] = '../../x')],
    ['a format of the future', (manifest) => (manifest.format = 2)],
    ['another generation', (manifest) => (manifest.id = '20260101T000000000Z-00000000')],
    ['no files', (manifest) => delete (manifest as Partial<Manifest>).files],
    ['no time', (manifest) => (manifest.time = 'soon')],
  ])('is not believed: %s', async (_, change) => {
    forge(change)
    await expect(restore(target)).rejects.toThrow(/cannot be used|of format 2/)
  })

  it('a chunk does not unfold to more than a chunk is', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024), {
      params: { [constants.ZSTD_c_compressionLevel]: 19 },
    })
    expect(bomb.length).toBeLessThan(100_000)
    writeFileSync(chunkOfTheDatabase(), bomb)
    await expect(restore(target)).rejects.toThrow(/is damaged: it cannot be unpacked/)
  })
})

it('an empty folder, and no folder, are no backups', async () => {
  await expect(restore(scratch())).rejects.toThrow(/there is no backup in/)
  await expect(restore(join(scratch(), 'nowhere'))).rejects.toThrow(/there is no backup in/)
  await expect(restore('s3:/bucket')).rejects.toThrow(/a bucket is written s3:/)
  await expect(restore(target, { at: 0 })).rejects.toThrow(/do not go back to 1970/)
})
