/** The images that app.bsky views name. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Cid } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { mirror, OtherPds, png, postOf, profileOf } from './other-pds.js'

const [PATH, OTHER] = ['app.bsky.feed.post/3kabcdefghi2a', 'app.bsky.feed.post/3kabcdefghi2b']

let server: TestServer
let pds: OtherPds
beforeAll(async () => {
  pds = await OtherPds.start()
  server = await TestServer.start()
})
afterAll(async () => {
  await server.close()
  await pds.close()
})

it('are where the views say, in the sizes of their presets', async () => {
  const [avatar, photo] = [await picture(1500, 1200), await picture(3000, 1500)]
  await mirror(server, pds.did, {
    'app.bsky.actor.profile/self': profileOf(pds.add(avatar)),
    [PATH]: postOf(pds.add(photo)),
  })
  const { data } = await server.agent().app.bsky.feed.getPosts({ uris: [`at://${pds.did}/${PATH}`] })
  const { author, embed } = data.posts[0]!
  const [image] = (embed as unknown as { images: { thumb: string; fullsize: string }[] }).images
  for (const [url, width, height] of [
    [author.avatar!, 1000, 1000],
    [author.avatar!.replace('/avatar/', '/avatar_thumbnail/'), 128, 128],
    [author.avatar!.replace('/avatar/', '/banner/'), 1500, 500],
    [image!.thumb, 2000, 1000],
    [image!.fullsize, 1000, 500],
  ] as const) {
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-disposition': expect.stringMatching(/^inline; filename="bafk/) as string,
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(await sizeOf(response)).toEqual({ format: 'jpeg', width, height })
    const etag = response.headers.get('etag')!
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304)
  }
  expect(pds.asked).toHaveLength(2)
})

it('come in the format that is asked for, the right way up, and no larger than they are', async () => {
  const turned = await sharp(await picture(60, 40, 'jpeg'))
    .withExif({})
    .withMetadata({ orientation: 6 })
    .toBuffer()
  const [small, moving] = [await picture(60, 40), await animation(80, 30)]
  const [one, two, three] = [turned, small, moving].map((bytes) => pds.add(bytes)) as [Cid, Cid, Cid]
  await mirror(server, pds.did, { [PATH]: postOf(one, two, three) })
  const show = async (preset: string, file: string): Promise<unknown> => sizeOf(await image(preset, file))
  for (const format of ['jpeg', 'png', 'webp'])
    expect(await show('feed_fullsize', `${two.toString()}@${format}`)).toEqual({ format, width: 60, height: 40 })
  expect(await show('feed_fullsize', one.toString())).toEqual({ format: 'jpeg', width: 40, height: 60 })
  expect(await show('avatar', two.toString())).toEqual({ format: 'jpeg', width: 40, height: 40 })
  const still = await sharp(
    Buffer.from(await (await image('feed_thumbnail', `${three.toString()}@webp`)).arrayBuffer()),
  ).metadata()
  expect([still.width, still.height, still.pages ?? 1]).toEqual([80, 30, 1])
})

it('are made once, also when many ask, and are kept', async () => {
  const cid = pds.add(await picture(500, 500))
  await mirror(server, pds.did, { [PATH]: postOf(cid) })
  const before = keptFiles().length
  const answers = await Promise.all(Array.from({ length: 8 }, () => image('feed_fullsize', cid.toString())))
  const bodies = await Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())))
  for (const body of bodies) expect(body.equals(bodies[0]!)).toBe(true)
  // The blob, and what was made of it.
  expect(keptFiles().length).toBe(before + 2)
  const part = await image('feed_fullsize', cid.toString(), { range: 'bytes=0-9' })
  expect([part.status, Buffer.from(await part.arrayBuffer()).equals(bodies[0]!.subarray(0, 10))]).toEqual([206, true])
})

it('23 are not made of what is broken, of what unfolds to too much, or of SVG, whatever it is called', async () => {
  const broken = pds.add(png(5000))
  const bomb = pds.add(await pixelBomb(8_000, 8_000))
  const avif = pds.add(await avifOf(4_200))
  const svg = pds.add(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'))
  const webp = pds.add(await webpOf(100_000))
  await mirror(server, pds.did, { [PATH]: postOf(broken, bomb, avif, svg), [OTHER]: postOf(webp) })
  for (const cid of [broken, bomb, avif, webp])
    for (let again = 0; again < 2; again++) {
      const answer = await image('feed_thumbnail', cid.toString())
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'InvalidImage' }])
    }
  expect((await image('feed_thumbnail', svg.toString())).status).toBe(404)
})

it('23 are made of a PNG without unpacking what it says in words', async () => {
  const plain = await picture(100, 80)
  const chunk = (type: string, body: Buffer): Buffer => {
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(body.length)
    sum.writeUInt32BE(crc32(Buffer.concat([Buffer.from(type), body])))
    return Buffer.concat([length, Buffer.from(type), body, sum])
  }
  const packed = deflateSync(Buffer.alloc(50_000_000), { level: 9 })
  const texts = [chunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), packed])), chunk('tEXt', Buffer.from('a\0b'))]
  const wordy = Buffer.concat([plain.subarray(0, 33), ...Array.from({ length: 300 }, () => texts).flat()])
  const cid = pds.add(Buffer.concat([wordy, plain.subarray(33)]))
  await mirror(server, pds.did, { [PATH]: postOf(cid) })
  expect(await sizeOf(await image('feed_thumbnail', cid.toString()))).toMatchObject({ width: 100, height: 80 })
})

it('are made of AVIF, and of an image with very many pictures, of which the first is shown', async () => {
  const head = Buffer.from('GIF89a\x64\x00\x64\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff', 'latin1')
  const frame = Buffer.from('\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00', 'latin1')
  const many = pds.add(Buffer.concat([head, ...Array.from({ length: 100_000 }, () => frame), Buffer.from(';')]))
  const avif = pds.add(await avifOf(500))
  const some = pds.add(await webpOf(1000))
  await mirror(server, pds.did, { [PATH]: postOf(many, avif, some) })
  expect(await sizeOf(await image('feed_thumbnail', some.toString()))).toMatchObject({ width: 80, height: 60 })
  expect(await sizeOf(await image('feed_thumbnail', many.toString()))).toMatchObject({ width: 100, height: 100 })
  expect(await sizeOf(await image('feed_thumbnail', avif.toString()))).toMatchObject({ width: 500, height: 500 })
})

it('are none of what is no image, not there, or misspelt', async () => {
  const page = pds.add(Buffer.from('<!doctype html><script>alert(1)</script>'))
  const video = pds.add(Buffer.from('\x00\x00\x00\x18ftypisom', 'latin1'))
  const photo = pds.add(await picture(30, 30))
  await mirror(server, pds.did, { [PATH]: postOf(page, video, photo) })
  const alice = await server.createAccount('alice')
  const did = encodeURIComponent(pds.did)
  const status = async (path: string): Promise<number> => (await fetch(`${server.url}/img/${path}`)).status
  for (const file of [photo.toString(), `${photo.toString()}@jpeg`, `${photo.toString()}@png`])
    expect(await status(`feed_fullsize/plain/${did}/${file}`)).toBe(200)
  for (const path of [
    `feed_fullsize/plain/${did}/${page.toString()}@jpeg`,
    `feed_fullsize/plain/${did}/${video.toString()}@jpeg`,
    `feed_fullsize/plain/${did}/${'bafk'}@jpeg`,
    `feed_fullsize/plain/${did}/${pds.add(png(301)).toString()}@jpeg`,
    `feed_fullsize/plain/${did}/${photo.toString()}@svg`,
    `feed_fullsize/plain/${did}/${photo.toString().toUpperCase()}@jpeg`,
    `feed_fullsize/plain/${did}/..%2f..%2fsecrets.json`,
    `feed_fullsize/plain/${did}/%2e%2e`,
    `feed_fullsize/plain/${alice.did}/${photo.toString()}@jpeg`,
    `feed_fullsize/plain/did:plc:${'a'.repeat(24)}/${photo.toString()}@jpeg`,
    `feed_fullsize/plain/nobody/${photo.toString()}@jpeg`,
    `feed_fullsize/crop/${did}/${photo.toString()}@jpeg`,
    `huge/plain/${did}/${photo.toString()}@jpeg`,
    `__proto__/plain/${did}/${photo.toString()}@jpeg`,
  ])
    expect([path, await status(path)]).toEqual([path, 404])
  pds.respond = (response) => response.writeHead(500).end()
  const lost = pds.add(png(302))
  await mirror(server, pds.did, { [PATH]: postOf(lost) })
  expect(await status(`feed_fullsize/plain/${did}/${lost.toString()}@jpeg`)).toBe(502)
})

function image(preset: string, file: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/img/${preset}/plain/${encodeURIComponent(pds.did)}/${file}`, { headers })
}

async function sizeOf(response: Response): Promise<unknown> {
  const { format, width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata()
  return { format, width, height }
}

/** A real picture of one colour, and never the same one. */
function picture(width: number, height: number, format: 'png' | 'jpeg' = 'png'): Promise<Buffer> {
  const background = { r: 10, g: 200, b: made++ % 256 }
  return sharp({ create: { width, height, channels: 3, background } })
    .toFormat(format)
    .toBuffer()
}
let made = 0

function animation(width: number, height: number): Promise<Buffer> {
  const pages = Buffer.concat([0, 128, 255].map((shade) => Buffer.alloc(width * height * 3, shade)))
  return sharp(pages, { raw: { width, height: height * 3, channels: 3, pageHeight: height } })
    .gif()
    .toBuffer()
}

/** A PNG of a few kilobytes and a great many pixels. */
function pixelBomb(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: 'red' }, limitInputPixels: false })
    .png({ palette: true, compressionLevel: 1 })
    .toBuffer()
}

function keptFiles(): string[] {
  const root = join(server.directory, 'blob-cache')
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /[0-9a-f]{64}$/.test(name))
}

/** A square AVIF of one colour: a few hundred bytes, whatever its size. */
async function avifOf(side: number): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background: 'red' } })
    .avif({ effort: 0 })
    .toBuffer()
}

/** A WebP that moves, one of whose pictures is there so many times. */
async function webpOf(times: number): Promise<Buffer> {
  const pictures = ['red', 'blue'].map((background) =>
    sharp({ create: { width: 80, height: 60, channels: 3, background } })
      .png()
      .toBuffer(),
  )
  const webp = await sharp(await Promise.all(pictures), { join: { animated: true } })
    .webp()
    .toBuffer()
  const [from, to] = [webp.indexOf('ANMF'), webp.lastIndexOf('ANMF')]
  const bytes = Buffer.concat([webp.subarray(0, from), ...Array.from({ length: times }, () => webp.subarray(from, to))])
  bytes.writeUInt32LE(bytes.length - 8, 4)
  return bytes
}
