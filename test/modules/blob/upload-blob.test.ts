/** com.atproto.repo.uploadBlob. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { jest } from '@jest/globals'
import { CommandBus } from '@nestjs/cqrs'
import { UploadBlob } from '../../../src/modules/blob/upload-blob.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Config } from '../../../src/modules/config/config.js'
import { Database } from '../../../src/modules/database/database.js'
import { Cid, type Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { answerOf, getBlob, hangUp, MIB, send, signUp, stored, takeDown, temps, upload, withImage } from './hosted.js'
import { png } from './other-pds.js'
import { eventually } from '../../support/eventually.js'

const UPLOAD = 'com.atproto.repo.uploadBlob'
const LIMIT = MIB

let server: TestServer
let alice: Awaited<ReturnType<typeof signUp>>
let bob: Awaited<ReturnType<typeof signUp>>
beforeAll(async () => {
  server = await TestServer.start({ PDS_BLOB_UPLOAD_LIMIT: String(LIMIT) })
  alice = await signUp(server, 'alice')
  bob = await signUp(server, 'bob')
})
afterAll(() => server.close())
afterEach(() => expect(temps(server.directory)).toEqual([]))

const token = (): string => alice.session!.accessJwt

it('answers with a reference to the bytes, which are on the disk under their hash', async () => {
  const bytes = png(300_000)
  const { status, bytes: answer } = await send(server, token(), bytes)
  const cid = Cid.ofRaw(bytes).toString()
  expect(status).toBe(200)
  expect(JSON.parse(answer.toString())).toEqual({
    blob: { $type: 'blob', ref: { $link: cid }, mimeType: 'image/png', size: 300_000 },
  })
  expect(stored(server.directory)).toContain(cid)
})

it('23 believes the bytes before their sender, and him where they do not tell', async () => {
  const typeOf = async (bytes: Buffer | string, encoding: string): Promise<string> =>
    (await upload(alice, Buffer.from(bytes), encoding)).mimeType
  expect(await typeOf(png(100), 'text/html')).toBe('image/png')
  expect(await typeOf('\x00\x00\x00\x18ftypisom', 'image/jpeg')).toBe('video/mp4')
  expect(await typeOf('%PDF-1.7 and more', 'image/png')).toBe('application/pdf')
  expect(await typeOf('WEBVTT', 'text/vtt; charset=utf-8')).toBe('text/vtt')
  expect(await typeOf('WEBVTT', 'Text/VTT')).toBe('text/vtt')
  // JSON is taken as it is, too.
  expect(await typeOf('{"not":"parsed"', 'application/json')).toBe('application/json')
})

it('23 refuses a type that is none', async () => {
  for (const type of ['*', 'image', 'image/png\u00a0x', 'a b/c', `${'x'.repeat(200)}/y`])
    expect(await send(server, token(), Buffer.from(type), { 'content-type': type })).toMatchObject({
      error: expect.stringMatching(/^(InvalidRequest|UnsupportedMediaType)$/) as string,
    })
})

it('needs somebody, whose account is here, and something', async () => {
  const call = (headers: Record<string, string>, body: BodyInit | null = Buffer.from('x')) =>
    fetch(`${server.url}/xrpc/${UPLOAD}`, { method: 'POST', headers, body } as RequestInit).then(answerOf)
  expect(await call({ 'content-type': 'image/png' })).toMatchObject({ status: 401, error: 'AuthMissing' })
  const authorization = `Bearer ${token()}`
  expect(await call({ authorization, 'content-type': 'image/png' }, null)).toMatchObject({ status: 400 })
  expect(await call({ authorization, 'content-type': 'image/png' }, Buffer.alloc(0))).toMatchObject({ status: 400 })
  expect(await call({ authorization, 'content-type': 'image/png', 'content-encoding': 'gzip' })).toMatchObject({
    status: 415,
  })
})

it('takes the token that an account has given a service for it, and for nothing else', async () => {
  const did = alice.assertDid as Did
  const key = await server.get(SigningKeys).get(did)
  const { serviceDid } = server.get(Config)
  const good = mintServiceJwt(did, { aud: serviceDid, lxm: UPLOAD }, key, Date.now())
  const bytes = Buffer.from('\x00\x00\x00\x18ftypisom of a service')
  expect((await send(server, good, bytes)).status).toBe(200)
  const other = mintServiceJwt(did, { aud: serviceDid, lxm: 'com.atproto.repo.createRecord' }, key, Date.now())
  expect(await send(server, other, bytes)).toMatchObject({ status: 401, error: 'BadJwtLexiconMethod' })
})

describe('23 a limit of size', () => {
  it('holds for what is declared', async () => {
    const { status, error } = await send(server, token(), Buffer.alloc(LIMIT + 1, 1))
    expect([status, error]).toEqual([413, 'PayloadTooLarge'])
  })

  it('holds for what comes without being declared', async () => {
    const pieces = Array.from({ length: 17 }, () => Buffer.alloc(65_536, 7))
    const { status, error } = await send(server, token(), Readable.toWeb(Readable.from(pieces)) as never)
    expect([status, error]).toEqual([413, 'PayloadTooLarge'])
    const just = await send(server, token(), Readable.toWeb(Readable.from(pieces.slice(1))) as never)
    expect(just.status).toBe(200)
  })

  it('a declared length that is not reached makes no blob', async () => {
    const before = stored(server.directory)
    await cutOff({ 'content-length': '5000' }, Buffer.alloc(1000, 9))
    await cutOff({ 'transfer-encoding': 'chunked' }, Buffer.alloc(1000, 9))
    await eventually(() => temps(server.directory).length === 0)
    expect(stored(server.directory)).toEqual(before)
  })
})

it('the same bytes of two accounts are one file, and each account its own', async () => {
  const bytes = png(1000)
  const cid = Cid.ofRaw(bytes).toString()
  const blob = await upload(alice, bytes)
  await alice.post(withImage(blob))
  expect((await getBlob(server, alice.assertDid, cid)).status).toBe(200)
  expect(await getBlob(server, bob.assertDid, cid)).toMatchObject({ status: 400, error: 'BlobNotFound' })
  await expect(bob.post(withImage(blob))).rejects.toMatchObject({ status: 400, error: 'BlobNotFound' })
  await bob.post(withImage(await upload(bob, bytes)))
  expect((await getBlob(server, bob.assertDid, cid)).bytes.equals(bytes)).toBe(true)
  expect(stored(server.directory).filter((file) => file === cid)).toHaveLength(1)
})

it('the same bytes by one account many times at once are one blob', async () => {
  const bytes = png(200_000)
  const blobs = await Promise.all(Array.from({ length: 12 }, () => upload(alice, bytes)))
  expect(new Set(blobs.map(({ ref }) => String(ref))).size).toBe(1)
  const rows = await server.get(Database).read.all('SELECT 1 FROM blob WHERE cid = ?', Cid.ofRaw(bytes).bytes)
  expect(rows).toHaveLength(1)
})

it('24 what is taken down cannot be uploaded again by that account, and is served to nobody', async () => {
  const bytes = png(2000)
  const cid = Cid.ofRaw(bytes).toString()
  const blob = await upload(alice, bytes)
  await alice.post(withImage(blob))
  await takeDown(server, alice.assertDid, cid)
  expect((await getBlob(server, alice.assertDid, cid)).status).toBe(400)
  const image = `${server.url}/img/feed_thumbnail/plain/${alice.assertDid}/${cid}@jpeg`
  expect((await fetch(image)).status).toBe(404)
  expect(await send(server, token(), bytes)).toMatchObject({
    status: 400,
    message: 'Blob has been takendown, cannot re-upload',
  })
  await expect(alice.post(withImage(blob))).rejects.toMatchObject({ error: 'BlobNotFound' })
  // Others who have the same bytes have nothing to do with it.
  await bob.post(withImage(await upload(bob, bytes)))
  expect((await getBlob(server, bob.assertDid, cid)).status).toBe(200)
  await takeDown(server, alice.assertDid, cid, false)
  expect((await getBlob(server, alice.assertDid, cid)).status).toBe(200)
})

/** Begins an upload, and hangs up after some bytes. */
async function cutOff(headers: Record<string, string>, bytes: Buffer): Promise<void> {
  const all = { authorization: `Bearer ${token()}`, 'content-type': 'image/png', ...headers }
  const call = request(`${server.url}/xrpc/${UPLOAD}`, { method: 'POST', headers: all })
  const ended = new Promise((resolve) => call.on('error', resolve))
  call.write(bytes)
  await eventually(() => temps(server.directory).length > 0)
  call.destroy(new Error('hangs up'))
  await ended
}

describe('24 a slow upload', () => {
  /** Takes in so many bytes each second of so many. */
  async function drip(seconds: number, bytes: number): Promise<unknown> {
    const now = performance.now.bind(performance)
    let ahead = 0
    jest.spyOn(performance, 'now').mockImplementation(() => now() + ahead)
    const source = (async function* () {
      for (let i = 0; i < seconds; i++) {
        ahead += 1000
        yield await Promise.resolve(Buffer.alloc(bytes, i))
      }
    })()
    const upload = server.get(CommandBus).execute(new UploadBlob(alice.assertDid as Did, source, 'image/png'))
    return upload.finally(() => jest.restoreAllMocks())
  }

  it('that drips is given up after a minute', async () => {
    expect(await drip(50, 10)).toMatchObject({ size: 500 })
    await expect(drip(70, 10)).rejects.toMatchObject({ status: 408 })
  })

  it('over a poor line is waited for', async () => {
    expect(await drip(120, 4096)).toMatchObject({ size: 120 * 4096 })
  })

  it('of one network leaves room for others, whoever they are by', async () => {
    const begin = (agent: typeof alice, client: string): (() => void) => {
      const { port } = new URL(server.url)
      const socket = connect(Number(port), '127.0.0.1')
      const head = [
        `POST /xrpc/${UPLOAD} HTTP/1.1`,
        ...['host: here', 'content-type: image/png', 'content-length: 1000', `x-forwarded-for: ${client}`],
        `authorization: Bearer ${agent.session!.accessJwt}`,
      ]
      socket.on('error', () => undefined).write(`${head.join('\r\n')}\r\n\r\nsome`)
      return () => socket.destroy()
    }
    const ends = Array.from({ length: 40 }, (_, i) => begin(i % 2 === 0 ? alice : bob, '203.0.113.7'))
    await eventually(() => temps(server.directory).length === 24)
    ends.push(begin(alice, '203.0.113.8'))
    await eventually(() => temps(server.directory).length === 25)
    for (const end of ends) end()
    await eventually(() => temps(server.directory).length === 0)
    expect((await send(server, token(), png(2000))).status).toBe(200)
  })
})

it('24 senders that hang up leave nothing', async () => {
  const before = stored(server.directory)
  const bodies = [
    `content-length: 500000\r\n\r\n${'x'.repeat(60_000)}`,
    `transfer-encoding: chunked\r\n\r\nea60\r\n${'x'.repeat(60_000)}\r\n`,
    `transfer-encoding: chunked\r\n\r\nea60\r\n${'x'.repeat(60_000)}\r\nzz\r\n`,
    'expect: 100-continue\r\ncontent-length: 5000\r\n\r\n',
  ]
  const auth = `authorization: Bearer ${token()}\r\ncontent-type: image/png\r\n`
  for (const body of bodies)
    await Promise.all(
      Array.from({ length: 20 }, () =>
        hangUp(server, `POST /xrpc/${UPLOAD} HTTP/1.1\r\nhost: here\r\n${auth}${body}`, 100),
      ),
    )
  await eventually(() => temps(server.directory).length === 0)
  expect(stored(server.directory)).toEqual(before)
  expect((await send(server, token(), png(2001))).status).toBe(200)
})
