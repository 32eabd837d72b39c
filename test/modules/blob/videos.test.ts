/** The videos that app.bsky views name, as HLS. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import sharp from 'sharp'
import { connect } from 'node:net'
import { type Box, box, boxesIn, need, uint32s } from '../../../src/modules/blob/video/mp4-box.js'
import { readMovie } from '../../../src/modules/blob/video/mp4-movie.js'
import { project } from '../../support/source-files.js'
import { TestServer } from '../../support/account-app.js'
import { type Answer, answerOf, signUp, takeDown, upload } from './hosted.js'
import { eventually } from '../../support/eventually.js'

const fixture = (name: string): Buffer => readFileSync(join(project, 'test/fixtures/videos', name))
const plain = fixture('plain.mp4')
const fragmented = fixture('fragmented.mp4')

let server: TestServer
let alice: Awaited<ReturnType<typeof signUp>>
beforeAll(async () => {
  server = await TestServer.start()
  alice = await signUp(server, 'alice')
})
afterAll(() => server.close())

interface Posted {
  cid: string
  playlist: string
  thumbnail: string
}

/** Posts a video, and gives what its view names. */
async function post(bytes: Buffer): Promise<Posted> {
  const video = await upload(alice, bytes, 'video/mp4')
  const embed = { $type: 'app.bsky.embed.video', video }
  const { uri } = await alice.post({ text: '', embed: embed as never, createdAt: '2026-01-01T00:00:00.000Z' })
  return (await alice.getPosts({ uris: [uri] })).data.posts[0]!.embed as never
}

const get = async (url: string, headers: Record<string, string> = {}): Promise<Answer> =>
  answerOf(await fetch(url, { headers }))
const beside = (playlist: string, name: string): Promise<Answer> => get(new URL(name, playlist).href)

it('are cut before key pictures, and lose no sample by that', async () => {
  const { playlist } = await post(plain)
  const { headers, bytes } = await get(playlist)
  expect(headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
  const lines = bytes.toString().split('\n')
  expect(lines.slice(0, 6)).toEqual([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-TARGETDURATION:6',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-MAP:URI="init.mp4"',
  ])
  expect(lines.filter((line) => line.endsWith('.m4s'))).toEqual(['0.m4s', '1.m4s', '2.m4s'])
  const durations = lines.flatMap((line) => /^#EXTINF:(.*),$/.exec(line)?.[1] ?? []).map(Number)
  expect(durations.slice(0, 2)).toEqual([6, 6])
  expect(durations[2]).toBeCloseTo(1, 0)

  const init = (await beside(playlist, 'init.mp4')).bytes
  expect(boxesIn(init, 0, init.length).map(({ type }) => type)).toEqual(['ftyp', 'moov'])
  const movie = readMovie(moovOf(plain))
  const found = new Map(movie.tracks.map(({ id }) => [id, [] as Buffer[]]))
  for (const name of ['0.m4s', '1.m4s', '2.m4s']) {
    const segment = await beside(playlist, name)
    expect([segment.status, segment.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    for (const { track, start, samples } of runsOf(segment.bytes)) {
      const known = found.get(track)!
      // Each track goes on where it has ended.
      expect(start).toBe(movie.tracks.find(({ id }) => id === track)!.times[known.length])
      known.push(...samples)
    }
  }
  for (const { id, sizes, offsets, count } of movie.tracks) {
    const samples = Array.from({ length: count }, (_, i) => plain.subarray(offsets[i]!, offsets[i]! + sizes[i]!))
    expect(Buffer.concat(found.get(id)!).equals(Buffer.concat(samples))).toBe(true)
    expect(found.get(id)!.length).toBe(count)
  }
  expect((await beside(playlist, '3.m4s')).status).toBe(404)
})

it('that are in fragments already are named by their parts', async () => {
  const { playlist } = await post(fragmented)
  const text = (await get(playlist)).bytes.toString()
  const [, init] = /^#EXT-X-MAP:URI="whole.mp4",BYTERANGE="(\d+)@0"$/m.exec(text)!
  expect(text).toContain(`#EXT-X-BYTERANGE:${fragmented.length - Number(init)}@${init}\nwhole.mp4\n`)
  const part = await get(new URL('whole.mp4', playlist).href, { range: `bytes=0-${Number(init) - 1}` })
  expect([part.status, part.bytes.equals(fragmented.subarray(0, Number(init)))]).toEqual([206, true])
  expect((await beside(playlist, 'init.mp4')).status).toBe(404)
})

it('have a picture in the place of one that would have to be decoded', async () => {
  const { thumbnail } = await post(plain)
  const { status, headers, bytes } = await get(thumbnail)
  expect([status, headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 360 })
})

it('23 that are broken are given as they are, and hurt nobody', async () => {
  const moov = plain.indexOf('moov') - 4
  const variants = [
    plain.subarray(0, 40),
    plain.subarray(0, moov + 200),
    patched(plain, 'stsz', 8, 0xffffffff),
    patched(plain, 'stco', 8, 0xfffffff0),
    patched(plain, 'stsc', 8, 0),
    patched(plain, 'stts', 4, 0x7fffffff),
    patched(plain, 'mdhd', 12, 0),
    patched(plain, 'trak', -4, 0x7fffffff),
    patched(plain, 'stbl', -4, 3),
    Buffer.concat([
      plain.subarray(0, 24),
      Buffer.from('\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'),
    ]),
  ]
  for (const [i, bytes] of variants.entries()) {
    const { playlist } = await post(bytes)
    const text = (await get(playlist)).bytes.toString()
    expect([i, text.startsWith('#EXTM3U')]).toEqual([i, true])
    const first = text.includes('0.m4s') ? '0.m4s' : 'whole.mp4'
    expect([i, [200, 404].includes((await beside(playlist, first)).status)]).toEqual([i, true])
  }
  for (let round = 0; round < 60; round++) {
    const bytes = Buffer.from(plain)
    for (let i = 0; i < 8; i++) bytes[moov + ((round * 7919 + i * 104_729) % (plain.length - moov))]! ^= 1 << (i % 8)
    const { playlist } = await post(bytes)
    for (const name of ['playlist.m3u8', 'init.mp4', '0.m4s', '1.m4s'])
      expect([200, 404]).toContain((await beside(playlist, name)).status)
  }
})

describe('23 whose tables are made to take time and memory', () => {
  /** A movie of so many samples, each of which one can begin with, six seconds long, and of so many bytes. */
  const movie = (count: number, size: number, more: Buffer = Buffer.alloc(0)): Buffer => {
    const tables = [
      box('stsd', uint32s(0, 0)),
      box('stsz', uint32s(0, size, count)),
      box('stsc', uint32s(0, 1, 1, count, 1)),
      box('stco', uint32s(0, 1, 0)),
      box('stts', uint32s(0, 1, count, 6)),
    ]
    const mdhd = box('mdhd', uint32s(0, 0, 0, 1, 0))
    const hdlr = box('hdlr', uint32s(0, 0), Buffer.from('vide'))
    const mdia = box('mdia', mdhd, hdlr, box('minf', box('stbl', ...tables)))
    return box('moov', box('mvhd', Buffer.alloc(100)), box('trak', box('tkhd', Buffer.alloc(84)), mdia), more)
  }
  const file = (moov: Buffer, bytes = 0): Buffer =>
    Buffer.concat([box('ftyp', Buffer.from('isom')), moov, box('mdat', Buffer.alloc(bytes))])
  const linesOf = async (bytes: Buffer): Promise<string[]> =>
    (await get((await post(bytes)).playlist)).bytes.toString().split('\n')

  it('are given as they are when they have too many boxes, or would make too many segments', async () => {
    expect(await linesOf(file(movie(3, 1)))).toContain('2.m4s')
    const tiny = Buffer.concat(Array.from({ length: 1000 }, () => box('free')))
    expect(await linesOf(file(movie(3, 1, tiny)))).toContain('whole.mp4')
    expect(await linesOf(file(movie(500_000, 0)))).toContain('whole.mp4')
  })

  it('are not all remembered', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 12; i++) await linesOf(file(movie(3, 1, box('udta', Buffer.alloc(12 * 1024 * 1024, i)))))
    // What a request has left is let go of a turn after its end.
    await eventually(() => {
      collect()
      return process.memoryUsage().arrayBuffers - before < 90 * 1024 * 1024
    })
  })

  it('are not sent to so many slow clients that memory ends', async () => {
    const { playlist } = await post(file(movie(1, 45_000_000), 45_000_000))
    const { port, pathname } = new URL('0.m4s', playlist)
    const status = async (): Promise<number> => (await beside(playlist, '0.m4s')).status
    const slow = Array.from({ length: 5 }, () => {
      const socket = connect(Number(port), new URL(playlist).hostname)
      socket.on('error', () => undefined).write(`GET ${pathname} HTTP/1.1\r\nhost: here\r\n\r\n`)
      return socket
    })
    await eventually(async () => (await status()) === 503)
    for (const socket of slow) socket.destroy()
    await eventually(async () => (await status()) === 200)
  })
})

it('are not there for what is no video, not there, or taken down', async () => {
  const { cid, playlist } = await post(Buffer.concat([plain, Buffer.from('another')]))
  const base = `${server.url}/vid/${alice.assertDid}`
  const note = await upload(alice, Buffer.from('text'), 'text/plain')
  const record = { $type: 'com.example.file', file: note }
  await alice.com.atproto.repo.createRecord({ repo: alice.assertDid, collection: 'com.example.file', record })
  for (const path of [
    `${String(note.ref)}/playlist.m3u8`,
    `${String(note.ref)}/thumbnail.jpg`,
    `${cid.slice(0, -1)}/playlist.m3u8`,
    `bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy/playlist.m3u8`,
    `${cid}/999999.m4s`,
    `${cid}/-1.m4s`,
    `${cid}/..%2f..%2fsecrets.json`,
  ])
    expect([path, (await get(`${base}/${path}`)).status]).toEqual([path, 404])
  expect((await get(playlist)).status).toBe(200)
  await takeDown(server, alice.assertDid, cid)
  for (const name of ['playlist.m3u8', 'init.mp4', '0.m4s', 'whole.mp4', 'thumbnail.jpg'])
    expect([name, (await beside(playlist, name)).status]).toEqual([name, 404])
})

function moovOf(file: Buffer): Buffer {
  const { start, end } = boxesIn(file, 0, file.length).find(({ type }) => type === 'moov')!
  return file.subarray(start, end)
}

/** The runs of samples in a segment, read as a player reads them. */
function runsOf(bytes: Buffer): { track: number; start: number; samples: Buffer[] }[] {
  const [moof, mdat] = boxesIn(bytes, 0, bytes.length) as [Box, Box]
  expect([moof.type, mdat.type, mdat.end]).toEqual(['moof', 'mdat', bytes.length])
  const trafs = boxesIn(bytes, moof.body, moof.end).filter(({ type }) => type === 'traf')
  return trafs.map((traf) => {
    const tfdt = need(bytes, traf, 'tfdt')
    const trun = need(bytes, traf, 'trun')
    const flags = bytes.readUInt32BE(trun.body) & 0xffffff
    let at = moof.start + bytes.readUInt32BE(trun.body + 8)
    const width = flags & 0x800 ? 16 : 12
    const samples = Array.from({ length: bytes.readUInt32BE(trun.body + 4) }, (_, i) => {
      const size = bytes.readUInt32BE(trun.body + 12 + i * width + 4)
      return bytes.subarray(at, (at += size))
    })
    const track = bytes.readUInt32BE(need(bytes, traf, 'tfhd').body + 4)
    return { track, start: Number(bytes.readBigUInt64BE(tfdt.body + 4)), samples }
  })
}

/** The file with another number so many bytes after the head of its first box of a type. */
function patched(file: Buffer, type: string, at: number, value: number): Buffer {
  const bytes = Buffer.from(file)
  bytes.writeUInt32BE(value, bytes.indexOf(type) + 4 + (at < 0 ? at - 4 : at))
  return bytes
}
