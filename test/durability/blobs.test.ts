/** `kill -9` while blobs come and go: none that was acknowledged is lost, and what is left half done goes. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ScrubReport } from '../../src/modules/blob/blob-scrub.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { Cid } from '../../src/repo-engine/index.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { ask, type Owner, signIn, signUp } from './load.js'
import { eventually } from '../support/eventually.js'

const ROUNDS = Number(process.env.SKYLOG_KILL_ROUNDS ?? 5)
const PASSWORD = 'operator-password'
const ADMIN = { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` }
const FILES = 'com.example.file'

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string
let server: ChildServer | undefined
beforeAll(async () => {
  build = await buildServer()
  directory = scratchDirectory()
})
afterAll(async () => {
  await server?.kill()
  rmSync(directory, { recursive: true, force: true })
  build.remove()
})

const start = async (): Promise<ChildServer> =>
  (server = await ChildServer.start(build.main, directory, { env: { PDS_ADMIN_PASSWORD: PASSWORD } }))

/** Bytes that a record is known to refer to. */
const acknowledged = new Map<string, Buffer>()

it('24 nothing that was acknowledged is lost, nothing stays that nobody has', async () => {
  let url = (await start()).url
  const alice = await signUp(url, 'alice')
  // What everybody has, and goes with each deleted account.
  const shared = randomBytes(40_000)
  await write(url, alice, shared)
  for (let round = 0; round < ROUNDS; round++) {
    const again = await signIn(url, 'alice')
    const leaving = await signUp(url, `bob${round}`)
    await Promise.all([write(url, leaving, shared, false), write(url, leaving, randomBytes(50_000), false)])
    const load = Promise.allSettled([
      ...Array.from({ length: 4 }, () => writeForever(url, again)),
      admin(url, '/xrpc/com.atproto.admin.deleteAccount', { did: leaving.did }),
    ])
    if (round === 0) await eventually(() => acknowledged.size > 1)
    await new Promise((resolve) => setTimeout(resolve, 40 + 60 * round))
    await server!.kill()
    await load
    url = (await start()).url
    await settled()
    expect(temps()).toEqual([])
    for (const [cid, bytes] of acknowledged) {
      const query = new URLSearchParams({ did: alice.did, cid })
      const response = await fetch(`${url}/xrpc/com.atproto.sync.getBlob?${query.toString()}`)
      expect([response.status, Buffer.from(await response.arrayBuffer()).equals(bytes)]).toEqual([200, true])
    }
    const { missing, corrupt, orphans } = await scrub(url)
    expect([missing.count, corrupt.count]).toEqual([0, 0])
    // Only bytes that were just about to get their row.
    expect(orphans.count).toBeLessThanOrEqual(4 * (round + 1))
  }
  expect(acknowledged.size).toBeGreaterThan(1)
})

async function write(url: string, who: Owner, bytes: Buffer, isKept = true): Promise<void> {
  const response = await fetch(`${url}/xrpc/com.atproto.repo.uploadBlob`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.accessJwt}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  })
  if (!response.ok) throw new Error(`uploadBlob: ${response.status} ${await response.text()}`)
  const { blob } = (await response.json()) as { blob: object }
  const record = { $type: FILES, file: blob }
  await ask(url, 'com.atproto.repo.createRecord', { repo: who.did, collection: FILES, record }, who.accessJwt)
  if (isKept) acknowledged.set(Cid.ofRaw(bytes).toString(), bytes)
}

async function writeForever(url: string, who: Owner): Promise<never> {
  for (;;) await write(url, who, randomBytes(1000 + Math.floor(Math.random() * 300_000)))
}

function admin(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...ADMIN, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function scrub(url: string): Promise<ScrubReport> {
  const lines = (await (await admin(url, '/admin/blobs/scrub', {})).text()).trim().split('\n')
  return (JSON.parse(lines.at(-1)!) as { result: ScrubReport }).result
}

/** Resolves when what the crash has left of deleted accounts has gone. */
async function settled(): Promise<void> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  const isDone = async (): Promise<boolean> => !(await database.read.get('SELECT 1 FROM outbox'))
  await eventually(isDone, 'the outbox is done').finally(() => database.close())
}

function temps(): string[] {
  const folder = join(directory, 'blobs', 'tmp')
  return existsSync(folder) ? readdirSync(folder) : []
}
