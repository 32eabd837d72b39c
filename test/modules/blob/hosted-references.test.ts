/** Which blobs the records of a hosted account refer to: writes, lists, what is served, what is refused. */
import { Database } from '../../../src/modules/database/database.js'
import { HostedBlobs } from '../../../src/modules/blob/hosted-blobs.js'
import { TestServer } from '../../support/account-app.js'
import { getBlob, operator, signUp, upload, withImage } from './hosted.js'
import { png } from './other-pds.js'

type Account = Awaited<ReturnType<typeof signUp>>

let server: TestServer
let accounts = 0
let alice: Account
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server.close())
// Each test has an account of its own.
beforeEach(async () => {
  alice = await signUp(server, `alice${++accounts}`)
})

const listed = async (since?: string): Promise<string[]> =>
  (await alice.com.atproto.sync.listBlobs({ did: alice.assertDid, ...(since && { since }) })).data.cids
const get = (cid: unknown, init?: RequestInit) => getBlob(server, alice.assertDid, String(cid), init)

it('a blob is served once a record refers to it, with all that protects who opens it', async () => {
  const bytes = png(5000)
  const blob = await upload(alice, bytes)
  expect(await get(blob.ref)).toMatchObject({ status: 400, error: 'BlobNotFound' })
  expect(await listed()).toEqual([])
  await alice.post(withImage(blob))
  const answer = await get(blob.ref)
  expect(answer.bytes.equals(bytes)).toBe(true)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': '5000',
    'content-disposition': `attachment; filename="${String(blob.ref)}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'public, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
    etag: `"${String(blob.ref)}"`,
  })
  expect(await listed()).toEqual([String(blob.ref)])
})

it('22 a page is never opened as one, whatever it was called', async () => {
  const blob = await upload(alice, Buffer.from('<!doctype html><script>alert(1)</script>'), 'text/html')
  await write('com.example.file', { file: blob })
  const { headers } = await get(blob.ref)
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-disposition': expect.stringMatching(/^attachment/) as string,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  })
  expect((await fetch(`${server.url}/img/avatar/plain/${alice.assertDid}/${String(blob.ref)}@jpeg`)).status).toBe(404)
})

it('25 ranges, HEAD and conditions are as for any blob', async () => {
  const bytes = png(1000)
  const blob = await upload(alice, bytes)
  await alice.post(withImage(blob))
  const range = async (text: string) => {
    const { status, headers, bytes: part } = await get(blob.ref, { headers: { range: text } })
    return [status, headers.get('content-range'), part.length]
  }
  expect(await range('bytes=0-0')).toEqual([206, 'bytes 0-0/1000', 1])
  expect(await range('bytes=900-')).toEqual([206, 'bytes 900-999/1000', 100])
  expect(await range('bytes=-10')).toEqual([206, 'bytes 990-999/1000', 10])
  expect((await range('bytes=-0'))[0]).toBe(416)
  expect((await range('bytes=1000-'))[0]).toBe(416)
  expect((await range(`bytes=${'9'.repeat(40)}-`))[0]).toBe(416)
  expect(await range(`bytes=0-${'9'.repeat(40)}`)).toEqual([206, 'bytes 0-999/1000', 1000])
  expect(await range(`bytes=${Array.from({ length: 2_000 }, () => '0-0').join(',')}`)).toEqual([200, null, 1000])
  const head = await get(blob.ref, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, '1000', 0])
  const etag = head.headers.get('etag')!
  expect((await get(blob.ref, { headers: { 'if-none-match': etag } })).status).toBe(304)
})

it('23 a CID that is not written as CIDs are is none', async () => {
  const blob = await upload(alice, png(100))
  await alice.post(withImage(blob))
  const text = String(blob.ref)
  for (const cid of [
    text.toUpperCase(),
    `${text}x`,
    '../../secrets.json',
    `bafyrei${text.slice(7)}`,
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKsdfg',
  ])
    expect((await get(cid)).status).toBe(400)
})

describe('a record cannot refer to', () => {
  it('what was not uploaded', async () => {
    const blob = await upload(alice, png(100))
    const other = {
      $type: 'blob',
      ref: { $link: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy' },
      mimeType: 'image/png',
      size: 1,
    }
    await expect(alice.post(withImage(other))).rejects.toMatchObject({
      status: 400,
      error: 'BlobNotFound',
      message: `Could not find blob: ${other.ref.$link}`,
    })
    // Nothing of such a commit is written, and those after it are.
    const writes = [blob, other].map((image) => ({
      $type: 'com.atproto.repo.applyWrites#create' as const,
      collection: 'app.bsky.feed.post',
      value: { $type: 'app.bsky.feed.post', ...withImage(image) },
    }))
    await expect(
      alice.com.atproto.repo.applyWrites({ repo: alice.assertDid, writes: writes as never }),
    ).rejects.toMatchObject({ error: 'BlobNotFound' })
    const good = Array.from({ length: 20 }, (_, i) => alice.post(i % 2 ? withImage(other) : withImage(blob)))
    const settled = await Promise.allSettled(good)
    expect(settled.map(({ status }) => status)).toEqual(settled.map((_, i) => (i % 2 ? 'rejected' : 'fulfilled')))
  })

  it('what it describes otherwise than it is', async () => {
    const { ref, size } = await upload(alice, png(100))
    const image = (more: object): never => ({ $type: 'blob', ref, mimeType: 'image/png', size, ...more }) as never
    await expect(alice.post(withImage(image({ mimeType: 'image/jpeg' })))).rejects.toMatchObject({
      error: 'InvalidMimeType',
    })
    await expect(alice.post(withImage(image({ size: 99 })))).rejects.toMatchObject({ error: 'InvalidSize' })
    await alice.post(withImage(image({})))
  })

  it('what its lexicon does not take there', async () => {
    const text = await upload(alice, Buffer.from('only text'), 'text/plain')
    await expect(alice.post(withImage(text))).rejects.toMatchObject({ error: 'InvalidMimeType' })
    const large = await upload(alice, png(1_000_001))
    await expect(alice.upsertProfile((profile) => ({ ...profile, avatar: large }))).rejects.toMatchObject({
      error: 'BlobTooLarge',
    })
    await write('com.example.file', { file: text })
  })

  it('blobs in the words of 2022', async () => {
    const { ref, mimeType } = await upload(alice, png(100))
    await expect(write('com.example.file', { file: { cid: String(ref), mimeType } })).rejects.toMatchObject({
      message: `Legacy blobs are not allowed (${String(ref)})`,
    })
  })
})

it('24 a blob in two records stays as long as one of them does', async () => {
  const blob = await upload(alice, png(100))
  const [one, two] = [await alice.post(withImage(blob)), await alice.post(withImage(blob))]
  await alice.deletePost(one.uri)
  expect((await get(blob.ref)).status).toBe(200)
  expect(await listed()).toEqual([String(blob.ref)])
  await alice.deletePost(two.uri)
  expect(await get(blob.ref)).toMatchObject({ status: 400, error: 'BlobNotFound' })
  expect(await listed()).toEqual([])
})

it('an update lets go of one blob and takes hold of another, and an update to the same changes nothing', async () => {
  const [first, second] = [await upload(alice, png(100)), await upload(alice, png(101))]
  const put = (avatar: unknown, displayName: string): Promise<unknown> =>
    alice.com.atproto.repo.putRecord({
      repo: alice.assertDid,
      collection: 'app.bsky.actor.profile',
      rkey: 'self',
      record: { $type: 'app.bsky.actor.profile', avatar, displayName },
    })
  await put(first, 'one')
  await put(first, 'two')
  expect([(await get(first.ref)).status, (await get(second.ref)).status]).toEqual([200, 400])
  await put(second, 'two')
  expect([(await get(first.ref)).status, (await get(second.ref)).status]).toEqual([400, 200])
  // It is still here for a while, and can be taken up again.
  await put(first, 'two')
  expect([(await get(first.ref)).status, (await get(second.ref)).status]).toEqual([200, 400])
})

it('listBlobs goes page by page, and from a rev on', async () => {
  const blobs = []
  for (let i = 0; i < 7; i++) blobs.push(await upload(alice, png(100 + i)))
  await alice.post(withImage(blobs[0]))
  const { rev } = (await alice.com.atproto.sync.getLatestCommit({ did: alice.assertDid })).data
  for (const blob of blobs) await alice.post(withImage(blob))
  const all = await listed()
  expect(new Set(all)).toEqual(new Set(blobs.map(({ ref }) => String(ref))))
  const paged: string[] = []
  for (let cursor: string | undefined; ;) {
    const { data } = await alice.com.atproto.sync.listBlobs({ did: alice.assertDid, limit: 3, cursor })
    paged.push(...data.cids)
    cursor = data.cursor
    if (cursor === undefined) break
  }
  expect(paged).toEqual(all)
  await alice.post(withImage(blobs[3]))
  expect((await listed(rev)).length).toBe(7)
  const { rev: now } = (await alice.com.atproto.sync.getLatestCommit({ did: alice.assertDid })).data
  expect(await listed(now)).toEqual([])
  await expect(alice.com.atproto.sync.listBlobs({ did: alice.assertDid, cursor: 'nonsense' })).rejects.toMatchObject({
    status: 400,
  })
})

it('counts what is expected and what is here', async () => {
  const [one, two] = [await upload(alice, png(100)), await upload(alice, png(101))]
  await alice.post(withImage(one))
  await alice.post(withImage(one))
  expect(await server.get(HostedBlobs).counts(alice.assertDid)).toEqual({ expected: 1, imported: 2 })
  await alice.post(withImage(two))
  expect(await server.get(HostedBlobs).counts(alice.assertDid)).toEqual({ expected: 2, imported: 2 })
})

it('an account that is taken down has its blobs for its owner in person, who may leave with them', async () => {
  const kim = await signUp(server, 'kim')
  const did = kim.assertDid
  const image = await upload(kim, png(300))
  await kim.post(withImage(image))
  const app = await kim.com.atproto.server.createAppPassword({ name: 'app' })
  const signIn = async (body: object) =>
    (await server.post('com.atproto.server.createSession', { body: { identifier: did, ...body } })).body
  const byApp = (await signIn({ password: app.data.password })).accessJwt as string
  await server.get(Database).write(async (tx) => {
    await tx.run("UPDATE repo SET status = 'takendown' WHERE did = ?", did)
  })
  const own = await signIn({ password: 'kim-password', allowTakendown: true })
  const [appeal, before] = [own.accessJwt as string, kim.session!.accessJwt]
  for (const token of [appeal, before]) {
    const answer = await getBlob(server, did, image.ref.toString(), { headers: { authorization: `Bearer ${token}` } })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'private, no-store'])
    const listed = await server.query('com.atproto.sync.listBlobs', { params: `?did=${did}`, auth: token })
    expect(listed.body.cids).toEqual([image.ref.toString()])
  }
  const headers = { authorization: `Bearer ${byApp}` }
  expect(await getBlob(server, did, image.ref.toString(), { headers })).toMatchObject({ error: 'AccountTakedown' })
  expect(await getBlob(server, did, image.ref.toString())).toMatchObject({ error: 'RepoTakendown' })
})

it('an inactive account has its blobs for its owner and the operator alone', async () => {
  const blob = await upload(alice, png(100))
  await alice.post(withImage(blob))
  const database = server.get(Database)
  await database.write(async (tx) =>
    tx.run("UPDATE repo SET status = 'deactivated', own_status = 'deactivated' WHERE did = ?", alice.assertDid),
  )
  expect(await get(blob.ref)).toMatchObject({ status: 400, error: 'RepoDeactivated' })
  const mine = await get(blob.ref, { headers: { authorization: `Bearer ${alice.session!.accessJwt}` } })
  expect([mine.status, mine.headers.get('cache-control')]).toEqual([200, 'private, no-store'])
  expect((await get(blob.ref, { headers: operator(server) })).status).toBe(200)
  // It may bring more meanwhile.
  await upload(alice, png(102))
})

function write(collection: string, record: object): Promise<unknown> {
  return alice.com.atproto.repo.createRecord({ repo: alice.assertDid, collection, record: { ...record } })
}
