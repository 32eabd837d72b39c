/** Targets: what goes when it is old, what a run that was cut off leaves, and that two do not get in each other's way. */
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { BackupStatus } from '../../../src/modules/backup/backup-status.js'
import { DirectoryTarget } from '../../../src/modules/backup/directory-target.js'
import { listManifests } from '../../../src/modules/backup/manifest.js'
import { targetName } from '../../../src/modules/backup/open-target.js'
import { verifyBackup } from '../../../src/modules/cli/backup-anywhere.js'
import { Config } from '../../../src/modules/config/config.js'
import { Database } from '../../../src/modules/database/database.js'
import { ADMIN, admin, write } from '../account/owners.js'
import { TestServer } from '../../support/account-app.js'
import { backUp, restore, scratch } from './backing-up.js'

const DAY = 24 * 60 * 60 * 1000
let server: TestServer
let alice: Awaited<ReturnType<TestServer['createAccount']>>
let target: string

beforeAll(async () => {
  server = await TestServer.start(ADMIN)
  alice = await server.createAccount('alice')
})
afterAll(() => server.close())
beforeEach(() => (target = join(scratch(), 'backup')))

const files = (folder: string): string[] =>
  existsSync(join(target, folder))
    ? readdirSync(join(target, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
    : []
const verify = () => verifyBackup(target, null, Config.fromEnv({}))
const ids = () => listManifests(new DirectoryTarget(target, Date.now))
async function change(): Promise<void> {
  await server.get(Database).write(async (tx) => {
    await tx.run('CREATE TABLE IF NOT EXISTS t (bytes BLOB)')
    await tx.run('DELETE FROM t')
    for (let n = 0; n < 20; n++) await tx.run('INSERT INTO t VALUES (randomblob(100000))')
  })
}

describe('what is kept', () => {
  it('the newest so many, and what they name', async () => {
    for (let n = 0; n < 4; n++) {
      await change()
      await backUp(server, target)
    }
    const before = files('chunks').length
    const { pruned } = await backUp(server, target, '2')
    expect(pruned.snapshots).toBe(3)
    expect(pruned.objects).toBeGreaterThan(10)
    expect(await ids()).toHaveLength(2)
    expect(files('chunks').length).toBeLessThan(before)
    expect((await verify()).problems.count).toBe(0)
    expect((await restore(target)).problems).toEqual([])
  })

  it('enough to go back so far: the first that is young enough, and the one before it', async () => {
    for (const days of [0, 2, 2, 2]) {
      server.advance(days * DAY)
      await write(server, alice, 'another day')
      await backUp(server, target, '3d')
    }
    // Six days, four, two and none ago: three days ago is between the second and the third.
    const kept = await ids()
    expect(kept).toHaveLength(3)
    const at = server.get(Database) && Date.now() + 3 * DAY + 1000
    expect((await restore(target, { at })).problems).toEqual([])
  })

  it('nothing goes while something that is kept cannot be read', async () => {
    await backUp(server, target)
    await backUp(server, target)
    const [, second] = files('manifests').sort()
    writeFileSync(second!, 'not a manifest')
    // The snapshot is made all the same.
    const { id, pruned, pruneProblem } = await backUp(server, target, '2')
    expect({ pruned, pruneProblem }).toEqual({
      ...{ pruned: { snapshots: 0, objects: 0 }, pruneProblem: expect.stringMatching(/is damaged/) as string },
    })
    expect(await ids()).toHaveLength(3)
    expect((await restore(target)).problems).toEqual([])
    expect(id > (await ids())[1]!).toBe(true)
  })

  it.each(['0', '3x', '-1', '', '1.5d'])('is a number or a duration, not %j', async (keep) => {
    await expect(backUp(server, target, keep)).rejects.toThrow(/not a number of snapshots/)
    const headers = { authorization: admin, 'content-type': 'application/json' }
    const body = JSON.stringify({ target, keep })
    const answer = await fetch(`${server.url}/admin/backup`, { method: 'POST', headers, body })
    expect(answer.status).toBe(400)
    expect(existsSync(target)).toBe(false)
  })
})

describe('a run that was cut off', () => {
  it('leaves what was there before, and the next one goes on', async () => {
    await change()
    await backUp(server, target)
    const before = await ids()
    await change()
    // The fifth chunk cannot be written, as on a disk that is full.
    const { put } = DirectoryTarget.prototype
    let left = 5
    DirectoryTarget.prototype.put = function (name, bytes) {
      if (name.startsWith('chunks/') && --left === 0) return Promise.reject(new Error('no space left on device'))
      return put.call(this, name, bytes)
    }
    await expect(backUp(server, target)).rejects.toThrow('no space left on device')
    DirectoryTarget.prototype.put = put
    expect(await ids()).toEqual(before)
    expect((await verify()).problems.count).toBe(0)
    const kept = files('chunks').length
    const { newChunks } = await backUp(server, target)
    expect(files('chunks')).toHaveLength(kept + newChunks)
    expect((await verify()).problems.count).toBe(0)
    // The server writes on as it did before, and its log is not held back.
    await server.createAccount('bob')
  })

  it('is swept when nobody can be at it any more', async () => {
    await backUp(server, target)
    for (const [name, age] of [
      ['old', 2 * DAY],
      ['new', 0],
    ] as const) {
      writeFileSync(join(target, 'tmp', name), 'half')
      const at = (Date.now() - age) / 1000
      utimesSync(join(target, 'tmp', name), at, at)
    }
    await backUp(server, target)
    expect(readdirSync(join(target, 'tmp')).includes('old')).toBe(false)
  })
})

describe('two at once', () => {
  const lock = (more: object): void =>
    writeFileSync(
      join(target, 'lock.json'),
      JSON.stringify({ owner: 'x', host: 'elsewhere', pid: 1, until: Date.now() + 30 * DAY, ...more }),
    )

  it('another process has it: refused, until it has let go or is no more', async () => {
    await backUp(server, target)
    expect(existsSync(join(target, 'lock.json'))).toBe(false)
    lock({})
    await expect(backUp(server, target)).rejects.toThrow(/is in use by process 1 on elsewhere/)
    lock({ until: 0 })
    await backUp(server, target)
    lock({ host: hostname(), pid: process.pid })
    await expect(backUp(server, target)).rejects.toThrow(/is in use/)
    lock({ host: hostname(), pid: 2 ** 30 })
    await backUp(server, target)
    expect(existsSync(join(target, 'lock.json'))).toBe(false)
  })

  it('the same server: the second is told', async () => {
    const first = backUp(server, target)
    await expect(backUp(server, target)).rejects.toThrow(/is under way/)
    await first
    const headers = { authorization: admin, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ target }) }
    const answer = await (await fetch(`${server.url}/admin/backup`, init)).text()
    const { result } = JSON.parse(answer.trim().split('\n').at(-1)!) as { result: { target: string } }
    expect(result.target).toBe(target)
    expect(server.get(BackupStatus).figures()).toMatchObject({ isWorking: false, snapshot: { target } })
  })

  it('another server has its backups there: refused', async () => {
    await backUp(server, target)
    const env = { PDS_HOSTNAME: 'other.example', PDS_DID_PLC_URL: 'http://localhost:1', PDS_DEV_MODE: 'true' }
    const other = await TestServer.start(env)
    await expect(backUp(other, target)).rejects.toThrow(
      /has backups of did:web:localhost; this is did:web:other.example/,
    )
    await other.close()
  })
})

it('is a folder, or a folder of a bucket', () => {
  expect(targetName('s3://bucket')).toBe('s3://bucket')
  expect(targetName('s3://bucket/a/b/')).toBe('s3://bucket/a/b')
  for (const text of ['s3://', 's3:bucket', 's3://B', 's3://bucket/a b'])
    expect(() => targetName(text)).toThrow(/a bucket is written/)
})

it('can be copied elsewhere and restored from there', async () => {
  await backUp(server, target)
  const copy = join(scratch(), 'copy')
  cpSync(target, copy, { recursive: true })
  rmSync(target, { recursive: true })
  expect((await restore(copy)).problems).toEqual([])
})

it('a share that does not answer leaves threads for the rest of the server', async () => {
  mkdirSync(target)
  const file = join(target, 'lock.json')
  // Whoever opens it waits, in a thread, for somebody who writes.
  execFileSync('mkfifo', [file])
  const share = new DirectoryTarget(target, Date.now)
  let waiting = 12
  const reads = Array.from({ length: waiting }, () => share.get('lock.json', 100).finally(() => waiting--))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await readFile(new URL(import.meta.url))).not.toHaveLength(0)
  expect(waiting).toBe(12)
  while (waiting > 0) {
    closeSync(openSync(file, constants.O_RDWR | constants.O_NONBLOCK))
    await new Promise(setImmediate)
  }
  await Promise.all(reads)
})
