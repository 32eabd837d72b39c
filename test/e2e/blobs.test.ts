/** Blobs as an app and a migration tool use them, on a disk and in S3. */
import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { AtpAgent } from '@atproto/api'
import sharp from 'sharp'
import { Rebuild } from '../../src/projections/replay/rebuild.js'
import { mintServiceJwt } from '../../src/modules/auth/service-jwt.js'
import { BlobScrub } from '../../src/modules/blob/blob-scrub.js'
import { HostedBlobs } from '../../src/modules/blob/hosted-blobs.js'
import { LooseBlobs, QUARANTINE_MS } from '../../src/modules/blob/loose-blobs.js'
import { Config } from '../../src/modules/config/config.js'
import { Database } from '../../src/modules/database/database.js'
import { SigningKeys } from '../../src/modules/identity/signing-keys.js'
import { Cid, type Did } from '../../src/repo-engine/index.js'
import { TestServer } from '../support/account-app.js'
import { getBlob, signUp, upload, withImage } from '../modules/blob/hosted.js'
import { startS3 } from './s3-server.js'
import { eventually } from '../support/eventually.js'

const MIB = 1024 * 1024

describe.each(['disk', 'S3'])('on %s', (kind) => {
  let s3: Awaited<ReturnType<typeof startS3>> | null
  let server: TestServer
  let alice: Awaited<ReturnType<typeof signUp>>

  beforeAll(async () => {
    s3 = kind === 'S3' ? await startS3() : null
    server = await TestServer.start(s3?.env)
    alice = await signUp(server, 'alice')
  })
  afterAll(async () => {
    await server.close()
    await s3?.close()
  })

  it('a post with an image shows it in the timeline, scaled, and gives the blob as it was', async () => {
    const photo = await picture(2400, 1600)
    await alice.post(withImage(await upload(alice, photo, 'image/jpeg')))
    const { data } = await alice.getTimeline()
    const embed = data.feed[0]!.post.embed as unknown as { images: { thumb: string; fullsize: string }[] }
    const thumb = await fetch(embed.images[0]!.thumb)
    expect(await sizeOf(thumb)).toEqual([2000, 1333])
    const cid = Cid.ofRaw(photo).toString()
    expect((await getBlob(server, alice.assertDid, cid)).bytes.equals(photo)).toBe(true)
  })

  it('an avatar and a banner are in the profile', async () => {
    const [avatar, banner] = [
      await upload(alice, await picture(1200, 1300), 'image/jpeg'),
      await upload(alice, await picture(600, 400), 'image/jpeg'),
    ]
    await alice.upsertProfile((profile) => ({ ...profile, displayName: 'Alice', avatar, banner }))
    const { data } = await alice.getProfile({ actor: alice.assertDid })
    expect(await sizeOf(await fetch(data.avatar!))).toEqual([1000, 1000])
    expect(await sizeOf(await fetch(data.banner!))).toEqual([600, 200])
  })

  it('large blobs come and go in pieces', async () => {
    const video = Buffer.concat([Buffer.from('\x00\x00\x00\x18ftypisom', 'latin1'), Buffer.alloc(12 * MIB, 'skylog ')])
    const blob = await upload(alice, video, 'video/mp4')
    expect([blob.mimeType, blob.size]).toEqual(['video/mp4', video.length])
    const record = { $type: 'com.example.file', file: blob }
    await alice.com.atproto.repo.createRecord({ repo: alice.assertDid, collection: 'com.example.file', record })
    const cid = String(blob.ref)
    expect((await getBlob(server, alice.assertDid, cid)).bytes.equals(video)).toBe(true)
    const range = `bytes=${5 * MIB - 1}-${5 * MIB + 1}`
    const part = await getBlob(server, alice.assertDid, cid, { headers: { range } })
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes ${5 * MIB - 1}-${5 * MIB + 1}/${video.length}`,
    ])
    expect(part.bytes.equals(video.subarray(5 * MIB - 1, 5 * MIB + 2))).toBe(true)
  })

  it('an upload that ends too early, or is too large, leaves nothing', async () => {
    const before = await filesOf(server)
    const token = alice.session!.accessJwt
    const pieces = async function* () {
      for (let i = 0; i < 8; i++) yield await Promise.resolve(Buffer.alloc(MIB, i))
      throw new Error('the line is cut')
    }
    const call = fetch(`${server.url}/xrpc/com.atproto.repo.uploadBlob`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'video/mp4' },
      body: Readable.toWeb(Readable.from(pieces())),
      duplex: 'half',
    } as never)
    await expect(call).rejects.toThrow()
    await eventually(() => (s3 ? temporary(s3.directory) : []).length === 0)
    expect(await filesOf(server)).toEqual(before)
  })

  it('blobs survive a restart and a rebuild', async () => {
    const photo = await picture(100, 100)
    await alice.post(withImage(await upload(alice, photo, 'image/jpeg')))
    server = await server.restart()
    await server.get(Rebuild).run([])
    const cid = Cid.ofRaw(photo).toString()
    expect((await getBlob(server, alice.assertDid, cid)).bytes.equals(photo)).toBe(true)
    alice = await signIn(server, alice.assertDid, 'alice-password')
  })

  it('an account that moves in is told what is missing, and brings it', async () => {
    const carla = await signUp(server, 'carla')
    const photos = await Promise.all([70, 71, 72].map((size) => picture(size, size)))
    for (const photo of photos) await carla.post(withImage(await upload(carla, photo, 'image/jpeg')))
    // A bucket is one server's.
    const bucket = s3 && (await startS3())
    const home = await TestServer.start({ PDS_DID_PLC_URL: server.url, ...bucket?.env })
    try {
      const moved = await moveIn(server, home, carla)
      const { data: repo } = await carla.com.atproto.sync.getRepo({ did: carla.assertDid })
      await moved.com.atproto.repo.importRepo(repo, { encoding: 'application/vnd.ipld.car' })
      const { data } = await moved.com.atproto.repo.listMissingBlobs({ limit: 2 })
      const rest = await moved.com.atproto.repo.listMissingBlobs({ limit: 2, cursor: data.cursor })
      const missing = [...data.blobs, ...rest.data.blobs]
      expect(missing.map(({ cid }) => cid).sort()).toEqual(photos.map((photo) => Cid.ofRaw(photo).toString()).sort())
      expect(missing[0]!.recordUri).toMatch(new RegExp(`^at://${carla.assertDid}/app.bsky.feed.post/`))
      expect(await home.get(HostedBlobs).counts(carla.assertDid)).toEqual({ expected: 3, imported: 0 })
      for (const { cid } of missing) {
        const blob = await getBlob(server, carla.assertDid, cid)
        await upload(moved, blob.bytes, blob.headers.get('content-type')!)
      }
      expect((await moved.com.atproto.repo.listMissingBlobs()).data).toEqual({ blobs: [] })
      expect(await home.get(HostedBlobs).counts(carla.assertDid)).toEqual({ expected: 3, imported: 3 })
      home.advance(QUARANTINE_MS + 1)
      expect(await home.get(LooseBlobs).collect()).toBe(0)
      await home
        .get(Database)
        .write(async (tx) => tx.run('UPDATE repo SET status = NULL, own_status = NULL WHERE did = ?', carla.assertDid))
      const cid = missing[0]!.cid
      expect((await getBlob(home, carla.assertDid, cid)).status).toBe(200)
      // Another import takes the place of the first: what it does not speak of goes.
      const { feed } = (await carla.getAuthorFeed({ actor: carla.assertDid })).data
      for (const { post } of feed.slice(1)) await carla.deletePost(post.uri)
      const { data: less } = await carla.com.atproto.sync.getRepo({ did: carla.assertDid })
      await moved.com.atproto.repo.importRepo(less, { encoding: 'application/vnd.ipld.car' })
      home.advance(QUARANTINE_MS + 1)
      expect(await home.get(LooseBlobs).collect()).toBe(2)
      expect(await home.get(HostedBlobs).counts(carla.assertDid)).toEqual({ expected: 1, imported: 1 })
    } finally {
      await home.close()
      await bucket?.close()
    }
  })

  it('what no record refers to goes, and the rest is sound', async () => {
    const blob = await upload(alice, await picture(50, 50), 'image/jpeg')
    server.advance(QUARANTINE_MS + 1)
    // With those of two posts that were deleted above.
    expect(await server.get(LooseBlobs).collect()).toBe(3)
    const cid = String(blob.ref)
    await eventually(async () => !(await filesOf(server)).includes(cid))
    const report = await server.get(BlobScrub).run({ removeOlderThan: null })
    expect(report).toMatchObject({ files: 6, missing: { count: 0 }, corrupt: { count: 0 }, orphans: { count: 0 } })
  })
})

/** An account of one server, not active yet on another, with a client there. */
async function moveIn(from: TestServer, to: TestServer, who: AtpAgent & { assertDid: string }): Promise<AtpAgent> {
  const did = who.assertDid as Did
  const key = await from.get(SigningKeys).get(did)
  const lxm = 'com.atproto.server.createAccount'
  const token = mintServiceJwt(did, { aud: to.get(Config).serviceDid, lxm }, key, Date.now())
  const body = { did, handle: 'moved.test', email: 'moved@example.com', password: 'moved-password' }
  const { status, body: session } = await to.post(lxm, { auth: token, body })
  expect([status, session]).toMatchObject([200, {}])
  return signIn(to, did, 'moved-password')
}

/** A client of that very server, wherever the identity says that the account lives. */
async function signIn(server: TestServer, did: string, password: string): Promise<AtpAgent & { assertDid: string }> {
  const agent = server.agent()
  await agent.login({ identifier: did, password })
  agent.sessionManager.pdsUrl = undefined
  return agent as AtpAgent & { assertDid: string }
}

async function filesOf(server: TestServer): Promise<string[]> {
  const { orphans, corrupt } = await server.get(BlobScrub).run({ removeOlderThan: null })
  const rows = await server.get(Database).read.all<{ cid: Buffer }>('SELECT DISTINCT cid FROM blob ORDER BY cid')
  return [...rows.map(({ cid }) => Cid.fromBytes(cid).toString()), ...orphans.cids, ...corrupt.cids].sort()
}

/** Objects under `tmp/` in the directory of a bucket. */
function temporary(bucket: string): string[] {
  return readdirSync(bucket, { recursive: true, encoding: 'utf8' }).filter((name) => /^tmp\/.*_object$/.test(name))
}

let shade = 0

function picture(width: number, height: number): Promise<Buffer> {
  const background = { r: shade++ % 256, g: 120, b: 40 }
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer()
}

async function sizeOf(response: Response): Promise<number[]> {
  const { width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata()
  return [width, height]
}
