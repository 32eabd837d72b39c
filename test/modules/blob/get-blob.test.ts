/** com.atproto.sync.getBlob of repositories that live elsewhere. */
import { existsSync, readdirSync } from 'node:fs'
import { get as httpGet, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { EmbeddedPlc } from '../../../src/modules/identity/plc/embedded-plc.js'
import { formatGenesis } from '../../../src/modules/identity/plc/genesis.js'
import { Cid, type DataValue, type Handle, SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { blobRef, mirror, OtherPds, png, postOf, profileOf } from './other-pds.js'
import { eventually } from '../../support/eventually.js'

const MIB = 1024 * 1024
const GET_BLOB = 'com.atproto.sync.getBlob'

let server: TestServer
let pds: OtherPds
beforeAll(async () => {
  server = await TestServer.start({ PDS_BLOB_CACHE_SIZE: String(MIB) })
})
afterAll(() => server.close())
// Each test has an account of its own.
beforeEach(async () => {
  pds = await OtherPds.start()
})
afterEach(() => pds.close())

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** Name of the error, if it is one. */
  error?: string
}

/** One request, whose path is sent as it is. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    httpGet({ hostname, port, path, headers, method }, (response) => {
      const pieces: Buffer[] = []
      response.on('error', reject).on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const body = Buffer.concat(pieces)
        const status = response.statusCode!
        const { error } = (status >= 400 && body.length > 0 ? JSON.parse(body.toString()) : {}) as { error?: string }
        resolve({ status, headers: response.headers, body, ...(error !== undefined && { error }) })
      })
    })
      .on('error', reject)
      .end()
  })
}

function getBlob(cid: Cid | string, headers?: Record<string, string>, method?: string): Promise<Answer> {
  const query = new URLSearchParams({ did: pds.did, cid: cid.toString() })
  return get(`/xrpc/${GET_BLOB}?${query.toString()}`, headers, method)
}

/** Has a repository of these records here, and a profile. */
async function mirrored(records: Record<string, DataValue>): Promise<void> {
  await mirror(server, pds.did, { 'app.bsky.actor.profile/self': { $type: 'app.bsky.actor.profile' }, ...records })
}

/** A blob of the other server, which a post refers to. */
async function posted(bytes: Buffer): Promise<Cid> {
  const cid = pds.add(bytes)
  await mirrored({ 'app.bsky.feed.post/3kabcdefghi2a': postOf(cid) })
  return cid
}

/** Which of some blobs are in the cache; nothing is half received. */
function kept(...cids: Cid[]): Cid[] {
  const root = join(server.directory, 'blob-cache')
  expect(existsSync(join(root, 'incoming')) ? readdirSync(join(root, 'incoming')) : []).toEqual([])
  const digest = (cid: Cid): string => Buffer.from(cid.multihash.digest).toString('hex')
  return cids.filter((cid) => existsSync(join(root, digest(cid).slice(0, 2), digest(cid))))
}

function admin(): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}` }
}

describe('a blob that a record refers to', () => {
  it('is fetched once, and is still here when its server is gone', async () => {
    const bytes = png(200_000)
    const cid = await posted(bytes)
    const first = await getBlob(cid)
    expect(first.status).toBe(200)
    expect(first.body.equals(bytes)).toBe(true)
    expect(first.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '200000',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="${cid.toString()}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      etag: `"${cid.toString()}"`,
    })
    expect((await getBlob(cid)).body.equals(bytes)).toBe(true)
    pds.respond = (response) => response.destroy()
    expect((await getBlob(cid)).body.equals(bytes)).toBe(true)
    server = await server.restart()
    expect((await getBlob(cid)).body.equals(bytes)).toBe(true)
    expect(pds.asked).toEqual([cid.toString()])
  })

  it('may stand in a profile, in any other record, and in the text form of before 2023', async () => {
    const [avatar, file, old] = ['avatar', 'file', 'old'].map((text) => pds.add(Buffer.from(text))) as [Cid, Cid, Cid]
    const image = { cid: old.toString(), mimeType: 'image/png' }
    await mirror(server, pds.did, {
      'app.bsky.actor.profile/self': profileOf(avatar),
      'app.bsky.feed.post/3kabcdefghi2a': { text: 'old', embed: { images: [{ image }] } },
      'com.example.file/1': { $type: 'com.example.file', file: blobRef(file) },
    })
    for (const [cid, text] of [
      [avatar, 'avatar'],
      [file, 'file'],
      [old, 'old'],
    ] as const)
      expect((await getBlob(cid)).body.toString()).toBe(text)
  })

  it('is found among many records', async () => {
    const [newest, oldest, other] = ['newest', 'oldest', 'other'].map((text) => pds.add(Buffer.from(text))) as [
      Cid,
      Cid,
      Cid,
    ]
    const keyOf = (i: number): string => `app.bsky.feed.post/3kabcdefg${String(i).padStart(4, '2')}`
    const many = Array.from({ length: 999 }, (_, i): [string, DataValue] => [keyOf(i), postOf()])
    await mirrored({
      ...Object.fromEntries(many),
      [keyOf(0)]: postOf(oldest),
      [keyOf(999)]: postOf(newest),
      'zone.example.last/1': { file: blobRef(other) },
    })
    for (const cid of [newest, oldest, other]) expect((await getBlob(cid)).status).toBe(200)
    expect(await getBlob(Cid.ofRaw(Buffer.from('nowhere')))).toMatchObject({ status: 400, error: 'BlobNotFound' })
  })

  it('is not given any more once the record is gone, or to another repository', async () => {
    const cid = await posted(png(100))
    expect((await getBlob(cid)).status).toBe(200)
    const other = await OtherPds.start()
    await mirror(server, other.did, { 'app.bsky.feed.post/3kabcdefghi2a': postOf() })
    const query = new URLSearchParams({ did: other.did, cid: cid.toString() })
    expect(await get(`/xrpc/${GET_BLOB}?${query.toString()}`)).toMatchObject({ status: 400, error: 'BlobNotFound' })
    expect(other.asked).toEqual([])
    await other.close()
    await mirrored({ 'app.bsky.feed.post/3kabcdefghi2b': postOf() })
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'BlobNotFound' })
    // It comes back with another record, from what is kept.
    await mirrored({ 'app.bsky.feed.post/3kabcdefghi2c': postOf(cid) })
    server.advance(60_000)
    expect((await getBlob(cid)).status).toBe(200)
    expect(pds.asked).toHaveLength(1)
  })

  it('is fetched once, however many ask for it meanwhile', async () => {
    const bytes = png(100_000)
    const cid = await posted(bytes)
    let release!: () => void
    pds.respond = (response) => {
      response.write(bytes.subarray(0, 50_000))
      release = () => response.end(bytes.subarray(50_000))
    }
    const answers = Array.from({ length: 20 }, () => getBlob(cid))
    while (!release) await new Promise(setImmediate)
    expect((await get('/xrpc/_health')).status).toBe(200)
    release()
    for (const { status, body } of await Promise.all(answers)) {
      expect(status).toBe(200)
      expect(body.equals(bytes)).toBe(true)
    }
    expect(pds.asked).toHaveLength(1)
  })

  it('goes when others are used instead, and is fetched again', async () => {
    const cids = Array.from({ length: 6 }, () => pds.add(png(200_000)))
    await mirrored(
      Object.fromEntries(cids.map((cid, i) => [`app.bsky.feed.post/3kabcdefghi2${'abcdef'[i]!}`, postOf(cid)])),
    )
    for (const cid of cids) expect((await getBlob(cid)).status).toBe(200)
    expect(kept(...cids)).toEqual(cids.slice(1))
    expect((await getBlob(cids[0]!)).status).toBe(200)
    expect(pds.asked).toHaveLength(7)
    expect((await getBlob(cids[5]!)).status).toBe(200)
    expect(pds.asked).toHaveLength(7)
  })

  it.each([
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['nothing', ''],
  ])('is never said to be %s', async (_, text) => {
    const cid = await posted(Buffer.from(text))
    const { status, headers, body } = await getBlob(cid)
    expect([status, body.toString()]).toEqual([200, text])
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' })
    expect(headers['content-disposition']).toMatch(/^attachment/)
  })
})

describe('a part of a blob', () => {
  let bytes: Buffer
  let cid: Cid
  beforeEach(async () => {
    bytes = png(1000)
    cid = await posted(bytes)
  })

  it.each([
    ['bytes=0-0', 'bytes 0-0/1000', 0, 1],
    ['bytes=10-19', 'bytes 10-19/1000', 10, 20],
    ['bytes=990-', 'bytes 990-999/1000', 990, 1000],
    ['bytes=-10', 'bytes 990-999/1000', 990, 1000],
    ['bytes=0-99999999999999999999', 'bytes 0-999/1000', 0, 1000],
  ])('is sent for %s', async (range, contentRange, start, end) => {
    const answer = await getBlob(cid, { range })
    expect(answer.status).toBe(206)
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(end - start) })
    expect(answer.body.equals(bytes.subarray(start, end))).toBe(true)
  })

  it.each(['bytes=1000-', 'bytes=-0', 'bytes=99999999999999999999-'])('is refused for %s', async (range) => {
    const answer = await getBlob(cid, { range })
    expect(answer).toMatchObject({ status: 416, error: 'RangeNotSatisfiable' })
    expect(answer.headers['content-range']).toBe('bytes */1000')
  })

  it.each([
    ['several', 'bytes=0-1,4-5'],
    ['one that ends before it begins', 'bytes=5-1'],
    ['another unit', 'lines=1-2'],
    ['thousands', `bytes=${'0-0,'.repeat(2000)}1-1`],
  ])('is all of it for %s', async (_, range) => {
    const answer = await getBlob(cid, { range })
    expect([answer.status, answer.body.length, answer.headers['content-range']]).toEqual([200, 1000, undefined])
  })

  it('is sent when the one that the client has is the same, and all of it otherwise', async () => {
    const range = 'bytes=0-9'
    expect((await getBlob(cid, { range, 'if-range': `"${cid.toString()}"` })).status).toBe(206)
    for (const other of ['"other"', `W/"${cid.toString()}"`, 'Thu, 01 Jan 2026 00:00:00 GMT'])
      expect((await getBlob(cid, { range, 'if-range': other })).status).toBe(200)
  })

  it('is its head alone for HEAD, and nothing when the client has it', async () => {
    const head = await getBlob(cid, { range: 'bytes=0-1' }, 'HEAD')
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(head.headers).toMatchObject({ 'content-length': '1000', 'content-type': 'image/png' })
    for (const tag of [`"${cid.toString()}"`, `"a", W/"${cid.toString()}"`, '*'])
      for (const method of ['GET', 'HEAD']) {
        const answer = await getBlob(cid, { 'if-none-match': tag, range: 'bytes=0-1' }, method)
        expect([answer.status, answer.body.length]).toEqual([304, 0])
        expect(answer.headers).toMatchObject({ etag: `"${cid.toString()}"` })
      }
    expect((await getBlob(cid, { 'if-none-match': '"other"' })).status).toBe(200)
  })
})

describe('nothing is kept, and nothing is asked for again within a minute, when the other server', () => {
  let bytes: Buffer
  beforeEach(() => (bytes = png(5000)))
  const failed = { status: 502, error: 'UpstreamFailure' }

  async function check(cid: Cid, expected: object): Promise<void> {
    expect(await getBlob(cid)).toMatchObject(expected)
    const asked = pds.asked.length
    expect(await getBlob(cid)).toMatchObject(expected)
    expect(pds.asked).toHaveLength(asked)
    expect(kept(cid)).toEqual([])
    server.advance(60_000)
    pds.respond = null
    expect((await getBlob(cid)).body.equals(bytes)).toBe(true)
  }

  it.each<[string, NonNullable<OtherPds['respond']>]>([
    ['sends other bytes', (response) => response.end(png(5000))],
    ['sends too few', (response) => response.end(bytes.subarray(1))],
    ['sends too many', (response) => response.end(Buffer.concat([bytes, bytes]))],
    ['sends nothing', (response) => response.end()],
    [
      'says that it is larger than any blob',
      (response) => response.writeHead(200, { 'content-length': MIB + 1 }).flushHeaders(),
    ],
    [
      'never comes to an end',
      (response) => {
        const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), more))
        more()
      },
    ],
    ['breaks off', (response) => response.write(bytes.subarray(0, 100), () => response.destroy())],
    ['hangs up', (response) => response.destroy()],
    ['fails', (response) => response.writeHead(500).end('{}')],
    ['is busy', (response) => response.writeHead(429).end('{}')],
    ['sends it elsewhere', (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
  ])('%s', async (_, respond) => {
    const cid = await posted(bytes)
    pds.respond = respond
    await check(cid, failed)
  })

  it('does not have it', async () => {
    const cid = await posted(bytes)
    pds.respond = (response) => response.writeHead(404).end('no')
    await check(cid, { status: 400, error: 'BlobNotFound' })
  })

  it('is none that anybody knows', async () => {
    const cid = await posted(bytes)
    const { endpoint } = pds
    pds.endpoint = null
    expect(await getBlob(cid)).toMatchObject(failed)
    pds.endpoint = endpoint
    expect(await getBlob(cid)).toMatchObject(failed)
    expect(pds.asked).toEqual([])
  })

  it('is this one', async () => {
    const cid = await posted(bytes)
    pds.endpoint = server.url
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'BlobNotFound' })
  })
})

describe('what is not to be had', () => {
  const STRANGE = [
    '',
    'x',
    '../../secrets.json',
    '..%2F..%2Fsecrets.json',
    '/etc/passwd',
    'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk\0',
    // Another case, base, version, codec (dag-cbor), hash (SHA-512, identity), padding, more and less.
    'BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU',
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    'zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA',
    'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
    'bafkrgqhhyivzstcz3hhswshfjgy6ertgmnqeleynhwt4dlfsthi4hn7zgh4uvlsb5xncykzapi3ocd4lzogukir6ksdy6wzrnz6ohnv4aglcs',
    'bafkqaaa',
    'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku=',
    'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvykua',
    'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk',
    'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvykv',
    'b'.repeat(5000),
  ]
  it.each(STRANGE.map((cid) => [cid.slice(0, 40), cid]))('is a CID like %j', async (_, cid) => {
    await posted(png(20))
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'InvalidRequest' })
    expect(pds.asked).toEqual([])
  })

  it('is what no record refers to', async () => {
    await posted(png(20))
    const cid = pds.add(png(20))
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'BlobNotFound' })
    expect(pds.asked).toEqual([])
  })

  it('is any of a repository that is not here, or of an account that is hosted here', async () => {
    const cid = pds.add(png(20))
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'RepoNotFound' })
    const alice = await server.createAccount('alice')
    const query = new URLSearchParams({ did: alice.did, cid: cid.toString() })
    expect(await get(`/xrpc/${GET_BLOB}?${query.toString()}`)).toMatchObject({ status: 400, error: 'BlobNotFound' })
  })

  it('is any of a repository that is not shown, but by the operator', async () => {
    const cid = await posted(png(20))
    for (const [status, error] of [
      ['takendown', 'RepoTakendown'],
      ['suspended', 'RepoSuspended'],
      ['deactivated', 'RepoDeactivated'],
    ] as const) {
      await server
        .get(Database)
        .write(async (tx) => tx.run('UPDATE repo SET status = ? WHERE did = ?', status, pds.did))
      expect(await getBlob(cid)).toMatchObject({ status: 400, error })
      const answer = await getBlob(cid, admin())
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'private, no-store'])
    }
  })

  it('is what the operator has taken down, but by the operator', async () => {
    const cid = await posted(png(20))
    expect((await getBlob(cid)).status).toBe(200)
    const subject = { $type: 'com.atproto.admin.defs#repoBlobRef', did: pds.did, cid: cid.toString() }
    const set = (applied: boolean) =>
      server.post('com.atproto.admin.updateSubjectStatus', {
        auth: admin().authorization,
        body: { subject, takedown: { applied } },
      })
    await set(true)
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'BlobNotFound' })
    expect(await getBlob(cid, { 'if-none-match': '*' })).toMatchObject({ status: 400, error: 'BlobNotFound' })
    expect((await getBlob(cid, admin())).status).toBe(200)
    expect((await getBlob(cid, { authorization: `Basic ${btoa('admin:wrong')}` })).status).toBe(401)
    await set(false)
    expect((await getBlob(cid)).status).toBe(200)
  })

  it('is what a DID document says is in a private network', async () => {
    server = await server.restart({ PDS_DEV_MODE: 'false' })
    const { did, op } = formatGenesis({
      handle: 'carla.example.com' as Handle,
      signingKey: SigningKey.generate().didKey,
      rotationKey: SigningKey.generate(),
      recoveryKeys: [],
      pdsUrl: `https://127.0.0.1:${pds.port}`,
    })
    await server.get(EmbeddedPlc).submit(did, op)
    const cid = pds.add(png(20))
    await mirror(server, did, { 'app.bsky.feed.post/3kabcdefghi2a': postOf(cid) })
    const answer = await get(`/xrpc/${GET_BLOB}?did=${did}&cid=${cid.toString()}`)
    expect(answer).toMatchObject({ status: 502, error: 'UpstreamFailure' })
    expect(answer.body.toString()).toContain('not a public address')
    expect(pds.asked).toEqual([])
    server = await server.restart({ PDS_BLOB_CACHE_SIZE: String(MIB) })
  })

  it('is anything, when the operator wants no copies', async () => {
    server = await server.restart({ PDS_BLOB_CACHE_SIZE: '0' })
    const cid = await posted(png(20))
    expect(await getBlob(cid)).toMatchObject({ status: 400, error: 'BlobNotFound' })
    expect(pds.asked).toEqual([])
    server = await server.restart({ PDS_BLOB_CACHE_SIZE: String(MIB) })
    expect((await getBlob(cid)).status).toBe(200)
  })
})

it('leaves a server that stops while it fetches with nothing half done', async () => {
  const cid = await posted(png(1000))
  let asked!: () => void
  const arrived = new Promise<void>((resolve) => (asked = resolve))
  pds.respond = (response) => response.write('half', asked)
  const answer = getBlob(cid).catch((error: unknown) => error)
  await arrived
  server = await server.restart()
  await answer
  expect(kept(cid)).toEqual([])
  pds.respond = null
  expect((await getBlob(cid)).status).toBe(200)
})

it('closes the files of who hangs up', async () => {
  const cid = await posted(png(900_000))
  await getBlob(cid)
  const open = (): number => readdirSync('/proc/self/fd').length
  const before = open()
  for (let i = 0; i < 20; i++)
    await new Promise<void>((resolve, reject) => {
      const query = new URLSearchParams({ did: pds.did, cid: cid.toString() })
      httpGet(`${server.url}/xrpc/${GET_BLOB}?${query.toString()}`, { agent: false }, (response) => {
        response.on('close', resolve)
        response.once('readable', () => response.destroy())
      }).on('error', reject)
    })
  await eventually(() => open() <= before)
})
